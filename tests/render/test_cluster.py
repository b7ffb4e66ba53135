"""The same work on a dask cluster: two workers on this machine, one of them killed midway."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from small_project import FIRST, LESSON, SmallProject


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject.make(tmp_path / "project")


def wait_for(path: Path) -> str:
    for _ in range(600):
        if path.is_file() and (text := path.read_text(encoding="utf-8")):
            return text
        time.sleep(0.1)
    raise AssertionError(f"{path} did not come")


@pytest.fixture
def cluster(project: SmallProject, tmp_path: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    """A scheduler's address and its two workers."""
    contact = tmp_path / "scheduler.json"
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, *options: str) -> psutil.Process:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(
            [*command, "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(contact)],
            cwd=project.root,
            env={**os.environ, "PYTHONPATH": str(project.root)},
            **quiet,
        )
        started.append(process)
        return psutil.Process(process.pid)

    start("scheduler", "--port", "0")
    wait_for(contact)
    address = json.loads(contact.read_text(encoding="utf-8"))["address"]
    workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    yield address, workers
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_worker_does_not_keep_the_films_from_being_made(
    project: SmallProject, cluster: tuple[str, list[psutil.Process]], tmp_path: Path
) -> None:
    address, workers = cluster
    here = project.copy(tmp_path / "here")
    assert here.render().returncode == 0
    hold = project.scene(FIRST).with_suffix(".hold")
    hold.touch()
    rendering = project.start("--scheduler", address)
    pid = int(wait_for(hold.with_suffix(".pid")))
    (owner,) = [w for w in workers if pid in {child.pid for child in w.children(recursive=True)}]
    children = owner.children(recursive=True)
    owner.kill()
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
    hold.unlink()
    out, err = rendering.communicate(timeout=120)
    assert rendering.returncode == 0, out + err
    for name in (f"{LESSON}.mp4", f"{LESSON}/{FIRST}.mp4"):
        assert (project.films / name).read_bytes() == (here.films / name).read_bytes()


def test_a_scheduler_that_does_not_answer_is_named(project: SmallProject) -> None:
    done = project.render("--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert "SCHEDULER=tcp://127.0.0.1:9 does not answer" in done.stderr
    assert "Traceback" not in done.stderr
