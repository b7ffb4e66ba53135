"""The course site: static pages that any web server can hand out, below any path, in any frame.

A page for the course, for each lesson and for each scene; and for each film one with the player
alone, for other sites to frame. Films, captions and transcripts are there without JavaScript.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lessonkit.loopback import serve_here
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, folder_written_whole, shown
from lessonkit.publish import embed
from lessonkit.publish.content import Content, load_contents
from lessonkit.publish.course import FinishedLesson, load_course
from lessonkit.publish.embed import Addresses, Video
from lessonkit.publish.pages import copy_film, templates, write_looks
from lessonkit.script import LANGUAGES, Lesson

SITE = BUILD / "site"
PORT = 8422


def build_site(
    lessons: Sequence[FinishedLesson],
    base: str = "",
    target: Path = SITE,
    progress: Callable[[], None] = lambda: None,
) -> Path:
    """Write the site of these lessons. `base`: the address that it will have, if that is known.

    `progress` is told of each film whose pages are written.

    Raises:
        LessonError: everything that is wrong; what stood at `target` then still does.
    """
    if problems := list(_address_problems(base)):
        raise LessonError(problems)
    contents = load_contents(
        Lesson(each.id, each.film.title, tuple(scene.id for scene in each.scenes))
        for each in lessons
    )
    site = _Site(lessons, contents, base.rstrip("/"), progress)
    with folder_written_whole(target) as folder:
        site.write(folder)
    return target


def serve_site(site: Path = SITE) -> None:
    """Show the site on this machine until interrupted, with byte ranges, as players ask for them.

    Raises:
        LessonError: if there is no site yet.
    """
    if not (site / "index.html").is_file():
        raise LessonError([Problem(shown(site), "there is no site yet", "make it: make site")])
    pages = StaticFiles(directory=site, html=True)
    serve_here(Starlette(routes=[Mount("/", pages)]), shown(site), PORT)


def _address_problems(base: str) -> Iterator[Problem]:
    parts = urlsplit(base)
    if base and (parts.scheme not in ("http", "https") or not parts.netloc):
        fix = "give the address of the site's folder, such as https://example.org/course"
        yield Problem("command line", f"SITE_URL={base} is no address of the web", fix)
    elif parts.query or parts.fragment:
        yield Problem("command line", f"SITE_URL={base} has a ? or #", "leave it and what follows")


class _Site:
    """All pages of the course."""

    def __init__(
        self,
        lessons: Sequence[FinishedLesson],
        contents: Mapping[str, Content],
        base: str,
        progress: Callable[[], None],
    ) -> None:
        self._course = load_course()
        self._lessons = lessons
        self._contents = contents
        self._base = base
        self._progress = progress
        self._templates = templates(course=self._course, lessons=lessons, contents=contents)

    def write(self, folder: Path) -> None:
        """Write every page, and all that pages show."""
        pages = {"index.html": self._page("index.html", root="", canonical=self._address(""))}
        for number, lesson in enumerate(self._lessons, 1):
            (folder / lesson.id).mkdir()
            pages |= self._lesson(number, lesson, folder)
        for name, page in pages.items():
            (folder / name).write_text(page, encoding="utf-8")
        write_looks(folder / "page", " ".join(pages.values()))

    def _lesson(self, number: int, lesson: FinishedLesson, folder: Path) -> dict[str, str]:
        content = self._contents[lesson.id]
        at = self._addresses(lesson.id, "index.html", lesson.id)
        video = embed.lesson_video(self._course, lesson, at, content.about)
        shared = {"lesson": lesson, "lesson_number": number, "content": content}
        parts = [(scene, scene.start) for scene in lesson.scenes]
        pages = self._film("lesson.html", folder, lesson.id, "index", video, parts=parts, **shared)
        for place, scene in enumerate(lesson.scenes):
            at = self._addresses(lesson.id, f"{scene.id}.html", scene.id)
            video = embed.scene_video(self._course, scene, at)
            pages |= self._film(
                "scene.html", folder, scene.id, scene.id, video,
                parts=[(scene, 0.0)], scene=scene, place=place, **shared,
            )  # fmt: skip
        for program in content.programs:
            shutil.copyfile(program.file, folder / lesson.id / program.file.name)
        return pages

    def _film(
        self, template: str, folder: Path, stem: str, page: str, video: Video, **more: Any
    ) -> dict[str, str]:
        """A film with all beside it, and the pages that show it, by their names."""
        lesson = more["lesson"].id
        beside = folder / lesson / stem
        copy_film(video.film, beside)
        self._progress()
        if self._base:
            told = json.dumps(embed.oembed(video), ensure_ascii=False, indent=2)
            beside.with_suffix(".oembed.json").write_text(told, encoding="utf-8")
        described = embed.json_ld(video)
        if len(more["parts"]) > 1:
            del described["transcript"]  # on the page, and in the data of each scene's own
        more |= {
            "root": "../",
            "stem": stem,
            "video": video,
            "canonical": video.at.page if self._base else "",
            "open_graph": embed.open_graph(video) if self._base else [],
            "json_ld": Markup(embed.script_text(described)),  # noqa: S704
            "iframe": embed.iframe(video),
            "video_tag": embed.video_tag(video),
        }
        return {
            f"{lesson}/{page}.html": self._page(template, **more),
            f"{lesson}/{stem}.player.html": self._page("player.html", **more),
        }

    def _page(self, template: str, **context: Any) -> str:
        return self._templates.get_template(template).render(context)

    def _address(self, path: str) -> str:
        return f"{self._base}/{path}" if self._base else ""

    def _addresses(self, lesson: str, page: str, stem: str) -> Addresses:
        """Of a film and its pages: absolute where the site's own address is known."""
        at = self._address(f"{lesson}/")
        captions = {lang: f"{at}{stem}.{lang}.vtt" for lang in LANGUAGES}
        return Addresses(
            at + page, f"{at}{stem}.player.html", f"{at}{stem}.mp4", f"{at}{stem}.png", captions
        )
