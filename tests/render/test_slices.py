"""Slices: drawn once, found by what is in them, checked before use, forgotten in their turn."""

from __future__ import annotations

import os
import pickle
import pickletools
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from small_project import FIRST, LESSON, SECOND, SmallProject, edit

import lessonkit
from lessonkit.captions import Band, cue_at, cues
from lessonkit.problems import LessonError
from lessonkit.project import OLD, sweep, written_whole
from lessonkit.render import slices
from lessonkit.render.build import QUALITIES
from lessonkit.render.display import Store
from lessonkit.render.slices import Job, SliceFolder
from lessonkit.script import load_script
from lessonkit.timeline import BeatSpan, estimate

FPS = QUALITIES["preview"].fps


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject.make(tmp_path_factory.mktemp("finished"))
    done = project.render()
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture
def project(finished: SmallProject, tmp_path: Path) -> SmallProject:
    return finished.copy(tmp_path)


def python(project: SmallProject, code: str) -> None:
    """Run code inside a small project, where everything is that project's own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        **project.setting,
    )
    assert done.returncode == 0, done.stderr


def frames_of(spans: list[tuple[Path, int]]) -> list[tuple[Path, int, int]]:
    """Each slice with its first frame and the one after its last."""
    edges = [sum(frames for _, frames in spans[:n]) for n in range(len(spans) + 1)]
    return [(path, a, b) for (path, _), (a, b) in zip(spans, pairwise(edges), strict=True)]


def drawn_again(project: SmallProject, before: dict[Path, int]) -> set[Path]:
    now = inodes(project)
    return {path for path in now if now[path] != before.get(path)}


def inodes(project: SmallProject) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in project.slices.glob("*.mp4")}


def beats(project: SmallProject, scene: str) -> dict[str, BeatSpan]:
    script = load_script(LESSON, scene, root=project.root / "assets" / "script")
    return {beat.id: beat for beat in estimate(script).beats}


# -- what an edit costs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beat", "old", "new"), [("move", "चलता", "हटता"), ("rest", "रुक जाता", "ठहर जाता")]
)
def test_an_edited_beat_alone_is_drawn_again(
    project: SmallProject, beat: str, old: str, new: str
) -> None:
    before = inodes(project)
    edit(project.script(LESSON, SECOND), old, new)
    for path in project.recordings(SECOND):
        os.utime(path, (0, 0))
    done = project.render()
    assert done.returncode == 0, done.stderr
    span = beats(project, SECOND)[beat]
    inside = {
        path
        for path, a, b in frames_of(project.recorded(SECOND))
        if round(span.start * FPS) <= a and b <= round(span.end * FPS)
    }
    again = drawn_again(project, before)
    assert again
    assert again <= inside
    assert len(inside) < len(project.recorded(SECOND))


def test_an_edited_word_of_a_caption_redraws_the_slices_that_show_it(
    finished: SmallProject, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path)
    hindi = "रेखा पर एक बिंदु बाएँ से दाईं ओर चलता है। उसकी चाल पूरे रास्ते एक जैसी ही रहती है।"
    english = (
        "A single dot moves slowly along a line, from its left end to its right end. "
        "All along its way its speed is the same as it was."
    )
    edit(project.script(LESSON, FIRST), "एक बिंदु दाईं ओर चलता है।", hindi)
    edit(project.script(LESSON, FIRST, "en"), "A dot moves to the right.", english)
    for path in project.recordings(FIRST):
        path.unlink()
    chosen = ("--scene", FIRST, "--caption-lang", "en")
    assert project.render(*chosen).returncode == 0
    before = inodes(project)
    for path in project.recordings(FIRST):
        os.utime(path, (0, 0))
    edit(project.script(LESSON, FIRST, "en"), "its speed is", "its haste is")
    done = project.render(*chosen)
    assert done.returncode == 0, done.stderr
    root = project.root / "assets" / "script"
    timeline = estimate(load_script(LESSON, FIRST, root=root))
    shown = cues(load_script(LESSON, FIRST, "en", root=root), timeline, FPS)
    (edited,) = (cue for cue in shown if "haste" in cue.text)
    others = {cue.beat for cue in shown if cue is not edited}
    assert edited.beat in others  # or a slice that shows it is no different from its beat
    showing = {
        path
        for path, a, b in frames_of(project.recorded(FIRST))
        if any(cue_at(shown, n, FPS) == edited for n in range(a, b))
    }
    assert drawn_again(project, before) == showing
    assert 0 < len(showing) < len(project.recorded(FIRST)) - 1


# -- what is damaged ---------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


DAMAGES: list[Callable[[Path, Path], object]] = [
    lambda path, _: os.truncate(path, path.stat().st_size - 1),
    lambda path, _: path.write_bytes(b""),
    lambda path, other: path.write_bytes(other.read_bytes()),
    lambda path, _: flip(path),
]


def test_damaged_slices_are_drawn_again(project: SmallProject) -> None:
    expected = project.made()
    paths = [path for scene in (FIRST, SECOND) for path, _ in project.recorded(scene)]
    damaged, whole = paths[: len(DAMAGES)], paths[len(DAMAGES) :]
    for damage, path in zip(DAMAGES, damaged, strict=True):
        damage(path, whole[0])
    before = {path: path.stat().st_ino for path in whole}
    for manifest in project.films.rglob(f"{LESSON}*.json"):
        manifest.unlink()
    for manifest in (project.films / LESSON).glob("*.json"):
        manifest.unlink()
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert project.made() == expected
    assert {path: path.stat().st_ino for path in whole} == before


RECORD = """
from lessonkit.render import build, work
from lessonkit.script import load_lessons
lesson = load_lessons()["primer"]
for film in build.plan([(lesson, ["p1_dot"])], build.Options(quality="preview")):
    work.record_task(*film.parts)
