"""A lesson as a SCORM 1.2 package: one page that a learning management system shows and scores.

Source: Advanced Distributed Learning, SCORM 1.2: Content Aggregation Model and Run-Time
Environment (2001).
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from lessonkit.project import BUILD, own_file, sweep, written_whole
from lessonkit.publish import embed
from lessonkit.publish.content import Content, load_contents
from lessonkit.publish.course import Course, FinishedLesson, load_course
from lessonkit.publish.embed import Addresses
from lessonkit.publish.pages import copy_film, templates, write_looks
from lessonkit.script import LANGUAGES, Lesson

SCORM = BUILD / "scorm"
PAGE = "index.html"
IMSCP = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
ADLCP = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
PACKED = (".mp4", ".webp", ".woff2", ".png")  # already as small as they get
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # every file's date: equal content makes equal packages


def build_packages(lessons: Sequence[FinishedLesson], folder: Path = SCORM) -> Iterator[Path]:
    """Write `<lesson>.zip` for each lesson; each is given out when it is done.

    Raises:
        LessonError: everything that is wrong; the packages that stood there then still do.
    """
    course = load_course()
    contents = load_contents(
        Lesson(each.id, each.film.title, tuple(scene.id for scene in each.scenes))
        for each in lessons
    )
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    for lesson in lessons:
        yield _package(course, lesson, contents[lesson.id], folder)


def manifest(lesson: str, title: str, files: Iterable[str]) -> bytes:
    """imsmanifest.xml of a package with one page to launch; `files` are all of its other files."""
    for prefix, space in (("", IMSCP), ("adlcp", ADLCP)):
        ET.register_namespace(prefix, space)
    root = ET.Element(f"{{{IMSCP}}}manifest", identifier=f"lesson.{lesson}", version="1.0")

    def inside(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, f"{{{IMSCP}}}{name}", attributes)
        made.text = text or None
        return made

    about = inside(root, "metadata")
    inside(about, "schema", "ADL SCORM")
    inside(about, "schemaversion", "1.2")
    organizations = inside(root, "organizations", default="course")
    organization = inside(organizations, "organization", identifier="course")
    inside(organization, "title", title)
    item = inside(organization, "item", identifier="item", identifierref="page", isvisible="true")
    inside(item, "title", title)
    resource = inside(
        inside(root, "resources"), "resource", identifier="page", type="webcontent", href=PAGE
    )
    resource.set(f"{{{ADLCP}}}scormtype", "sco")
    for name in (PAGE, *sorted(files)):
        inside(resource, "file", href=name)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _package(course: Course, lesson: FinishedLesson, content: Content, folder: Path) -> Path:
    target = folder / f"{lesson.id}.zip"
    inside = own_file(folder / lesson.id)
    try:
        inside.mkdir()
        _write_page(course, lesson, content, inside)
        with written_whole(target) as temporary:
            _zip(inside, lesson, temporary)
    finally:
        shutil.rmtree(inside, ignore_errors=True)
    return target


def _write_page(course: Course, lesson: FinishedLesson, content: Content, folder: Path) -> None:
    captions = {lang: f"{lesson.id}.{lang}.vtt" for lang in LANGUAGES}
    at = Addresses(PAGE, PAGE, f"{lesson.id}.mp4", f"{lesson.id}.png", captions)
    page = (
        templates(course=course)
        .get_template("scorm.html")
        .render(
            root="",
            canonical="",
            stem=lesson.id,
            lesson=lesson,
            content=content,
            video=embed.lesson_video(course, lesson, at, content.about),
            parts=[(scene, scene.start) for scene in lesson.scenes],
        )
    )
    (folder / PAGE).write_text(page, encoding="utf-8")
    copy_film(lesson.film, folder / lesson.id)
    for program in content.programs:
        shutil.copyfile(program.file, folder / program.file.name)
    write_looks(folder / "page", page)


def _zip(folder: Path, lesson: FinishedLesson, target: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    told = manifest(lesson.id, lesson.film.title["hi"], [name for name in names if name != PAGE])
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(_entry("imsmanifest.xml"), told)
        for path, name in zip(files, names, strict=True):
            with path.open("rb") as source, package.open(_entry(name), "w") as place:
                shutil.copyfileobj(source, place)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
