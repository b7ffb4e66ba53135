"""A scene, run once and looked at: at the start of every play, and on the way through it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from manim import VMobject, config
from PIL import Image

from lessonkit.checks import markup, motion, picture
from lessonkit.checks.finding import Box, Finding
from lessonkit.checks.picture import Fault
from lessonkit.checks.texts import Shown, Stage, box_of, is_text, paint, stage_now
from lessonkit.problems import LessonError
from lessonkit.project import BUILD, SCENES, written_whole
from lessonkit.render.build import Options, part_of
from lessonkit.render.display import DisplayList
from lessonkit.render.film import Picture
from lessonkit.render.raster import Frame, Raster
from lessonkit.render.record import recorded_now
from lessonkit.render.sketch import Play, Sketch, Watcher, sketch
from lessonkit.stage import LessonScene

PICTURE = Picture(854, 480, 15)
EVERY = 0.5  # seconds between looks inside a play
CROP_ROUND = 1.2  # frame units round a fault
QUICKEST_READING = 25.0  # letters a second
BRIEFEST = 0.5  # seconds that any text must stay


@dataclass
class _Seen:
    """A fault over the time that it stands."""

    fault: Fault
    frame: int
    until: int


class _Looker(Watcher):
    """Looks at the living scene; a fault is kept with the frames between which it stands."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, str], _Seen] = {}
        self.closed: list[_Seen] = []
        self.shown: dict[int, Shown] = {}  # by text
        self._last = -(10**6)
        self._begins = True
        self._raster: Raster | None = None
        self._ground: Raster | None = None
        self._list: DisplayList | None = None
        self._known: list[Fault] = []
        self._places: list[tuple[VMobject, tuple[float, float]]] = []
        self._checked: set[int] = set()

    def during(self, scene: LessonScene, made: Sketch, first: int) -> None:
        begins, self._begins = self._begins, False
        if not begins and first - self._last < EVERY * made.picture.fps:
            return
        self._last = first
        stage = stage_now(scene)
        if begins:
            self._places = [(s, box_of(s).middle) for s in stage.shapes if _shows(s)]
        self._note(first, list(self._faults(scene, made, stage, first)))
        self._read(stage, first)

    def after(self, made: Sketch, play: Play) -> None:
        self._begins = True
        seconds = (play.stop - play.first) / made.picture.fps
        moved = [
            (math.dist(box_of(shape).middle, start) / seconds, shape)
            for shape, start in self._places
            if _shows(shape)
        ]
        fastest = max(moved, key=lambda one: one[0], default=(0.0, None))
        if fastest[0] > motion.FASTEST and fastest[1] is not None:
            fault = Fault(
                "too-fast",
                str(play.first),
                f"a {type(fastest[1]).__name__} moves faster than can be followed",
                f"{fastest[0]:.0f} units a second, the frame is {config.frame_width:.0f} wide",
                "give the play a longer run_time",
                box_of(fastest[1]),
            )
            self.closed.append(_Seen(fault, play.first, play.stop))

    def finished(self, scene: LessonScene, made: Sketch) -> None:
        last = made.frames - 1
        stage = replace(stage_now(scene), moving=frozenset())
        self._note(last, list(self._faults(scene, made, stage, last)))
        self._note(last + made.picture.fps, [])  # the viewer keeps the last picture

    def _faults(
        self, scene: LessonScene, made: Sketch, stage: Stage, frame: int
    ) -> Iterable[Fault]:
        drawn = made.list_at(frame)
        if drawn == self._list and not stage.moving:
            return self._known
        size = (made.picture.width, made.picture.height)
        if self._raster is None or self._ground is None:
            self._raster, self._ground = Raster(*size, made.store), Raster(*size, made.store)
        self._raster.draw(drawn)
        self._ground.draw(recorded_now(scene, _without_texts(stage)))
        seen, ground = self._raster.canvas, self._ground.canvas
        height = float(config.frame_height)
        found = chain(
            picture.outside(stage, scene.regions, height),
            *(picture.grown(mobject, stage.moving) for mobject in scene.mobjects),
            picture.overlaps(stage),
            picture.contrasts(stage, seen, ground, height),
            picture.sizes(stage, 1080 * size[0] / size[1]),
            picture.band(seen, scene.regions, height),
            picture.colours(stage),
            self._once(scene, stage),
        )
        self._list, self._known = drawn, list(found)
        return self._known

    def _once(self, scene: LessonScene, stage: Stage) -> Iterator[Fault]:
        """What is wrong with a text whatever the scene does with it."""
        for text in stage.texts:
            if id(text.drawing) not in self._checked:
                yield from markup.shaping(text)
                yield from markup.meanings(text)
                self._checked.add(id(text.drawing))
        yield from markup.foreign(scene)

    def _note(self, frame: int, faults: Iterable[Fault]) -> None:
        now = {(fault.rule, fault.subject): fault for fault in faults}
        for key in [key for key in self.open if key not in now]:
            ended = self.open.pop(key)
            ended.until = frame
            self.closed.append(ended)
        for key, fault in now.items():
            self.open.setdefault(key, _Seen(fault, frame, frame))

    def _read(self, stage: Stage, frame: int) -> None:
        here = set()
        for text in stage.texts:
            name = id(text.drawing)
            here.add(name)
            if name not in self.shown:
                letters = len(text.drawing.leaves) or len(text.letters)
                self.shown[name] = Shown(text.drawing, text.name, letters, text.box, frame)
            self.shown[name].last = self.shown[name].gone = frame
        for name, shown in self.shown.items():
            if name not in here and shown.gone == shown.last:
                shown.gone = frame


