"""A good film has no findings; each way in which it or what is beside it may be wrong is found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from small_project import FIRST, LESSON, SmallProject, edit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject.make(tmp_path_factory.mktemp("films"))
    done = project.render()
    assert done.returncode == 0, done.stderr
    return project


FILMS = """
from lessonkit.checks.films import check_film, finished_films
print(*(problem for film in finished_films() for problem in check_film(film)), sep="\\n")
"""


def films(project: SmallProject) -> str:
    """What is wrong with the films of a project."""
    done = subprocess.run(
        [sys.executable, "-c", FILMS], capture_output=True, check=True, **project.setting
    )
    return str(done.stdout)


def test_good_films_have_no_findings(made: SmallProject) -> None:
    done = made.run("lint", "--lesson", LESSON)
    assert done.returncode == 0, done.stdout
    assert "3 finished films: no findings" in done.stdout


def remuxed(
    film: Path, change: Callable[[av.container.OutputContainer], None], **options: str
) -> None:
    """The film's packets again in an MP4 that is made otherwise."""
    other = film.with_name("other.mp4")
    with av.open(film) as source, av.open(other, "w", "mp4", container_options=options) as target:
        target.metadata.update(source.metadata)
        target.set_chapters(source.chapters())
        video = source.streams.video[0]
        track = target.add_stream_from_template(video)
        track.metadata["language"] = video.language or ""
        change(target)
        for packet in source.demux(video):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)
    other.replace(film)


def late_moov(film: Path) -> None:
    remuxed(film, lambda _: None, use_editlist="0")


def other_title(film: Path) -> None:
    remuxed(film, lambda out: out.metadata.update(title="x"), movflags="+faststart")


def no_chapters(film: Path) -> None:
    remuxed(film, lambda out: out.set_chapters([]), movflags="+faststart")


def other_language(film: Path) -> None:
    def change(out: av.container.OutputContainer) -> None:
        out.streams.video[0].metadata["language"] = "eng"

    remuxed(film, change, movflags="+faststart")


def other_size(film: Path) -> None:
    described = film.with_suffix(".json")
    manifest = json.loads(described.read_text(encoding="utf-8"))
    manifest["picture"]["width"] = 1280
    described.write_text(json.dumps(manifest), encoding="utf-8")


def cut_off(film: Path) -> None:
    film.write_bytes(film.read_bytes()[:2000])


def no_poster(film: Path) -> None:
    film.with_suffix(".poster.png").unlink()


def late_cue(film: Path) -> None:
    edit(film.with_suffix(".hi.vtt"), "00:00:00.000 -->", "00:00:00.900 -->")


def a_tag(film: Path) -> None:
    edit(film.with_suffix(".hi.srt"), "रुक", "<b>रुक</b>")


def another_text(film: Path) -> None:
    for kind in ("vtt", "srt"):
        edit(film.with_suffix(f".en.{kind}"), "Now it rests.", "Now it stands still.")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (late_moov, "moov stands after mdat"),
        (other_title, "title is 'x'"),
        (no_chapters, "chapters are []"),
        (other_language, "language is 'eng'"),
        (other_size, "is 854×480 at 15 frames a second, not 1280×480"),
        (cut_off, "cannot be read"),
        (no_poster, "has no .poster.png beside it"),
        (late_cue, "from its first word"),
        (a_tag, "says other than"),
        (another_text, "the cues say 'Now it stands still.'"),
    ],
)
def test_what_is_wrong_is_found(
    made: SmallProject, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    project = made.copy(tmp_path / "harmed")
    film = project.films / LESSON / f"{FIRST}.mp4"
    harm(film)
    said = films(project)
    assert told in said, said
    assert f"{FIRST}" in said
