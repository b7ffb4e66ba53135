"""Sheets of frames, made through the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from small_project import FIRST, LESSON, SECOND, SmallProject, edit


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject.make(tmp_path_factory.mktemp("storyboard"))
    edit(project.script(LESSON, FIRST), "दाईं ओर", "[[right]] दाईं ओर")
    edit(project.scene(FIRST), "as beat:", 'as beat:\n            beat.until("right")')
    done = project.run("storyboard")
    assert done.returncode == 0, done.stderr
    return project


def sheets(project: SmallProject) -> Path:
    return project.root / "build" / "storyboard"


def picture(path: Path) -> npt.NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image)


def test_each_mark_and_the_end_of_each_beat_are_drawn(drawn: SmallProject) -> None:
    frames = sorted((sheets(drawn) / LESSON / FIRST).glob("*.png"))
    assert [path.stem.split("-")[1] for path in frames] == ["right", "move", "rest"]
    at_mark, moved, rested = (picture(path)[:350] for path in frames)

    def places(frame: npt.NDArray[np.uint8]) -> float:
        return float(np.flatnonzero((frame[180:300] > 200).all(axis=2).any(axis=0)).mean())

    unit = 480 / 8
    assert places(at_mark) == pytest.approx(427, abs=2), "the dot rests in the middle"
    assert places(moved) == pytest.approx(427 + unit, abs=3), "it has moved by one unit"
    assert places(rested) == pytest.approx(427 + unit, abs=1)


def test_there_is_a_sheet_a_scene_and_one_of_the_lesson(drawn: SmallProject) -> None:
    made = [f"{LESSON}/{FIRST}.png", f"{LESSON}/{SECOND}.png", f"{LESSON}.png"]
    sizes = [picture(sheets(drawn) / name).shape[1::-1] for name in made]
    assert sizes[0][0] == sizes[1][0] > 1900
    assert sizes[2][0] > 1900
    assert sizes[0][1] > 400


def test_a_scene_that_fails_midway_is_shown_until_there(
    drawn: SmallProject, tmp_path: Path
) -> None:
    project = drawn.copy(tmp_path / "broken")
    edit(
        project.scene(SECOND),
        'with self.beat("rest"):\n',
        'with self.beat("rest"):\n            1 / 0\n',
    )
    done = project.run("storyboard", "--scene", SECOND)
    assert done.returncode == 1
    assert f"scenes/{LESSON}/{SECOND}.py" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    frames = sorted((sheets(project) / LESSON / SECOND).glob("*.png"))
    assert [path.stem.split("-")[1] for path in frames] == ["move"]