def lint_scene(lesson: str, scene: str) -> list[Finding]:
    """Every fault of a scene's pictures and motions, in order of time, each with a picture of it.

    The pictures are PNG files in `build/lint/<lesson>/<scene>/`.

    Raises:
        LessonError: the scene's code fails; what it had shown until then is not judged.
    """
    clean = _clean_mark(lesson, scene)
    if clean.is_file():
        return []
    looker = _Looker()
    made = sketch(lesson, scene, PICTURE, looker)
    if made.problems:
        raise LessonError(list(made.problems))
    fps = made.picture.fps
    seen = [s for s in looker.closed if (s.until - s.frame) / fps >= s.fault.least - 1e-9]
    seen += [*_too_brief(looker, made), *_motions(made)]
    source = SCENES / lesson / f"{scene}.py"
    seen += [
        _Seen(fault, first, first)
        for fault, first in markup.numbers(source, made.script, looker.shown)
    ]
    findings = [_finding(one, made, source) for one in _first(seen)]
    findings.sort(key=lambda finding: (finding.time, finding.rule, finding.what))
    folder = BUILD / "lint" / lesson / scene
    found = list(_with_crops(findings, made, folder))
    if not found:
        clean.touch()
    return found


def _clean_mark(lesson: str, scene: str) -> Path:
    """The file that says that a scene, as it is now, was looked at and found clean."""
    part = part_of(lesson, scene, Options("preview"))
    rules = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        rules.update(path.read_bytes())
    return BUILD / "lint" / lesson / scene / f"{part.recording.stem}-{rules.hexdigest()[:16]}.clean"


def _first(seen: Iterable[_Seen]) -> Iterable[_Seen]:
    """Each fault once, where it is seen first."""
    once: dict[tuple[str, str], _Seen] = {}
    for one in sorted(seen, key=lambda one: one.frame):
        once.setdefault((one.fault.rule, one.fault.subject), one)
    return once.values()


def _too_brief(looker: _Looker, made: Sketch) -> Iterator[_Seen]:
    """Texts that are gone before they can be read."""
    for shown in looker.shown.values():
        if shown.gone == shown.last:
            continue  # it stays to the end
        # From the look before it to the look after: it may have been there so long.
        seconds = (shown.gone - shown.first) / made.picture.fps
        needed = max(BRIEFEST, shown.letters / QUICKEST_READING)
        if seconds < needed:
            fault = Fault(
                "too-brief",
                shown.name,
                f"{shown.name} is gone before it can be read",
                f"{seconds:.1f} s; {needed:.1f} s are needed",
                "leave it longer",
                shown.box,
            )
            yield _Seen(fault, shown.first, shown.gone)