"""


OLDER = pickle.dumps({"frames": [], "of": "an older version"})


@pytest.mark.parametrize("damage", [*DAMAGES, lambda path, _: path.write_bytes(OLDER)])
def test_damaged_jobs_are_told(tmp_path: Path, damage: Callable[[Path, Path], object]) -> None:
    folder = SliceFolder(tmp_path)
    job = Job(QUALITIES["preview"], (), Store({}, {}))
    for key in "ab":
        folder.ask(key, job)
        assert folder.can_draw(key)
    damage(folder.job("a"), folder.job("b"))
    assert not folder.can_draw("a")
    with pytest.raises(LessonError, match="is damaged or gone"):
        folder.draw("a")
    folder.ask("a", job)
    assert folder.can_draw("a")


def test_a_job_that_another_run_has_done_is_done(tmp_path: Path) -> None:
    folder = SliceFolder(tmp_path)
    a_slice(folder, "a", 10)
    before = folder.path("a").stat().st_ino
    folder.draw("a")
    assert folder.path("a").stat().st_ino == before


def test_whole_jobs_are_drawn_and_for_others_the_scene_is_recorded_again(
    project: SmallProject,
) -> None:
    film = f"{LESSON}/{FIRST}"
    expected = project.made()[f"{film}.mp4"]
    paths = [path for path, _ in project.recorded(FIRST)]
    jobs = [project.slices / "jobs" / f"{path.stem}.job" for path in paths]

    def forget() -> None:
        (project.films / f"{film}.json").unlink()
        for path in paths:
            path.unlink()

    def render() -> int:
        done = project.render("--scene", FIRST)
        assert done.returncode == 0, done.stderr
        assert project.made()[f"{film}.mp4"] == expected
        assert not [job for job in jobs if job.exists()]
        (recording,) = project.recordings(FIRST)
        return recording.stat().st_ino

    (recording,) = project.recordings(FIRST)
    first = recording.stat().st_ino
    forget()
    python(project, RECORD)
    assert all(job.is_file() for job in jobs)
    second = recording.stat().st_ino
    kept = {job: job.read_bytes() for job in jobs}
    assert render() == second != first
    forget()
    for job, content in kept.items():
        job.write_bytes(content)
    jobs[1].write_bytes(OLDER)
    assert render() != second


def test_a_job_of_another_version_has_another_name(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, _ in project.recorded(FIRST):
        path.unlink()
    python(project, RECORD)
    package = Path(lessonkit.__file__).parent
    sources = set()
    for job in (project.slices / "jobs").iterdir():
        strings = [arg for _, arg, _ in pickletools.genops(job.read_bytes()) if arg is not None]
        sources |= {name for name in strings if str(name).startswith("lessonkit.")}
    files = {package.parent / f"{name.replace('.', '/')}.py" for name in sources}
    assert package / "render" / "display.py" in files
    read: list[Path] = []
    read_bytes = Path.read_bytes

    def reading(path: Path) -> bytes:
        read.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    slices._versions.__wrapped__()
    assert files <= set(read)


# -- the folder --------------------------------------------------------------------------------


def a_slice(folder: SliceFolder, key: str, size: int) -> None:
    with folder.written(key) as path:
        path.write_bytes(bytes(size))


def test_what_was_used_longest_ago_is_forgotten_first(tmp_path: Path) -> None:
    folder = SliceFolder(tmp_path)
    for age, key in enumerate("abcd"):
        a_slice(folder, key, 1000)
        os.utime(folder.path(key), (1000 - age, 1000 - age))  # d is the oldest
    assert folder.find("d")  # used now
    size = folder.path("a").stat().st_size
    folder.forget(3 * size)
    assert {path.stem for path in tmp_path.iterdir()} == {"a", "b", "d"}
    folder.forget(2 * size - 1)
    assert {path.stem for path in tmp_path.iterdir()} == {"d"}
    folder.forget(size)
    assert folder.find("d")


def test_jobs_that_nobody_does_are_forgotten_too(tmp_path: Path) -> None:
    folder = SliceFolder(tmp_path)
    a_slice(folder, "a", 1000)
    folder.job("b").parent.mkdir()
    folder.job("b").write_bytes(bytes(1000))
    os.utime(folder.job("b"), (0, 0))
    folder.forget(1500)
    assert folder.find("a")
    assert not folder.job("b").exists()


def test_films_just_made_are_the_last_to_go(project: SmallProject) -> None:
    for path in project.slices.glob("*.mp4"):
        os.utime(path, (0, 0))
    mine = [path for path, _ in project.recorded(SECOND)]
    size = sum(path.stat().st_size for path in mine)
    (project.films / LESSON / f"{SECOND}.json").unlink()
    done = project.render("--scene", SECOND)  # made of slices that were there
    assert "draw" not in done.stdout
    SliceFolder(project.slices).forget(size)
    assert set(project.slices.glob("*.mp4")) == set(mine)


def test_a_slice_under_another_name_is_none(tmp_path: Path) -> None:
    folder = SliceFolder(tmp_path)
    a_slice(folder, "a", 10)
    os.link(folder.path("a"), folder.path("b"))
    assert folder.find("a")
    assert folder.find("b") is None
    assert folder.find("c") is None


def test_slices_serve_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SliceFolder(tmp_path)
    a_slice(folder, "a", 10)

    def refuse(path: Path) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(os, "utime", refuse)
    assert folder.find("a") == folder.path("a")


def test_what_killed_processes_left_is_swept(tmp_path: Path) -> None:
    hidden = tmp_path / ".keep"
    hidden.touch()
    os.utime(hidden, (0, 0))
    with written_whole(tmp_path / "deep" / "a.mp4") as young:
        sweep(tmp_path)
        assert young.exists()  # another run is writing it
        sweep(tmp_path, [os.getpid() + 1])
        assert young.exists()
        os.utime(young, (young.stat().st_mtime - OLD - 1,) * 2)
        sweep(tmp_path)
        assert not young.exists()
        young.touch()
        sweep(tmp_path, [os.getpid()])
        assert not young.exists()
        young.touch()
    assert hidden.exists()


# -- what is drawn -----------------------------------------------------------------------------

STOCK = """
import numpy as np
from lessonkit.render.build import QUALITIES
from lessonkit.render.draw import run, scene_class
frames = []
run(
    scene_class("primer", "p1_dot"),
    QUALITIES["preview"],
    lambda frame, repeats: frames.extend([frame[..., :3].copy()] * repeats),
)
np.save("stock.npy", frames)
"""


def test_a_film_shows_stock_manims_frames_under_the_captions(project: SmallProject) -> None:
    python(project, STOCK)
    stock = np.load(project.root / "stock.npy", mmap_mode="r")
    script = load_script(LESSON, FIRST, root=project.root / "assets" / "script")
    shown = cues(script, estimate(script), FPS)
    band = Band(stock.shape[2], stock.shape[1])
    captions = set()
    with av.open(str(project.films / LESSON / f"{FIRST}.mp4")) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) == len(stock)
    for number, (picture, plain) in enumerate(zip(pictures, stock, strict=True)):
        expected = plain.astype(float)
        if cue := cue_at(shown, number, FPS):
            captions.add(cue)
            over = band.image(cue).astype(float)
            alpha = over[..., 3:] / 255
            under = expected[-band.height :]
            under[...] = over[..., :3] * alpha + under * (1 - alpha)
        error = np.mean((picture - expected) ** 2)
        assert 10 * np.log10(255**2 / error) > 38, f"frame {number}"
    assert captions == set(shown)
