"""What stops a build at any moment costs a repetition, and never a film."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from small_project import FIRST, SmallProject, edit

from lessonkit.project import OLD

DEADLINE = 90.0  # seconds until a test gives up on a process


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    return SmallProject.make(tmp_path_factory.mktemp("untouched"))


@pytest.fixture
def project(untouched: SmallProject, tmp_path: Path) -> SmallProject:
    return untouched.copy(tmp_path)


class Undisturbed(NamedTuple):
    """What one process makes that nothing disturbs, and how long that takes."""

    made: dict[str, bytes]
    seconds: float

    def a_moment(self) -> None:
        """Wait for a random part of that time, but for loading Python."""
        time.sleep(self.seconds * random.uniform(0.25, 0.9))  # noqa: S311 # no secret


@pytest.fixture(scope="module")
def undisturbed(untouched: SmallProject, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    project = untouched.copy(tmp_path_factory.mktemp("undisturbed"))
    started = time.monotonic()
    done = project.render("--jobs", "1")
    assert done.returncode == 0, done.stderr
    return Undisturbed(project.made(), time.monotonic() - started)


def the_next_run_completes(project: SmallProject, undisturbed: Undisturbed) -> None:
    done = project.render()
    assert done.returncode == 0, done.stderr
    assert project.made() == undisturbed.made


@pytest.mark.parametrize("jobs", ["2", "8"])
def test_films_are_the_same_however_many_processes_make_them(
    project: SmallProject, undisturbed: Undisturbed, jobs: str
) -> None:
    done = project.render("--jobs", jobs)
    assert done.returncode == 0, done.stderr
    assert project.made() == undisturbed.made


def test_a_build_that_is_killed_again_and_again_ends_with_the_same_films(
    project: SmallProject, undisturbed: Undisturbed
) -> None:
    for _ in range(5):
        running = project.start()
        undisturbed.a_moment()
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate(timeout=DEADLINE)
    for half in project.halves():
        os.utime(half, (half.stat().st_mtime - OLD - 1,) * 2)
    the_next_run_completes(project, undisturbed)
    assert not project.halves()


def test_a_build_whose_workers_are_killed_ends_with_the_same_films(
    project: SmallProject, undisturbed: Undisturbed
) -> None:
    for _ in range(3):
        running = project.start()
        build = psutil.Process(running.pid)
        undisturbed.a_moment()
        if workers := spawned(build):
            random.choice(workers).kill()  # noqa: S311
        _, said = running.communicate(timeout=DEADLINE)
        assert "Traceback" not in said
        # Which of them it hit, one that draws or one that joins, is chance.
        assert (running.returncode == 1) == (" was killed" in said)
        assert running.returncode in (0, 1)
        assert not project.halves()
    the_next_run_completes(project, undisturbed)


def spawned(process: psutil.Process) -> list[psutil.Process]:
    """The workers of a build."""
    with suppress(psutil.Error):  # it has ended
        return [p for p in process.children() if any("spawn_main" in word for word in p.cmdline())]
    return []


def test_two_builds_at_once_make_the_same_films(
    project: SmallProject, undisturbed: Undisturbed
) -> None:
    for running in [project.start(), project.start()]:
        _, said = running.communicate(timeout=DEADLINE)
        assert running.returncode == 0, said
    assert project.made() == undisturbed.made
    assert not project.halves()
    the_next_run_completes(project, undisturbed)


IMPATIENT = """
import sys
from lessonkit.__main__ import main
from lessonkit.render import work
work.PATIENCE = 3.0
sys.exit(main(sys.argv[1:]))
"""


def test_a_scene_that_never_ends_is_given_up(
    project: SmallProject, undisturbed: Undisturbed
) -> None:
    scene = project.scene(FIRST)
    whole = scene.read_text(encoding="utf-8")
    edit(scene, "dot = Dot()", "dot = Dot()\n        while True:\n            pass")
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT, "render", "--quality=preview", f"--scene={FIRST}"],
        capture_output=True,
        check=False,
        timeout=DEADLINE,  # its pipes close when the last of its processes ends
        **project.setting,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"given up as stuck, before these were recorded: {FIRST}\n" in done.stderr
    assert "look for an endless loop in the scene" in done.stderr
    assert not project.halves()
    scene.write_text(whole, encoding="utf-8")
    the_next_run_completes(project, undisturbed)
