"""`LessonScene`: a Manim scene that keeps time with its script."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from manim import Animation, Scene, config

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown
from lessonkit.script import Script, load_script
from lessonkit.stage import theme
from lessonkit.stage.countdown import Countdown
from lessonkit.stage.layout import regions
from lessonkit.stage.numbers import LiveNumber, Readout
from lessonkit.stage.plot import Plot, Range
from lessonkit.stage.typeset import Typeset
from lessonkit.timeline import BeatSpan, Timeline
from lessonkit.voice.takes import scene_timeline


class BeatClock:
    """The time left in the beat that is playing."""

    def __init__(self, scene: LessonScene, span: BeatSpan) -> None:
        self._scene, self._span = scene, span

    @property
    def remaining(self) -> float:
        """Seconds until the beat ends; use as the `run_time` of its last animation."""
        return self._left(self._span.end, "the end of the beat")

    @property
    def pause(self) -> float:
        """Seconds of silence that the script gives the end of the beat, to think in."""
        pause = next(b.pause for b in self._scene.script.beats if b.id == self._span.id)
        if not pause:
            raise self._scene.problem(
                "this beat has no pause to count down", "give it one in the script: pause = 5.0"
            )
        return pause

    def to(self, mark: str) -> float:
        """Seconds until a mark; use as the `run_time` of what leads up to it."""
        return self._left(self._mark(mark), f"mark '{mark}'")

    def until(self, mark: str) -> None:
        """Wait for a mark."""
        self._scene.wait_until_frame(self._scene.frame_at(self._mark(mark)), f"mark '{mark}'")

    def count_down(self, ring: Countdown) -> None:
        """Wait for the beat's pause, and let a countdown run through it to the end of the beat."""
        begins = self._span.end - self.pause
        self._scene.wait_until_frame(self._scene.frame_at(begins), "the pause")
        self._scene.play(ring.run(self.remaining))

    def _mark(self, mark: str) -> float:
        if mark not in self._span.marks:
            known = ", ".join(self._span.marks) or "none"
            raise self._scene.problem(
                f"mark '{mark}' is not in this beat (its marks: {known})",
                f"write [[{mark}]] before a word of the beat, or use one of its marks",
            )
        return self._span.marks[mark]

    def _left(self, seconds: float, what: str) -> float:
        frames = self._scene.frame_at(seconds) - self._scene.frame
        if frames <= 0:
            raise self._scene.late(-frames, what)
        return frames / config.frame_rate


