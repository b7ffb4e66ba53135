"""An edit goes on from where the page is: the same film, without loading the scene again."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import av
import pytest
from four_beats import METHODS, four_beats, rerun
from small_project import SECOND, SmallProject

LOADS = """\
from pathlib import Path
with Path(__file__).with_suffix(".loads").open("a") as file:
    file.write("once\\n")
"""
SOURCE = METHODS.replace("FAR = 1.0\n", f"FAR = 1.0\n{LOADS}")
STANDS = 6.0  # seconds after which a process stands by, for sure


class Page:
    """What a page is told, and what it tells."""

    def __init__(self, project: SmallProject, address: str) -> None:
        self._project, self._address = project, address
        self._stream = urlopen(f"{address}events")  # noqa: S310

    def told(self, *kinds: str) -> dict[str, Any]:
        """The next of these."""
        for line in self._stream:
            if line.startswith(b"data: "):
                answer: dict[str, Any] = json.loads(line[6:])
                if answer["kind"] in kinds and (kinds != ("problems",) or answer["problems"]):
                    return answer
        raise AssertionError("the server has ended")

    def stay(self, beat: str) -> None:
        """Be in a beat until a process stands by there."""
        place = json.dumps({"beat": beat, "offset": 0.5}).encode()
        urlopen(Request(f"{self._address}position", data=place)).close()  # noqa: S310
        time.sleep(STANDS)

    def save(self, source: str) -> int:
        """Save the scene, and wait for its film, which is right; how often it was loaded for it."""
        before = self.loads
        self.write(source)
        film = self.told("film")
        self.told("storyboard")
        loaded = self.loads - before
        pixels = hashlib.sha256()
        with av.open(self._project.root / "build" / film["file"]) as file:
            for frame in file.decode(video=0):
                pixels.update(frame.to_ndarray().tobytes())
        afresh = rerun(self._project, source, 1, "afresh")
        assert pixels.hexdigest() == afresh["pixels"]
        plays = [[round(p["start"] * 15), round(p["end"] * 15), p["line"]] for p in film["plays"]]
        assert plays == [[first, stop, line] for first, stop, _, line in afresh["plays"]]
        return loaded

    def write(self, source: str) -> None:
        """Save the scene."""
        self._project.scene(SECOND).write_text(source, encoding="utf-8")

    @property
    def loads(self) -> int:
        """How often the scene's file has been loaded."""
        return len(self._project.scene(SECOND).with_suffix(".loads").read_text().splitlines())


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    project = four_beats(tmp_path)
    project.scene(SECOND).write_text(SOURCE, encoding="utf-8")
    server = subprocess.Popen(
        project.command("preview", "--scene", SECOND), stdout=subprocess.PIPE, **project.setting
    )
    assert server.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
    assert found
    page = Page(project, found[0])
    page.told("storyboard")
    yield page
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=30) == 0
    server.stdout.close()


def in_beat(beat: str, line: str, source: str = SOURCE) -> str:
    """The scene, with a line at the start of a beat."""
    return re.sub(rf'( +)(with self.beat\("{beat}"\).*\n)', rf"\1\2\1    {line}\n", source)


def test_an_edit_goes_on_from_where_the_page_is(page: Page) -> None:
    page.stay("b2")
    once = in_beat("b2", "self.dot.set_opacity(0.5)")
    assert page.save(once) == 0
    assert page.save(in_beat("b3", "self.dot.set_opacity(0.9)", once)) == 0
    # What is shown before is edited: the scene is loaded, and a process stands there again.
    assert page.save(in_beat("b1", "self.dot.set_opacity(0.2)", once)) == 1
    page.stay("b2")
    twice = once.replace("DOWN * FAR", "DOWN * FAR * 2")
    assert page.save(twice) == 1, "it was called in b1"
    page.stay("b3")
    assert page.save(twice.replace("def fourth", "# a remark\n    def fourth")) == 0
    assert page.save(twice.replace("FAR = 1.0", "FAR = 2.0")) == 1


def test_a_mistake_is_told_with_its_line_and_forgotten_when_mended(page: Page) -> None:
    page.stay("b2")
    broken = in_beat("b2", "1 / 0", SOURCE.replace("def third", "# a remark\n    def third"))
    page.write(broken)
    (problem,) = page.told("problems")["problems"]
    assert problem["what"] == "ZeroDivisionError: division by zero"
    assert broken.splitlines()[problem["line"] - 1].strip() == "1 / 0"
    assert page.save(broken.replace("1 / 0", "pass")) == 0
