"""What YouTube needs of a lesson, in one folder: film, captions, thumbnail, and what is said of it.

`metadata.json` is the body of the Data API's `videos.insert` as it is, `playlist.json` says where
the film stands in the course. The texts are the course's own: `assets/publish/youtube.toml` for all
lessons and `assets/youtube/<lesson>.toml` for each.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, folder_written_whole, shown
from lessonkit.publish.course import Course, FinishedLesson
from lessonkit.publish.thumbnail import draw_thumbnail
from lessonkit.script import LANGUAGES, NARRATION
from lessonkit.toml_reader import TomlReader
from lessonkit.voice.takes import RECORDED, narration

COURSE_TEXTS = ROOT / "assets" / "publish" / "youtube.toml"
LESSON_TEXTS = ROOT / "assets" / "youtube"
BUNDLES = BUILD / "youtube"

# Bounds of YouTube: https://developers.google.com/youtube/v3/docs/videos and its Help's "chapters".
LONGEST_TITLE = 100  # characters
LARGEST_DESCRIPTION = 5000  # bytes of UTF-8
LONGEST_TAGS = 500  # characters, counted as `tags_length` does
FEWEST_CHAPTERS = 3
SHORTEST_CHAPTER = 10  # seconds
LONGEST_CHAPTER_TITLE = 49  # characters that its players show
LARGEST_THUMBNAIL = 2 * 1024 * 1024  # bytes
LARGEST_FILM = 256 * 1024**3  # bytes
LONGEST_FILM = 12 * 3600  # seconds
LICENCES = ("youtube", "creativeCommon")
EDUCATION = "27"  # YouTube's category


@dataclass(frozen=True)
class CourseTexts:
    """What YouTube is told of every lesson. Texts are by language."""

    license: str
    made_for_kids: bool
    hashtags: tuple[str, ...]
    chapters: Mapping[str, str]  # the line above their list
    synthetic_voice: Mapping[str, str]


@dataclass(frozen=True)
class LessonTexts:
    """What YouTube is told of one lesson. Texts are by language."""

    file: Path
    title: Mapping[str, str]
    description: Mapping[str, tuple[str, ...]]  # paragraphs
    tags: tuple[str, ...]
    thumbnail: tuple[str, ...]  # lines of Typst markup
    short: Mapping[str, Mapping[str, str]]  # language, scene: its title as a chapter


@dataclass(frozen=True)
class Bundle:
    """All that one folder gets."""

    lesson: FinishedLesson
    metadata: Mapping[str, Any]
    playlist: Mapping[str, Any]
    thumbnail: bytes

    @property
    def folder(self) -> Path:
        """Where it goes."""
        return BUNDLES / self.lesson.id


def make_bundles(
    lessons: Sequence[FinishedLesson], course: Course, order: Sequence[str]
) -> list[Path]:
    """Write the folder of each lesson, whole; returns the folders.

    Args:
        lessons: What to publish.
        course: Whose playlist they are in.
        order: All lessons of the course, by name, as the playlist has them.

    Raises:
        LessonError: everything that YouTube would refuse, before anything is written.
    """
    problems: list[Problem] = []
    bundles = []
    for lesson in lessons:
        try:
            bundles.append(_bundle(lesson, course, order))
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(list(dict.fromkeys(problems)))
    for bundle in bundles:
        _write(bundle)
    return [bundle.folder for bundle in bundles]


def tags_length(tags: Sequence[str]) -> int:
    """The length of tags as YouTube counts it: commas between them, quotes around spaces."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def load_course_texts(path: Path = COURSE_TEXTS) -> CourseTexts:
    """What is said with every film.

    Raises:
        LessonError: naming every fault of the file.
    """
    reader = TomlReader()
    table = reader.table(path) or {}
    reader.finish()
    allowed = {"license": str, "made_for_kids": bool, "hashtags": list}
    reader.keys(path, table, {**allowed, "chapters": dict, "synthetic_voice": dict})
    license_ = reader.text(path, table, "license")
    if license_ and license_ not in LICENCES:
        fix = f"use one of {', '.join(LICENCES)}"
        reader.add(path, f"license = '{license_}'", fix, line=reader.line(path, "^license"))
    if "made_for_kids" not in table:
        fix = "add  made_for_kids = false  or true: YouTube asks whether the films address children"
        reader.add(path, "made_for_kids is missing", fix)
    found = CourseTexts(
        license_,
        table.get("made_for_kids") is True,
        reader.texts(path, table, "hashtags"),
        _by_language(reader, path, table, "chapters"),
        _by_language(reader, path, table, "synthetic_voice"),
    )
    for tag in found.hashtags:
        if not tag.startswith("#") or " " in tag:
            fix = "write a # and one word"
            reader.add(path, f"hashtag '{tag}'", fix, line=reader.line(path, "^hashtags"))
    reader.finish()
    return found