def _motions(made: Sketch) -> Iterator[_Seen]:
    """What is wrong with the scene as a sequence of frames."""
    fps = made.picture.fps
    raster = Raster(made.picture.width, made.picture.height, made.store)
    changed = np.zeros(made.frames, bool)
    light = np.zeros((made.frames, *motion.CELLS), np.float32)
    for first, stop, items in made.lists():
        changed[first] = bool(raster.draw(items)) or not first
        if changed[first]:
            cells = picture.cell_luminance(raster.canvas, motion.CELLS)
        light[first:stop] = cells
    beats = [(b.id, round(b.start * fps), round(b.end * fps)) for b in made.timeline.beats]
    whole = Box(-config.frame_width / 2, -4.0, config.frame_width / 2, 4.0)
    for _, first, seconds in motion.stills(changed, beats, fps):
        fault = Fault(
            "still",
            str(first),
            "nothing moves or changes",
            f"{seconds:.1f} s; at most {motion.STILL:g} s",
            "move what the voice speaks of, or let a countdown run",
            whole,
        )
        yield _Seen(fault, first, first + round(seconds * fps))
    for play in motion.hasty(made.plays, fps):
        fault = Fault(
            "too-short",
            str(play.first),
            f"{play.what} is over before it is seen",
            f"{(play.stop - play.first) / fps:.2f} s; at least {motion.SHORTEST_PLAY:g} s",
            "give it a longer run_time, or self.add and self.remove without a motion",
            whole,
        )
        yield _Seen(fault, play.first, play.stop)
    for first, stop, flashes, share in motion.flashes(light, fps):
        fault = Fault(
            "flash",
            str(first),
            f"{share:.0%} of the frame flashes",
            f"{flashes:.1f} times a second; at most {motion.FLASHES}",
            "slow it down, or make it smaller or fainter: it can cause seizures",
            whole,
        )
        yield _Seen(fault, first, stop)


def _finding(seen: _Seen, made: Sketch, source: Path) -> Finding:
    fps, fault = made.picture.fps, seen.fault
    play = next((p for p in made.plays if p.first <= seen.frame < p.stop), None)
    beat = next((b.id for b in reversed(made.timeline.beats) if b.start * fps <= seen.frame), "")
    return Finding(
        rule=fault.rule,
        scene=made.script.scene,
        beat=beat,
        time=seen.frame / fps,
        what=fault.what,
        amount=fault.amount,
        fix=fault.fix,
        file=source,
        line=fault.line or (play.line if play else 0),
        seconds=(seen.until - seen.frame) / fps,
        box=fault.box,
    )


def _with_crops(findings: list[Finding], made: Sketch, folder: Path) -> Iterator[Finding]:
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.png"), *folder.glob("*.clean")):
        old.unlink()
    for nth, finding in enumerate(findings, 1):
        frame = made.draw(round(finding.time * made.picture.fps), caption=False)
        path = folder / f"{nth:02d}-{finding.rule}.png"
        with written_whole(path) as temporary:
            Image.fromarray(_crop(frame, finding.box)).save(temporary)
        yield replace(finding, crop=path)


def _crop(frame: Frame, box: Box | None) -> Frame:
    """The piece of a frame round a box, which is outlined."""
    image = np.ascontiguousarray(frame[..., :3])
    if box is None:
        return image
    height, width = image.shape[:2]
    unit = height / config.frame_height

    def edges(room: float) -> tuple[int, int, int, int]:
        return (
            int(np.clip(width / 2 + (box.left - room) * unit, 0, width - 2)),
            int(np.clip(width / 2 + (box.right + room) * unit, 2, width)),
            int(np.clip(height / 2 - (box.top + room) * unit, 0, height - 2)),
            int(np.clip(height / 2 - (box.bottom - room) * unit, 2, height)),
        )

    left, right, top, bottom = edges(0.05)
    for rows, columns in (
        (slice(top, top + 1), slice(left, right)),
        (slice(bottom - 1, bottom), slice(left, right)),
        (slice(top, bottom), slice(left, left + 1)),
        (slice(top, bottom), slice(right - 1, right)),
    ):
        image[rows, columns] = (255, 0, 255)
    left, right, top, bottom = edges(CROP_ROUND)
    return image[top:bottom, left:right].repeat(2, axis=0).repeat(2, axis=1)


def _shows(shape: VMobject) -> bool:
    """Whether a shape is to be seen in the frame."""
    if paint(shape)[1] == 0 or not len(shape.points):
        return False
    x, y = box_of(shape).middle
    return abs(x) < config.frame_width / 2 and abs(y) < config.frame_height / 2


def _without_texts(stage: Stage) -> list[VMobject]:
    return [shape for shape in stage.shapes if not is_text(shape)]
