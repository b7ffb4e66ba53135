"""What is made again after an edit, and what is kept; through the command, in a small project."""

from __future__ import annotations

import json
import os
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from small_project import FIRST, LESSON, SAY, SECOND, SmallProject, edit

from lessonkit.render.film import Chapter, probe
from lessonkit.script import load_script
from lessonkit.timeline import estimate


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject.make(tmp_path_factory.mktemp("finished"))
    done = project.render()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drawing 2 scenes" in done.stdout
    for scene in (FIRST, SECOND):
        assert done.stdout.count(f"{scene}: drawn") == 1
    return project


@pytest.fixture
def project(finished: SmallProject, tmp_path: Path) -> SmallProject:
    return finished.copy(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file it is and when it was written: what a reader with the file open notices."""
    return {
        str(p.relative_to(folder)): (p.stat().st_ino, p.stat().st_mtime_ns)
        for p in folder.rglob("*")
        if p.is_file()
    }


def changed(before: dict[str, tuple[int, int]], folder: Path) -> set[str]:
    after = stamps(folder)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def pictures(film: Path) -> npt.NDArray[np.uint8]:
    with av.open(str(film)) as container:
        return np.array([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_films_and_all_that_lies_beside_them(finished: SmallProject) -> None:
    suffixes = ["mp4", "json", "poster.png", "chapters.vtt", "words.vtt"]
    suffixes += ["hi.vtt", "hi.srt", "en.vtt", "en.srt"]
    films = (LESSON, f"{LESSON}/{FIRST}", f"{LESSON}/{SECOND}")
    expected = {f"{film}.{suffix}" for film in films for suffix in suffixes}
    assert finished.made().keys() == expected
    for film in films:
        manifest = json.loads((finished.films / f"{film}.json").read_text(encoding="utf-8"))
        for name, size in manifest["files"].items():
            assert ((finished.films / f"{film}.json").parent / name).stat().st_size == size
        assert {Path(film).name + "." + suffix for suffix in suffixes} == {
            *manifest["files"],
            f"{Path(film).name}.json",
        }


def test_a_lesson_is_its_scenes_in_order_picture_by_picture(finished: SmallProject) -> None:
    lesson = pictures(finished.films / f"{LESSON}.mp4")
    parts = [pictures(finished.films / LESSON / f"{scene}.mp4") for scene in (FIRST, SECOND)]
    assert np.array_equal(lesson, np.concatenate(parts))
    (length,) = {
        estimate(load_script(LESSON, scene, root=finished.root / "assets" / "script")).duration
        for scene in (FIRST, SECOND)
    }
    assert len(parts[0]) == round(length * 15)
    inside = probe(finished.films / f"{LESSON}.mp4")
    near = pytest.approx
    assert inside.chapters == (
        Chapter(0, near(length, abs=1e-3), f"{FIRST} hi"),
        Chapter(near(length, abs=1e-3), near(2 * length, abs=1e-3), f"{SECOND} hi"),
    )
    assert (inside.title, inside.language) == ("पाठ", "hin")
    manifest = json.loads((finished.films / f"{LESSON}.json").read_text(encoding="utf-8"))
    assert [s["id"] for s in manifest["scenes"]] == [FIRST, SECOND]
    assert manifest["scenes"][1]["start"] == near(length)
    assert manifest["scenes"][1]["beats"][1]["end"] == near(2 * length)
    assert manifest["scenes"][0]["reviewed_by"] == {"hi": "hi", "en": "en"}
    subtitles = (finished.films / f"{LESSON}.hi.srt").read_text(encoding="utf-8")
    starts = [line[:12] for line in subtitles.splitlines() if "-->" in line]
    assert len(starts) == 2 * len(SAY["hi"])
    seconds = [float(s[6:].replace(",", ".")) for s in starts]
    assert seconds[2] == near(length, abs=0.1)
    assert seconds == sorted(seconds)


def test_a_second_run_touches_nothing(project: SmallProject) -> None:
    before = stamps(project.films)
    done = project.render()
    assert done.returncode == 0
    assert done.stdout == "nothing to do: 3 films up to date in build/preview\n"
    assert not changed(before, project.films)


def test_an_edited_scene_alone_is_drawn_again(project: SmallProject) -> None:
    before, (old,) = stamps(project.films), project.recordings(SECOND)
    for path in (old, old.with_suffix(".png")):  # a young one may be another run's
        os.utime(path, (0, 0))
    edit(project.script(LESSON, SECOND), "रुक जाता", "ठहर जाता")
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert "drawing 1 scene," in done.stdout
    assert f"{SECOND}: drawn" in done.stdout
    after = changed(before, project.films)
    assert not {name for name in after if FIRST in name}
    assert {f"{LESSON}/{SECOND}.mp4", f"{LESSON}.mp4"} < after
    assert len(project.recordings(SECOND)) == 1  # the old one is gone
    assert not old.exists()
    assert not old.with_suffix(".png").exists()
    assert "ठहर" in (project.films / f"{LESSON}.hi.srt").read_text(encoding="utf-8")


def test_an_edited_picture_concerns_the_scenes_that_import_it(project: SmallProject) -> None:
    second = project.root / "scenes" / LESSON / f"{SECOND}.py"
    shared = project.root / "scenes" / "shared.py"
    shared.write_text("SPEED = 1\n")
    edit(second, "from manim import", "from scenes.shared import SPEED\nfrom manim import")
    assert "drawing 1 scene," in project.render().stdout
    edit(shared, "1", "2")
    done = project.render()
    assert "drawing 1 scene," in done.stdout
    assert f"{SECOND}: drawn" in done.stdout


def test_an_edited_translation_is_written_without_drawing(project: SmallProject) -> None:
    before = stamps(project.films)
    edit(project.script(LESSON, SECOND, "en"), "Now it rests.", "Then it rests.")
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert "draw" not in done.stdout
    after = changed(before, project.films)
    assert not {name for name in after if FIRST in name or "recordings" in name}
    for kind in ("srt", "vtt"):
        for film, old in ((f"{LESSON}/{SECOND}", 0), (LESSON, 1)):  # the first scene keeps it
            text = (project.films / f"{film}.en.{kind}").read_text(encoding="utf-8")
            assert (text.count("Then it rests."), text.count("Now it rests.")) == (1, old)


def test_damaged_files_are_made_again_as_they_were_without_drawing(project: SmallProject) -> None:
    expected = contents(project.films)
    with (project.films / LESSON / f"{FIRST}.mp4").open("r+b") as film:
        film.truncate(1000)
    (project.films / LESSON / f"{SECOND}.hi.vtt").unlink()
    (project.films / f"{LESSON}.json").write_text("{")
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert "draw" not in done.stdout
    assert done.stdout.count(" made") == 3
    assert contents(project.films) == expected


def test_captions_in_another_language_are_drawn(project: SmallProject) -> None:
    hindi = pictures(project.films / LESSON / f"{FIRST}.mp4")
    done = project.render("--caption-lang", "en", "--scene", FIRST)
    assert done.returncode == 0, done.stderr
    assert "drawing 1 scene," in done.stdout
    english = pictures(project.films / LESSON / f"{FIRST}.mp4")
    assert hindi.shape == english.shape
    different = np.abs(hindi.astype(int) - english).max(axis=(0, 2, 3)) > 40
    band = round(0.835 * len(different))
    assert different[band:].any()
    assert not different[:band].any()
    assert len(project.recordings(FIRST)) == 2  # another run may be making the Hindi film


def test_without_captions_their_room_stays_empty(project: SmallProject) -> None:
    done = project.render("--captions", "soft", "--scene", FIRST)
    assert done.returncode == 0, done.stderr
    frames = pictures(project.films / LESSON / f"{FIRST}.mp4")
    assert np.ptp(frames[:, round(0.836 * frames.shape[1]) :].astype(int)) < 25
    assert (project.films / LESSON / f"{FIRST}.hi.srt").stat().st_size > 0


def test_a_mistake_in_one_scene_lets_the_others_finish(project: SmallProject) -> None:
    edit(project.scene(FIRST), "dot = Dot()", "dot = Dot(1 / 0)")
    edit(project.scene(SECOND), "shift(RIGHT)", "shift(2 * RIGHT)")
    line = project.scene(FIRST).read_text(encoding="utf-8").split("1 / 0")[0].count("\n") + 1
    films = project.made()
    old = project.recordings()
    done = project.render()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"scenes/{LESSON}/{FIRST}.py:{line}: ZeroDivisionError" in done.stderr
    assert project.made() == films  # the finished films are as they were
    (new,) = set(project.recordings()) - set(old)
    assert SECOND in new.name
    assert not project.halves()
    edit(project.scene(FIRST), "Dot(1 / 0)", "Dot(radius=0.2)")
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert "drawing 1 scene," in done.stdout