def load_lesson_texts(lesson: str, scenes: Sequence[str]) -> LessonTexts:
    """What is said with one lesson's film.

    Raises:
        LessonError: naming every fault of the file.
    """
    path = LESSON_TEXTS / f"{lesson}.toml"
    reader = TomlReader()
    table = reader.table(path) or {}
    reader.finish()
    known = {"title": dict, "description": dict, "tags": list, "thumbnail": dict, "short": dict}
    reader.keys(path, table, known)
    thumbnail = _table(table, "thumbnail")
    reader.keys(path, thumbnail, {"lines": list})
    description = _table(table, "description")
    reader.keys(path, description, dict.fromkeys(LANGUAGES, list))
    short = _table(table, "short")
    reader.keys(path, short, dict.fromkeys(LANGUAGES, dict))
    for lang in LANGUAGES:
        reader.keys(path, _table(short, lang), dict.fromkeys(scenes, str))
    found = LessonTexts(
        path,
        _by_language(reader, path, table, "title"),
        {lang: reader.texts(path, description, lang) for lang in LANGUAGES},
        reader.texts(path, table, "tags"),
        reader.texts(path, thumbnail, "lines"),
        {lang: _table(short, lang) for lang in LANGUAGES},
    )
    reader.finish()
    return found


# -- what goes in ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chapter:
    start: int  # whole seconds, as a description writes them
    title: str
    place: str  # the file that names it


def _bundle(lesson: FinishedLesson, course: Course, order: Sequence[str]) -> Bundle:
    common = load_course_texts()
    texts = load_lesson_texts(lesson.id, [scene.id for scene in lesson.scenes])
    part = f"{order.index(lesson.id) + 1}/{len(order)}"
    chapters = {lang: _chapters(lesson, texts, lang) for lang in LANGUAGES}
    synthetic = _has_synthetic_voice(lesson)
    described = {
        lang: _description(
            [
                *texts.description[lang],
                "\n".join([common.chapters[lang], *map(_chapter_line, chapters[lang])]),
                f"{course.title[lang]} · {part}",
                *([common.synthetic_voice[lang]] if synthetic else ()),
                " ".join(common.hashtags),
            ]
        )
        for lang in LANGUAGES
    }
    problems = list(_film_problems(lesson))
    for lang in LANGUAGES:
        problems += _chapter_problems(chapters[lang], lesson.film.duration, shown(texts.file), lang)
        problems += _text_problems(texts, described[lang], lang)
    problems += _tag_problems(texts)
    place = Problem(shown(texts.file), "thumbnail: the words", "")
    try:
        # Without the total, which changes with the course's length; a picture stays.
        signature = f"{course.title[NARRATION]} · {order.index(lesson.id) + 1}"
        thumbnail = draw_thumbnail(lesson.id, texts.thumbnail, signature, place)
    except LessonError as error:
        problems += error.problems
    else:
        if len(thumbnail) > LARGEST_THUMBNAIL:
            what = f"the thumbnail has {len(thumbnail)} bytes, YouTube takes {LARGEST_THUMBNAIL}"
            problems.append(Problem(shown(texts.file), what, "draw a plainer picture"))
    if problems:
        raise LessonError(problems)
    metadata = {
        "snippet": {
            "title": texts.title[NARRATION],
            "description": described[NARRATION],
            "tags": list(texts.tags),
            "categoryId": EDUCATION,
            "defaultLanguage": NARRATION,
            "defaultAudioLanguage": NARRATION,
        },
        "status": {
            "privacyStatus": "private",
            "selfDeclaredMadeForKids": common.made_for_kids,
            "containsSyntheticMedia": synthetic,
            "license": common.license,
            "embeddable": True,
        },
        "localizations": {
            lang: {"title": texts.title[lang], "description": described[lang]} for lang in LANGUAGES
        },
    }
    return Bundle(lesson, metadata, _playlist(course, order.index(lesson.id)), thumbnail)


def _playlist(course: Course, position: int) -> dict[str, Any]:
    """The course's playlist as `playlists.insert` takes it, and the film's place, from 0."""
    return {
        "position": position,
        "playlist": {
            "snippet": {
                "title": course.title[NARRATION],
                "description": course.description[NARRATION],
                "defaultLanguage": NARRATION,
            },
            "status": {"privacyStatus": "private"},
            "localizations": {
                lang: {"title": course.title[lang], "description": course.description[lang]}
                for lang in LANGUAGES
            },
        },
    }


def _chapters(lesson: FinishedLesson, texts: LessonTexts, lang: str) -> list[_Chapter]:
    return [
        _Chapter(
            int(scene.start),
            texts.short[lang].get(scene.id, scene.scripts[lang].title),
            shown(texts.file if scene.id in texts.short[lang] else scene.scripts[lang].path),
        )
        for scene in lesson.scenes
    ]


