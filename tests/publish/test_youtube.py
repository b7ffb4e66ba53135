"""What YouTube gets: shaped as its API takes it, within its bounds, and nothing where it is not."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import googleapiclient
import numpy as np
import pytest
from golden import Compare
from PIL import Image
from publish.finished import build

from lessonkit.__main__ import main
from lessonkit.problems import LessonError, Problem
from lessonkit.project import ROOT
from lessonkit.publish import course, youtube
from lessonkit.publish.course import FinishedLesson, finished_lessons, load_course
from lessonkit.publish.thumbnail import HEIGHT, LISTED_HEIGHT, WIDTH, draw_thumbnail
from lessonkit.publish.youtube import make_bundles, tags_length
from lessonkit.script import load_lessons
from lessonkit.voice.takes import narration

LESSON = "calculus_basics"
DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
KINDS: Mapping[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with every lesson's films of quality high."""
    root = tmp_path_factory.mktemp("build")
    for lesson in load_lessons():
        build(root / "high", lesson)
    return root


@pytest.fixture(scope="module")
def lessons(films: Path) -> list[FinishedLesson]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "BUILD", films)
        return finished_lessons(load_lessons().values(), "high")


@pytest.fixture
def built(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The build folder of this test alone."""
    shutil.copytree(films, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(course, "BUILD", tmp_path)
    monkeypatch.setattr(youtube, "BUNDLES", tmp_path / "youtube")
    return tmp_path


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Changes the lesson's texts; returns their file."""
    folder = tmp_path / "texts"
    folder.mkdir()
    monkeypatch.setattr(youtube, "LESSON_TEXTS", folder)
    for path in (ROOT / "assets" / "youtube").glob("*.toml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    path = folder / f"{LESSON}.toml"

    def change(pattern: str, new: str) -> Path:
        old = path.read_text(encoding="utf-8")
        changed, count = re.subn(pattern, lambda _: new, old, count=1, flags=re.MULTILINE)
        assert count == 1
        path.write_text(changed, encoding="utf-8")
        return path

    return change


@pytest.fixture
def schemas() -> Mapping[str, Any]:
    """The types of YouTube's Data API, as Google's client carries them."""
    document = json.loads((DISCOVERY / "youtube.v3.json").read_text(encoding="utf-8"))
    found: Mapping[str, Any] = document["schemas"]
    return found


def conforms(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Every key is one that the API knows and may be set, every value of its type."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    assert type(value) is KINDS[schema["type"]], (value, schema)
    if "enum" in schema:
        assert value in schema["enum"]
    if isinstance(value, list):
        for item in value:
            conforms(item, schema["items"], schemas)
    if isinstance(value, dict):
        for key, inner in value.items():
            known = schema.get("properties", {})
            assert key in known or "additionalProperties" in schema, key
            conforms(inner, known.get(key) or schema["additionalProperties"], schemas)


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_every_lesson_becomes_a_folder(
    built: Path, schemas: Mapping[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["youtube"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(load_lessons())
    for position, lesson in enumerate(load_lessons().values()):
        folder = built / "youtube" / lesson.id
        tracks = {f"{lesson.id}.{lang}.{kind}" for lang in ("hi", "en") for kind in ("srt", "vtt")}
        others = {"thumbnail.png", "metadata.json", "playlist.json", "description.txt"}
        assert {p.name for p in folder.iterdir()} == {f"{lesson.id}.mp4"} | tracks | others
        film = built / "high" / f"{lesson.id}.mp4"
        assert (folder / film.name).samefile(film), "a film is linked, not copied"
        for track in tracks:
            assert (folder / track).read_bytes() == (film.parent / track).read_bytes()
        metadata = read(folder, "metadata.json")
        conforms(metadata, schemas["Video"], schemas)
        playlist = read(folder, "playlist.json")
        conforms(playlist["playlist"], schemas["Playlist"], schemas)
        assert playlist["position"] == position
        assert (folder / "description.txt").read_text() == metadata["snippet"]["description"]
        assert metadata["status"]["privacyStatus"] == "private"
        assert metadata["snippet"]["categoryId"] == "27"
        assert metadata["snippet"]["defaultAudioLanguage"] == "hi"
        assert set(metadata["localizations"]) == {"hi", "en"}
        within_bounds(metadata, lesson.id, built)


def within_bounds(metadata: Mapping[str, Any], lesson: str, built: Path) -> None:
    duration = read(built / "high", f"{lesson}.json")["duration"]
    tags = metadata["snippet"]["tags"]
    quoted = ",".join(f'"{tag}"' if " " in tag else tag for tag in tags)
    assert len(quoted) == tags_length(tags) <= 500
    for said in metadata["localizations"].values():
        assert 0 < len(said["title"]) <= 100
        assert len(said["description"].encode()) <= 5000
        assert not set("<>") & set(said["title"] + said["description"])
        found = re.findall(r"^(?:(\d+):)?(\d+):(\d\d) (.+)$", said["description"], re.MULTILINE)
        starts = [int(h or 0) * 3600 + int(m) * 60 + int(s) for h, m, s, _ in found]
        assert len(found) == len(load_lessons()[lesson].scenes) >= 3
        assert starts[0] == 0
        assert min(np.diff([*starts, duration])) >= 10
        assert all(0 < len(title) <= 49 for *_, title in found)
    scenes = read(built / "high", f"{lesson}.json")["scenes"]
    assert starts == [int(scene["start"]) for scene in scenes]


def test_a_machines_voice_is_disclosed_and_a_persons_is_not(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = youtube.load_course_texts().synthetic_voice["hi"]
    folder = built / "youtube" / LESSON
    assert main(["youtube", "--lesson", LESSON]) == 0
    metadata = read(folder, "metadata.json")
    assert metadata["status"]["containsSyntheticMedia"] is True
    assert sentence in metadata["snippet"]["description"]

    def recorded(script: Any) -> Any:
        told = narration(script)
        for take in told.takes.values():
            object.__setattr__(take, "voice", "recorded")
        return told

    monkeypatch.setattr(youtube, "narration", recorded)
    assert main(["youtube", "--lesson", LESSON]) == 0
    metadata = read(folder, "metadata.json")
    assert metadata["status"]["containsSyntheticMedia"] is False
    assert sentence not in metadata["snippet"]["description"]


def thumbnail(lesson: str) -> bytes:
    lines = youtube.load_lesson_texts(lesson, load_lessons()[lesson].scenes).thumbnail
    return draw_thumbnail(lesson, lines, "गहरी सीख", Problem("texts", "the words", ""))


def test_thumbnails_are_large_light_and_readable_in_a_list(golden: Compare) -> None:
    pictures = []
    for lesson in load_lessons():
        data = thumbnail(lesson)
        assert len(data) <= 2 * 1024 * 1024
        picture = Image.open(BytesIO(data))
        assert picture.format == "PNG"
        assert picture.size == (WIDTH, HEIGHT)
        pictures.append(np.asarray(picture))
        golden(f"thumbnails/{lesson}", pictures[-1])
        small = picture.convert("L").resize((168, LISTED_HEIGHT), Image.Resampling.LANCZOS)
        ink = np.asarray(small, dtype=float)
        # In each half of the words' place: letters as bright as paper on a dark ground, and the
        # gaps inside them still dark. A blur would leave neither.
        words = ink[12:66, 3:98]
        for half in np.array_split(words, 2):
            assert np.percentile(half, 99) > 130
            assert np.percentile(half, 30) < 40
        rows = np.flatnonzero(words.max(axis=1) > 110)
        assert np.ptp(rows) > 0.3 * LISTED_HEIGHT, "two lines fill a third of the picture"
        assert ink[84:, 130:].max() < 60, "where YouTube writes the film's length"
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 5, "each lesson has its own"


FAULTS = {
    "a long title": (r'^hi = "Calculus.*$', f'hi = "{"क" * 101}"', "title.hi has 101 characters"),
    "a long description": (r'^    "Input .*$', f'"{"क" * 1700}",', "the description in Hindi has"),
    "brackets": (r'^    "Every', '    "a < b', "description.en holds < or >"),
    "many tags": (r"^tags = \[", f'tags = ["{"x" * 500}y",', "tags have"),
    "a tag of two": (r"^tags = \[", 'tags = ["a, b",', "tag 'a, b' holds one of"),
    "small words": (r"^lines = .*$", f'lines = ["{"शब्द" * 9}"]', "thumbnail: the words are"),
    "broken markup": (r"^lines = .*$", 'lines = ["#inptu[क]"]', "unknown variable: inptu"),
    "a long chapter": (
        r"\Z",
        f'[short.hi]\nc1_01_intro = "{"क" * 50}"\n',
        f"the chapter '{'क' * 50}' has 50 characters",
    ),
    "an unknown scene": (r"\Z", '[short.en]\nc1_01_intor = "x"\n', "did you mean 'c1_01_intro'?"),
    "no English": (r'^en = "Calculus.*$', "", "en is missing or empty"),
    "no text": (r"^tags = \[", "tags = [3,", "tags holds 3, which is no text"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_youtube_would_refuse_is_named_before_anything_is_written(
    fault: str,
    lessons: list[FinishedLesson],
    tmp_path: Path,
    texts: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(youtube, "BUNDLES", tmp_path / "youtube")
    pattern, new, told = FAULTS[fault]
    file = texts(pattern, new)
    with pytest.raises(LessonError) as caught:
        make_bundles(lessons, load_course(), list(load_lessons()))
    (problem,) = caught.value.problems
    assert told in problem.what + problem.fix
    assert problem.file == str(file)
    assert not (tmp_path / "youtube").exists(), "the other lesson is not written either"


def test_scenes_too_few_or_too_short_for_chapters_are_named(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = built / "high" / f"{LESSON}.json"
    told = read(path.parent, path.name)
    second = told["scenes"][1]
    second["start"] = told["scenes"][2]["start"] - 9
    path.write_text(json.dumps(told))
    assert main(["youtube"]) == 1
    error = capsys.readouterr().err
    assert f"{second['id']}.hi.toml: the scene lasts 9 s of the film; a chapter needs 10" in error


def test_all_that_is_wrong_is_named_at_once(
    built: Path, texts: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    texts(r'^hi = "Calculus.*$', f'hi = "{"क" * 101}"')
    texts(r'^en = "Calculus.*$', 'en = "a > b"')
    film = built / "high" / f"{LESSON}.mp4"
    film.write_bytes(b"half a film")
    film.with_suffix(".en.srt").write_text("")
    assert main(["youtube"]) == 1
    error = capsys.readouterr().err
    for told in ("title.hi has", "title.en holds <", "mp4: has 11 bytes", "srt: holds no caption"):
        assert told in error


def test_a_failed_build_leaves_the_last_good_one(
    built: Path, texts: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["youtube", "--lesson", LESSON]) == 0
    folder = built / "youtube" / LESSON
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    texts(r"^lines = .*$", 'lines = ["कदम"]')

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(youtube, "_write_json", full_disk)
        assert main(["youtube", "--lesson", LESSON]) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [p.name for p in (built / "youtube").iterdir() if p.name.startswith(".")] == []
    assert main(["youtube", "--lesson", LESSON]) == 0
    assert (folder / "thumbnail.png").read_bytes() != before["thumbnail.png"]


def test_a_lesson_without_films_or_picture_is_told_what_to_do(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["youtube", "--quality", "draft"]) == 1
    assert "make render QUALITY=draft" in capsys.readouterr().err
    monkeypatch.setattr("scenes.thumbnails.THUMBNAILS", {})
    assert main(["youtube", "--lesson", LESSON]) == 1
    error = capsys.readouterr().err
    assert f"scenes/thumbnails.py: has no picture for lesson {LESSON}" in error
    assert not (built / "youtube").exists()


@pytest.mark.parametrize(
    ("tags", "length"), [([], 0), (["Foo-Baz"], 7), (["Foo Baz"], 9), (["a", "b c"], 7)]
)
def test_tags_are_counted_as_youtube_does(tags: list[str], length: int) -> None:
    assert tags_length(tags) == length


def test_faults_of_what_is_said_of_every_film(
    tmp_path: Path,
    built: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "youtube.toml"
    path.write_text('license = "mit"\nhashtags = ["Hindi"]\n[chapters]\nhi = "x"\n')
    monkeypatch.setattr(youtube, "COURSE_TEXTS", path)
    monkeypatch.setattr(youtube.load_course_texts, "__defaults__", (path,))
    assert main(["youtube"]) == 1
    error = capsys.readouterr().err
    for told in ("license = 'mit'", "made_for_kids is missing", "hashtag 'Hindi'", "en is missing"):
        assert told in error
    assert not (built / "youtube").exists()