class LessonScene(Scene):
    """A scene of a lesson, under our renderer and under the plain `manim` command alike.

    Its script is found by name: `scenes/<lesson>/<scene>.py` plays
    `assets/script/<lesson>/<scene>.hi.toml`.
    """

    script: Script
    timeline: Timeline

    def setup(self) -> None:
        """Load script and timeline, before `construct`."""
        source = Path(inspect.getfile(type(self)))
        self.script = load_script(source.parent.name, source.stem)
        self.timeline = scene_timeline(self.script)
        self.source = source
        self.regions = regions(config.frame_width, config.frame_height)
        self.camera.background_color = theme.BACKGROUND  # type: ignore[union-attr] # Cairo only
        self._coming = list(self.timeline.beats)
        self._beat: BeatSpan | None = None

    def tear_down(self) -> None:
        """Make sure that every beat of the script was played."""
        if self._coming:
            names = ", ".join(f"'{b.id}'" for b in self._coming)
            raise self.problem(
                f"the scene ends without the beats {names}",
                f'play them: with self.beat("{self._coming[0].id}") as beat: …',
            )

    @contextmanager
    def beat(self, name: str) -> Iterator[BeatClock]:
        """Play one beat of the script: run its animations, then wait out what is left of it.

        Raises:
            LessonError: the beat is not the script's next, or its animations outlast it.
        """
        if self._beat is not None:
            raise self.problem(f"beat '{name}' begins inside this one", "end this one first")
        if not self._coming or self._coming[0].id != name:
            expected = f"'{self._coming[0].id}'" if self._coming else "the end of the scene"
            raise self.problem(
                f"beat '{name}' is played where the script has {expected}",
                f"play the beats in the order of {shown(self.script.path)}",
            )
        self._beat = span = self._coming.pop(0)
        self.next_section(name)
        yield BeatClock(self, span)
        self.wait_until_frame(self.frame_at(span.end), "the end of the beat")
        self._beat = None

    def play(self, *animations: Any, **options: Any) -> None:
        """Manim's play; fails at once outside a beat, or when it runs past the narration."""
        if self._beat is None:
            raise self.problem(
                "this plays outside the beats, where the script has no time for it",
                'move it into a block:  with self.beat("…") as beat:',
            )
        super().play(*animations, **options)
        over = self.frame - self.frame_at(self._beat.end)
        if over > 0:
            raise self.late(over, "the end of the beat")

    # -- what a scene writes and draws --------------------------------------------------------

    def label(
        self,
        name: str,
        *,
        size: float = theme.BODY,
        color: str = theme.INK,
        width: float | None = None,
        bold: bool = False,
        **values: float | str,
    ) -> Typeset:
        """A label of the script. Numbers are set as they are; strings are Typst mathematics."""
        markup = self.script.label(name)
        return Typeset(
            markup,
            size=size,
            color=color,
            width=width,
            bold=bold,
            values=_as_markup(values),
            place=Problem(shown(self.script.path), f"label '{name}'", ""),
        )

    def formula(
        self,
        markup: str,
        *,
        size: float = theme.FORMULA,
        color: str = theme.INK,
        **values: float | str,
    ) -> Typeset:
        """Mathematics that no translator touches: `self.formula("f(x) = #f", f=parabola.typst)`."""
        place = Problem(shown(self.source), "formula", "")
        return Typeset(
            f"${markup}$", size=size, color=color, values=_as_markup(values), place=place
        )

    def readout(
        self,
        label: Typeset,
        value: Callable[[], float],
        *,
        places: int = 2,
        size: float = theme.BODY,
        color: str = theme.INK,
        sign: bool = False,
    ) -> Readout:
        """A label with a number after it that follows `value`."""
        return Readout(label, LiveNumber(value, places=places, size=size, color=color, sign=sign))

    def heading(self) -> Typeset:
        """The scene's title, in its place at the top left."""
        text = Typeset(
            self.script.title,
            size=theme.HEADING,
            bold=True,
            place=Problem(shown(self.script.path), "title", ""),
        )
        return self.regions.title.place(text, across=0.0)

    def plot(self, x: Range, y: Range, **options: Any) -> Plot:
        """Axes in the figure region; see `Plot` for the options."""
        options.setdefault("region", self.regions.figure)
        return Plot(x, y, **options)

    # -- time ---------------------------------------------------------------------------------

    @property
    def playing(self) -> str:
        """The id of the beat that is playing; empty between beats."""
        return self._beat.id if self._beat else ""

    @property
    def frame(self) -> int:
        """Frames drawn so far."""
        return round(self.renderer.time * config.frame_rate)

    def frame_at(self, seconds: float) -> int:
        """The frame at a time of the timeline."""
        return round(seconds * config.frame_rate)

    def wait_until_frame(self, frame: int, what: str) -> None:
        """Hold the picture until a frame; it is an error if that has passed."""
        left = frame - self.frame
        if left < 0:
            raise self.late(-left, what)
        if left:
            self.wait(left / config.frame_rate)

    def late(self, frames: int, what: str) -> LessonError:
        """The error for animations that outlast their narration."""
        seconds = frames / config.frame_rate
        return self.problem(
            f"the animation is {seconds:.2f} s past {what}"
            if frames
            else f"no time is left before {what}",
            "shorten a run_time, use run_time=beat.remaining, or give the beat more to say",
        )

    def problem(self, what: str, fix: str) -> LessonError:
        """An error in this scene's file, at the line that is running and in the beat it plays."""
        line = next((f.lineno for f in inspect.stack() if Path(f.filename) == self.source), None)
        beat = self._beat.id if self._beat else None
        return LessonError([Problem(shown(self.source), what, fix, line, beat)])

    # -- Manim internals: run times in whole frames -------------------------------------------
    # Manim counts frames with np.arange over floats and int() of a quotient, so that 0.7 s at
    # 60 frames a second may be 41, 42 or 43 frames. These two overrides make it round().

    def get_run_time(self, animations: list[Animation]) -> float:
        """Manim's, rounded to whole frames (at least one), a hair more for its int()."""
        frames = max(1, round(super().get_run_time(animations) * config.frame_rate))
        return (frames + 1e-6) / config.frame_rate

    def get_time_progression(
        self, run_time: float, description: str, *args: Any, **options: Any
    ) -> Any:
        """Manim's, but exactly one time per frame."""
        progression = super().get_time_progression(run_time, description, *args, **options)
        if not (self.renderer.skip_animations and not options.get("override_skip_animations")):
            frames = round(run_time * config.frame_rate)
            progression.iterable = np.arange(frames) / config.frame_rate
        return progression


def _as_markup(values: dict[str, float | str]) -> dict[str, str]:
    # 12 digits: what mathcore computes in float64 reads as the number it stands for.
    return {name: v if isinstance(v, str) else f"{v:.12g}" for name, v in values.items()}