def _chapter_line(chapter: _Chapter) -> str:
    minutes, seconds = divmod(chapter.start, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{clock} {chapter.title}"


def _description(paragraphs: Sequence[str]) -> str:
    return "\n\n".join(paragraphs) + "\n"


def _has_synthetic_voice(lesson: FinishedLesson) -> bool:
    takes = (t for s in lesson.scenes for t in narration(s.scripts[NARRATION]).takes.values())
    return any(take.voice != RECORDED for take in takes)


# -- what YouTube would refuse -----------------------------------------------------------------


def _film_problems(lesson: FinishedLesson) -> Iterator[Problem]:
    film = lesson.film
    size = film.path.stat().st_size
    if size != film.manifest["files"][film.path.name]:
        what = f"has {size} bytes, which are not the film of its manifest"
        yield Problem(shown(film.path), what, "make it again: make render")
    if size > LARGEST_FILM or film.duration > LONGEST_FILM:
        what = f"is too large for YouTube: {size} bytes, {film.duration:.0f} s"
        yield Problem(shown(film.path), what, "make two lessons of it")
    for lang in LANGUAGES:
        for kind in ("srt", "vtt"):
            track = film.track(f"{lang}.{kind}")
            if "-->" not in track.read_text(encoding="utf-8"):
                yield Problem(shown(track), "holds no caption", "make it again: make render")


def _chapter_problems(
    chapters: Sequence[_Chapter], duration: float, file: str, lang: str
) -> Iterator[Problem]:
    if len(chapters) < FEWEST_CHAPTERS:
        what = f"the film has {len(chapters)} scenes; YouTube shows chapters from 3 on"
        yield Problem(file, what, "add scenes to the lesson")
    ends = [*(chapter.start for chapter in chapters[1:]), int(duration)]
    for chapter, end in zip(chapters, ends, strict=True):
        if lang == NARRATION and end - chapter.start < SHORTEST_CHAPTER:
            what = (
                f"the scene lasts {end - chapter.start} s of the film; "
                f"a chapter needs {SHORTEST_CHAPTER}"
            )
            yield Problem(chapter.place, what, "join it to the scene beside it")
        if len(chapter.title) > LONGEST_CHAPTER_TITLE:
            what = f"the chapter '{chapter.title}' has {len(chapter.title)} characters"
            fix = f"YouTube shows {LONGEST_CHAPTER_TITLE}: shorten it, or give it a short form"
            yield Problem(chapter.place, what, f"{fix} under [short.{lang}] in {file}")
        yield from _angle_brackets(chapter.place, f"the title '{chapter.title}'", chapter.title)


def _text_problems(texts: LessonTexts, description: str, lang: str) -> Iterator[Problem]:
    file, title = shown(texts.file), texts.title[lang]
    if len(title) > LONGEST_TITLE:
        what = f"title.{lang} has {len(title)} characters, YouTube takes {LONGEST_TITLE}"
        yield Problem(file, what, "shorten it")
    yield from _angle_brackets(file, f"title.{lang}", title)
    size = len(description.encode())
    if size > LARGEST_DESCRIPTION:
        what = f"the description in {LANGUAGES[lang]} has {size} bytes, with its chapters"
        fix = f"YouTube takes {LARGEST_DESCRIPTION} (a Hindi letter is 3): shorten its paragraphs"
        yield Problem(file, what, fix)
    yield from _angle_brackets(file, f"description.{lang}", "".join(texts.description[lang]))


def _tag_problems(texts: LessonTexts) -> Iterator[Problem]:
    file = shown(texts.file)
    length = tags_length(texts.tags)
    if length > LONGEST_TAGS:
        what = f"tags have {length} characters, with the quotes around those of two words"
        yield Problem(file, what, f"YouTube takes {LONGEST_TAGS}: leave some out")
    for tag in texts.tags:
        if any(sign in tag for sign in '<>,"'):
            what = f"tag '{tag}' holds one of < > , \""
            yield Problem(file, what, "write it without, or as two tags")


def _angle_brackets(file: str, what: str, text: str) -> Iterator[Problem]:
    if "<" in text or ">" in text:
        yield Problem(file, f"{what} holds < or >", "YouTube takes neither: write it in words")


# -- reading and writing -----------------------------------------------------------------------


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _by_language(
    reader: TomlReader, path: Path, table: Mapping[str, Any], key: str
) -> dict[str, str]:
    inner = _table(table, key)
    reader.keys(path, inner, dict.fromkeys(LANGUAGES, str))
    return {lang: reader.text(path, inner, lang) for lang in LANGUAGES}


def _write(bundle: Bundle) -> None:
    film = bundle.lesson.film
    with folder_written_whole(bundle.folder) as folder:
        _link_or_copy(film.path, folder / film.path.name)
        for lang in LANGUAGES:
            for kind in ("srt", "vtt"):
                track = film.track(f"{lang}.{kind}")
                shutil.copyfile(track, folder / track.name)
        (folder / "thumbnail.png").write_bytes(bundle.thumbnail)
        described = bundle.metadata["snippet"]["description"]
        (folder / "description.txt").write_text(described, encoding="utf-8")
        _write_json(folder / "metadata.json", bundle.metadata)
        _write_json(folder / "playlist.json", bundle.playlist)


def _link_or_copy(source: Path, target: Path) -> None:
    """A film has hundreds of MB, and a render replaces it and never writes into it."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
