"""Scenes keep time: run under the renderer at a tiny picture, frame by frame."""

from __future__ import annotations

import inspect
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manim import LEFT, RIGHT, Dot, ValueTracker, linear
from PIL import Image

from lessonkit.captions import Band, Cue
from lessonkit.problems import LessonError, Problem
from lessonkit.render import draw
from lessonkit.render.film import Picture, join
from lessonkit.render.slices import SliceFolder
from lessonkit.script import Beat, Script
from lessonkit.stage import Countdown, LessonScene, scene, theme
from lessonkit.timeline import BeatSpan, Timeline, Word

Take = Callable[[draw.Frame, int], None]
Plan = Callable[..., Timeline]
HALF = 2.0  # frame units the dot moves to either side
GROUND = tuple(int(theme.BACKGROUND[i : i + 2], 16) for i in (1, 3, 5))


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Give the scenes of a test these beats: name=(seconds, marks with their times)."""

    def give(**beats: tuple[float, dict[str, float]]) -> Timeline:
        start, spans = 0.0, []
        for name, (seconds, marks) in beats.items():
            end = start + seconds
            at = {mark: start + second for mark, second in marks.items()}
            spans.append(BeatSpan(name, start, end, (Word("शब्द", start, end - 0.1),), at))
            start = end
        timeline = Timeline("slope", tuple(spans))
        texts = tuple(Beat(name, "शब्द", "शब्द") for name in beats)
        script = Script("slope", "hi", Path("slope.hi.toml"), "Slope", "", "", {}, texts)
        monkeypatch.setattr(scene, "load_script", lambda *_: script)
        monkeypatch.setattr(scene, "scene_timeline", lambda _: timeline)
        return timeline

    return give


def tiny(fps: int) -> Picture:
    return Picture(160, 90, fps)


def frames_of(made: type[LessonScene], fps: int) -> list[draw.Frame]:
    frames: list[draw.Frame] = []
    draw.run(made, tiny(fps), lambda frame, n: frames.extend([frame.copy()] * n))
    return frames


def fault_of(made: type[LessonScene]) -> Problem:
    with pytest.raises(LessonError) as caught:
        draw.run(made, tiny(15), lambda *_: None)
    (problem,) = caught.value.problems
    assert problem.file.endswith("tests/stage/test_scene.py")
    assert problem.fix
    return problem


def line_of(made: type[LessonScene], text: str) -> int:
    lines, first = inspect.getsourcelines(made)
    (nth,) = [n for n, line in enumerate(lines) if text in line]
    return first + nth


def dot_at(frame: draw.Frame) -> float:
    """Where the one white dot stands, in frame units."""
    bright = frame[..., :3].min(axis=2).astype(float)
    bright[bright < 60] = 0
    column = (bright.sum(axis=0) * (np.arange(bright.shape[1]) + 0.5)).sum() / bright.sum()
    return (column / frame.shape[1] - 0.5) * 8 * frame.shape[1] / frame.shape[0]


# -- frames ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_every_frame_shows_its_own_instant(plan: Plan, fps: int) -> None:
    plan(go=(2.0, {"now": 0.6}), stay=(0.4, {}))

    class Moving(LessonScene):
        def construct(self) -> None:
            dot = Dot(LEFT * HALF, radius=0.4)
            self.add(dot)
            with self.beat("go") as beat:
                beat.until("now")
                move = dot.animate(rate_func=linear).shift(RIGHT * 2 * HALF)
                self.play(move, run_time=0.7)
            with self.beat("stay"):
                pass

    frames = frames_of(Moving, fps)
    start, end = round(0.6 * fps), round(0.6 * fps) + round(0.7 * fps)
    shares = [(n - start) / fps / 0.7 if start < n < end else n >= end for n in range(len(frames))]
    expected = [-HALF + 2 * HALF * share for share in shares]
    assert len(frames) == round(2.4 * fps)
    assert [dot_at(frame) for frame in frames] == pytest.approx(expected, abs=0.05)


@given(
    st.sampled_from([15, 30, 60]),
    st.lists(st.floats(0.001, 0.9) | st.sampled_from([0.7, 0.05, 1 / 3, 0.29]), max_size=4),
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_odd_run_times_leave_no_frame_out_and_add_none(
    plan: Plan, fps: int, run_times: list[float]
) -> None:
    plan(odd=(4.0, {}), last=(1 / 15, {}))
    lengths: list[int] = []

    class Odd(LessonScene):
        def construct(self) -> None:
            dot = Dot()
            with self.beat("odd"):
                for seconds in run_times:
                    before = self.frame
                    self.play(dot.animate.shift(RIGHT * 0.1), run_time=seconds)
                    lengths.append(self.frame - before)
            with self.beat("last"):
                pass

    counted = 0

    def take(_: draw.Frame, repeats: int) -> None:
        nonlocal counted
        counted += repeats

    draw.run(Odd, tiny(fps), take)
    assert lengths == [max(1, round(seconds * fps)) for seconds in run_times]
    assert counted == 4 * fps + fps // 15


def test_a_hold_of_any_length_has_its_frames(plan: Plan) -> None:
    lengths = range(1, 260)
    plan(hold=(sum(lengths) / 15, {}))
    taken: list[int] = []

    class Holding(LessonScene):
        def construct(self) -> None:
            with self.beat("hold"):
                for frames in lengths:
                    self.wait(frames / 15)

    draw.run(Holding, tiny(15), lambda _, repeats: taken.append(repeats))
    assert taken == list(lengths)


def test_the_clock_tells_what_is_left(plan: Plan) -> None:
    plan(first=(1.0, {}), second=(3.0, {"mark": 2.0}))
    told: list[float] = []

    class Clock(LessonScene):
        def construct(self) -> None:
            dot = Dot()
            with self.beat("first") as beat:
                told.append(beat.remaining)
            with self.beat("second") as beat:
                self.play(dot.animate.shift(RIGHT), run_time=0.5)
                told.extend([beat.to("mark"), beat.remaining])
                beat.until("mark")
                told.append(beat.remaining)
                self.play(dot.animate.shift(RIGHT), run_time=beat.remaining)

    assert len(frames_of(Clock, 30)) == 120
    assert told == pytest.approx([1.0, 1.5, 2.5, 1.0])


# -- what authors get wrong --------------------------------------------------------------------


def test_an_animation_longer_than_its_narration_is_told(plan: Plan) -> None:
    plan(short=(1.0, {}), next=(5.0, {}))

    class Overrun(LessonScene):
        def construct(self) -> None:
            with self.beat("short"):
                self.play(Dot().animate.shift(RIGHT), run_time=1.6)  # too long
            with self.beat("next"):
                pass

    problem = fault_of(Overrun)
    assert problem.line == line_of(Overrun, "# too long")
    assert problem.beat == "short"
    assert "0.60 s past the end of the beat" in problem.what


def test_no_time_left_is_told(plan: Plan) -> None:
    plan(full=(1.0, {}))

    class Full(LessonScene):
        def construct(self) -> None:
            with self.beat("full") as beat:
                self.wait(1.0)
                self.play(Dot().animate.shift(RIGHT), run_time=beat.remaining)  # nothing left

    problem = fault_of(Full)
    assert problem.line == line_of(Full, "# nothing left")
    assert problem.beat == "full"
    assert "no time is left before the end of the beat" in problem.what


@pytest.mark.parametrize("method", ["until", "to"])
def test_a_mark_that_has_passed_is_told(plan: Plan, method: str) -> None:
    plan(talk=(2.0, {"early": 0.4}))

    class Late(LessonScene):
        def construct(self) -> None:
            with self.beat("talk") as beat:
                self.wait(1.0)
                getattr(beat, method)("early")  # passed

    problem = fault_of(Late)
    assert problem.line == line_of(Late, "# passed")
    assert problem.beat == "talk"
    assert "0.60 s past mark 'early'" in problem.what


def test_an_unknown_mark_names_those_of_the_beat(plan: Plan) -> None:
    plan(talk=(2.0, {"turn": 0.4, "stop": 1.0}))

    class Unknown(LessonScene):
        def construct(self) -> None:
            with self.beat("talk") as beat:
                beat.until("tern")  # misspelt

    problem = fault_of(Unknown)
    assert problem.line == line_of(Unknown, "# misspelt")
    assert "'tern'" in problem.what
    assert "turn, stop" in problem.what


def test_beats_out_of_order_are_told(plan: Plan) -> None:
    plan(first=(1.0, {}), second=(1.0, {}))

    class Swapped(LessonScene):
        def construct(self) -> None:
            with self.beat("second"):  # too early
                pass

    problem = fault_of(Swapped)
    assert problem.line == line_of(Swapped, "# too early")
    assert "'second'" in problem.what
    assert "'first'" in problem.what


def test_a_beat_inside_a_beat_is_told(plan: Plan) -> None:
    plan(outer=(1.0, {}), inner=(1.0, {}))

    class Nested(LessonScene):
        def construct(self) -> None:
            with self.beat("outer"), self.beat("inner"):  # nested
                pass

    problem = fault_of(Nested)
    assert problem.line == line_of(Nested, "# nested")
    assert problem.beat == "outer"
    assert "'inner'" in problem.what


def test_missing_beats_are_told(plan: Plan) -> None:
    plan(first=(0.2, {}), second=(0.2, {}), third=(0.2, {}))

    class Unfinished(LessonScene):
        def construct(self) -> None:
            with self.beat("first"):
                pass

    problem = fault_of(Unfinished)
    assert "'second', 'third'" in problem.what


def test_pictures_outside_a_beat_are_told(plan: Plan) -> None:
    plan(first=(0.2, {}), second=(0.2, {}))

    class Between(LessonScene):
        def construct(self) -> None:
            with self.beat("first"):
                pass
            self.wait(0.5)  # between two beats
            with self.beat("second"):
                pass

    problem = fault_of(Between)
    assert problem.line == line_of(Between, "# between")
    assert "outside" in problem.what


# -- captions ----------------------------------------------------------------------------------

SCREEN = Picture(480, 270, 30)
CUES = (
    Cue(0.2, 1.0, ("पहला वाक्य यहाँ है।",), "move"),
    Cue(1.0 + 2 / 30, 2.2, ("दूसरा वाक्य,", "दो पंक्तियों में।"), "move"),
    Cue(2.8, 3.7, ("तीसरा",), "hold"),
    Cue(3.7 + 2 / 30, 5.0, ("The fourth one, in English",), "hold"),
    Cue(5.1, 6.0, ("पाँचवाँ और अंतिम।",), "hold"),
)


@pytest.fixture(params=["recorded", "stock"])
def captioned(
    plan: Plan,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> tuple[Path, Path]:
    """A play under several cues, then a static wait under several; its film and poster."""
    plan(move=(2.6, {}), hold=(3.4, {}))

    class Talk(LessonScene):
        def construct(self) -> None:
            dot = Dot(LEFT * HALF, radius=0.4)
            with self.beat("move") as beat:
                move = dot.animate(rate_func=linear).shift(RIGHT * 2 * HALF)
                self.play(move, run_time=beat.remaining)
            with self.beat("hold"):
                pass

    monkeypatch.setattr(draw, "scene_class", lambda *_: Talk)
    film, poster = tmp_path / "talk.mp4", tmp_path / "talk.png"
    if request.param == "stock":
        assert draw.draw("lesson", "talk", SCREEN, film, poster, CUES) == 180
        return film, poster
    slices = SliceFolder(tmp_path / "slices")
    spans = (BeatSpan("move", 0.0, 2.6, (), {}), BeatSpan("hold", 2.6, 6.0, (), {}))
    recording = film.with_suffix(".json")
    timeline = Timeline("talk", spans)
    draw.record("lesson", "talk", SCREEN, recording, slices, timeline, CUES, lambda _: None)
    keys = [key for key, _ in json.loads(recording.read_text(encoding="utf-8"))]
    for key in keys:
        slices.draw(key)
    join([slices.path(key) for key in keys], film, title="talk", language="hin")
    return film, poster


def test_every_frame_shows_its_cue_and_no_other(captioned: tuple[Path, Path]) -> None:
    band = Band(SCREEN.width, SCREEN.height)
    pictures: dict[Cue | None, Any] = {
        None: np.broadcast_to(np.array(GROUND, float), (band.height, band.width, 3))
    }
    for cue in CUES:
        image = band.image(cue).astype(float)
        alpha = image[..., 3:] / 255
        pictures[cue] = image[..., :3] * alpha + pictures[None] * (1 - alpha)
    with av.open(str(captioned[0])) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 180
    for number, frame in enumerate(frames):
        now = number / SCREEN.fps + 1e-6
        expected = next((cue for cue in CUES if cue.start <= now < cue.end), None)
        off = {
            cue: np.abs(frame[-band.height :] - picture).mean() for cue, picture in pictures.items()
        }
        assert min(off, key=off.__getitem__) is expected, f"frame {number}"
        assert off[expected] < 2.5, f"frame {number}"
        above = np.dstack([frame[: -band.height], frame[: -band.height, :, :1]])
        whole = np.zeros((*frame.shape[:2], 4), np.uint8)
        whole[: -band.height] = above
        along = min(number / (2.6 * SCREEN.fps), 1)
        assert dot_at(whole) == pytest.approx(-HALF + 2 * HALF * along, abs=0.06)


def test_the_poster_is_the_last_picture_without_its_caption(captioned: tuple[Path, Path]) -> None:
    poster = np.asarray(Image.open(captioned[1]))
    assert poster.shape == (SCREEN.height, SCREEN.width, 3)
    band = poster[-Band(SCREEN.width, SCREEN.height).height :]
    assert np.abs(band.astype(int) - GROUND).max() <= 1
    assert poster.max() > 200


def test_a_failing_scene_leaves_no_file(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan(short=(1.0, {}))

    class Overrun(LessonScene):
        def construct(self) -> None:
            with self.beat("short"):
                self.play(Dot().animate.shift(RIGHT), run_time=1.6)

    monkeypatch.setattr(draw, "scene_class", lambda *_: Overrun)
    with pytest.raises(LessonError):
        draw.draw("one", "two", tiny(15), tmp_path / "a.mp4", tmp_path / "a.png", ())
    assert not list(tmp_path.iterdir())


def test_a_missing_picture_is_the_scenes_mistake_and_a_full_disk_is_not(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan(only=(1.0, {}))

    class Lost(LessonScene):
        def construct(self) -> None:
            if not self.mobjects:
                raise FileNotFoundError(2, "No such file", "graph.png")  # lost

    class Held(LessonScene):
        def construct(self) -> None:
            with self.beat("only"):
                pass

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    def drawn(made: type[LessonScene]) -> None:
        monkeypatch.setattr(draw, "scene_class", lambda *_: made)
        here = Path(__file__)
        monkeypatch.setattr(draw, "SCENES", here.parent.parent)
        files = tmp_path / "a.mp4", tmp_path / "a.png"
        draw.draw(here.parent.name, here.stem, tiny(15), *files, ())

    monkeypatch.setattr(draw.SegmentWriter, "write", full)
    with pytest.raises(
        LessonError, match=rf"test_scene.py:{line_of(Lost, '# lost')}: FileNotFound"
    ):
        drawn(Lost)
    with pytest.raises(OSError, match="No space left"):
        drawn(Held)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_holds_one_scene(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    module = ModuleType("scenes.calculus.slope")
    for nth in range(count):
        made = type(f"Scene{nth}", (LessonScene,), {"__module__": module.__name__})
        setattr(module, made.__name__, made)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(LessonError, match=f"slope.py: defines {count} scenes"):
        draw.scene_class("calculus", "slope")


def test_a_live_value_moves_during_a_wait(plan: Plan) -> None:
    plan(wait=(1.0, {}))

    class Live(LessonScene):
        def construct(self) -> None:
            place = ValueTracker(-HALF)
            place.add_updater(lambda tracker, dt: tracker.increment_value(2 * HALF * dt))
            dot = Dot(radius=0.4).add_updater(lambda mobject: mobject.set_x(place.get_value()))
            self.add(place, dot)
            with self.beat("wait"):
                pass

    places = [dot_at(frame) for frame in frames_of(Live, 15)]
    assert np.diff(places) == pytest.approx([2 * HALF / 15] * 14, abs=0.05)


# -- time to think -----------------------------------------------------------------------------


def with_pause(monkeypatch: pytest.MonkeyPatch, pause: float) -> None:
    texts = (Beat("ask", "शब्द", "शब्द", pause=pause),)
    script = Script("slope", "hi", Path("slope.hi.toml"), "Slope", "", "", {}, texts)
    monkeypatch.setattr(scene, "load_script", lambda *_: script)


def test_a_countdown_runs_through_the_pause_to_the_end_of_the_beat(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(ask=(4.0, {}))
    with_pause(monkeypatch, 3.0)
    left: list[float] = []

    class Asks(LessonScene):
        def construct(self) -> None:
            ring = Countdown(3.0)
            self.add(ring)
            self.add(Dot().add_updater(lambda _: left.append(ring.left), call_updater=False))
            with self.beat("ask") as beat:
                beat.count_down(ring)
                assert self.frame == 4 * 15

    frames = frames_of(Asks, 15)
    assert len(frames) == 4 * 15
    # One second of speech before it, then three seconds, frame by frame.
    running = [seconds for seconds in left if 0 < seconds < 3]
    assert np.unique(running)[::-1] == pytest.approx(3 - np.arange(1, 45) / 15)
    assert all((a != b).any() for a, b in itertools.pairwise(frames[15:]))


def test_a_beat_without_a_pause_has_nothing_to_count_down(plan: Plan) -> None:
    plan(ask=(4.0, {}))

    class Asks(LessonScene):
        def construct(self) -> None:
            with self.beat("ask") as beat:
                beat.count_down(Countdown(3.0))  # here

    problem = fault_of(Asks)
    assert "no pause" in problem.what
    assert problem.line == line_of(Asks, "# here")
