"""A scene run in shares is the scene run at once, whether its way can be jumped over or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from four_beats import BEATS, METHODS, four_beats, rerun
from small_project import LESSON, SECOND, SmallProject, edit

SCENE = """\
from manim import RIGHT, Dot

from lessonkit.stage import LessonScene


class Moving(LessonScene):
    def construct(self):
        dot = Dot()
        self.add(dot, self.heading())
        {more}
        for nth in range({beats}):
            with self.beat(f"b{{nth}}") as beat:
                self.play(dot.animate.shift(RIGHT), run_time=beat.remaining)
"""
COUNTS = "dot.add_updater(lambda d: d.set_opacity(max(0.2, d.get_fill_opacity() - 0.01)))"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return four_beats(tmp_path)


def run(project: SmallProject, more: str, shares: int) -> dict[str, Any]:
    """A scene run from its start on."""
    return rerun(project, SCENE.format(more=more, beats=BEATS), shares, f"{shares}-{more}")


def test_shares_make_up_the_scene(project: SmallProject) -> None:
    once, shared = run(project, "", 1), run(project, "", 3)
    assert once["stops"] == [once["end"]]
    assert len(shared["stops"]) == 3
    assert shared | {"stops": []} == once | {"stops": []}
    assert all(there for *_, there in shared["panels"])


def test_a_share_may_begin_in_the_midst_of_a_play_and_of_a_rest(project: SmallProject) -> None:
    for lang in ("hi", "en"):
        script = project.script(LESSON, SECOND, lang)
        words = "एक बिंदु चलता है।"
        longer = script.read_text(encoding="utf-8").replace(words, " ".join(6 * [words]))
        script.write_text(longer, encoding="utf-8")
    source = METHODS.replace(
        'with self.beat("b2") as beat:\n',
        'with self.beat("b2") as beat:\n            self.wait(5)\n',
    )
    once = rerun(project, source, 1, "once")
    shared = rerun(project, source, 8, "shared")
    begins = [0, *shared["stops"][:-1]]
    inside = [
        (begin, first)
        for begin in begins
        for first, stop, *_ in once["plays"]
        if first < begin < stop
    ]
    assert len({first for _, first in inside}) > 3, "a rest and several plays are parted"
    assert shared | {"stops": []} == once | {"stops": []}


def test_what_counts_frames_is_not_jumped_over(project: SmallProject) -> None:
    once, shared = run(project, COUNTS, 1), run(project, COUNTS, 3)
    assert shared == once


def test_a_mistake_in_a_later_share_is_told_with_what_came_before(project: SmallProject) -> None:
    shared = run(project, "self.last = lambda n: 1 / (3 - n)", 3)
    assert not shared["problems"]
    late = 'self.add_updater(lambda _: 1 / (self.playing != "b3"))'
    shared = run(project, late, 3)
    assert shared["problems"] == ["ZeroDivisionError: division by zero"]
    assert shared["plays"][0][0] == 0
    assert [beat for *_, beat, _ in shared["plays"]] == ["b0", "b1", "b2"]


def test_a_process_that_is_killed_is_made_up_for(project: SmallProject) -> None:
    dies = (
        "import os; self.add_updater(lambda _: os._exit(9)"
        ' if self.playing == "b2" and str(os.getpid()) != os.environ["FIRST"] else None)'
    )
    once, shared = run(project, dies, 1), run(project, dies, 2)
    assert shared == once


@pytest.fixture
def before(project: SmallProject) -> list[int]:
    """There is a film of METHODS; the first frames of its beats, and where it ends."""
    film = rerun(project, METHODS, 1, "before")
    return [*(first for first, *_ in film["plays"]), film["end"]]


@pytest.mark.parametrize(
    ("old", "new", "beat"),
    [
        ("def second(self):\n", "def second(self):\n        self.dot.set_opacity(0.5)\n", 1),
        ("def fourth(self):\n", "\n    def fourth(self):\n        # a remark\n", 4),
        ("DOWN * FAR", "LEFT * FAR", 1),
        ("FAR = 1.0", "FAR = 2.0", 0),
    ],
)
def test_an_edit_runs_the_scene_from_where_it_shows(
    project: SmallProject, before: list[int], old: str, new: str, beat: int
) -> None:
    edited = METHODS.replace(old, new, 1)
    again, afresh = rerun(project, edited, 2, "before"), rerun(project, edited, 1, "afresh")
    assert len(again["stops"]) == 2 if beat == 0 else again["stops"][0] == before[beat]
    assert again | {"stops": []} == afresh | {"stops": []}
    # And what this run has kept serves the next.
    assert rerun(project, edited, 2, "before") == afresh


def test_what_counts_frames_is_run_from_the_start(project: SmallProject) -> None:
    counting = METHODS.replace("pass", COUNTS.replace("dot", "self.dot"))
    edited = counting.replace("def third(self):\n", "def third(self):\n        self.add(Dot())\n")
    rerun(project, counting, 2, "before")
    again, afresh = rerun(project, edited, 2, "before"), rerun(project, edited, 1, "afresh")
    assert again == afresh


@pytest.mark.usefixtures("before")
def test_another_script_runs_all_of_it(project: SmallProject) -> None:
    edit(project.script(LESSON, SECOND), 'title = "t"', 'title = "u"')
    again, afresh = rerun(project, METHODS, 2, "before"), rerun(project, METHODS, 1, "afresh")
    assert len(again["stops"]) == 2
    assert again | {"stops": []} == afresh | {"stops": []}


def test_slices_that_are_gone_are_made_again(project: SmallProject, before: list[int]) -> None:
    for file in (project.root / "build" / "slices").glob("*.mp4"):
        file.unlink()
    again = rerun(project, METHODS, 1, "before")
    assert again["stops"] == [before[-1]]


def test_a_mistake_leaves_what_was_kept(project: SmallProject, before: list[int]) -> None:
    broken = METHODS.replace("def third(self):\n", "def third(self):\n        1 / 0\n")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        rerun(project, broken, 1, "before")
    mended = broken.replace("1 / 0", "self.add(Dot())")
    assert rerun(project, mended, 1, "before")["stops"][0] == before[2]
