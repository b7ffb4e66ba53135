"""Recorded and drawn elsewhere, a scene has the very pixels that Manim itself draws."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import manim
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from manim import (
    BLUE,
    GREEN,
    RED,
    RIGHT,
    Circle,
    Scene,
    Square,
    ValueTracker,
    VGroup,
    VMobject,
    tempconfig,
)
from render import scenes_for_exactness

from lessonkit.render import raster as raster_module
from lessonkit.render import record
from lessonkit.render.display import (
    DisplayList,
    Item,
    Outline,
    Overlay,
    Shape,
    Store,
    digest,
)
from lessonkit.render.quicker import REPLACED, quicker
from lessonkit.render.raster import Frame, Raster
from lessonkit.render.record import is_checked, plain_renderer, recorder, scene_config

# Manim 0.22 itself draws images in a way that Pillow 13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
WIDTH, HEIGHT, FPS = 240, 136, 10
Point = npt.NDArray[np.float64]
ROOT = Path(__file__).parents[2]


def recorded(
    scene: type[Scene], size: tuple[int, int, int] = (WIDTH, HEIGHT, FPS)
) -> tuple[Store, list[tuple[DisplayList, int]]]:
    store, frames = Store({}, {}), []
    with quicker(), tempconfig(scene_config(*size)):
        scene(renderer=recorder(store, lambda items, count: frames.append((items, count)))).render()
    return store, frames


def drawn_by_manim(
    scene: type[Scene], size: tuple[int, int, int] = (WIDTH, HEIGHT, FPS)
) -> list[tuple[Frame, int]]:
    frames: list[tuple[Frame, int]] = []
    with tempconfig(scene_config(*size)):
        scene(
            renderer=plain_renderer(lambda frame, count: frames.append((frame.copy(), count)))
        ).render()
    return frames


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # Manim leaves its glyphs in the working folder


@pytest.mark.parametrize("scene", scenes_for_exactness.ALL)
def test_the_frames_are_those_of_manim(scene: type[Scene]) -> None:
    expected = drawn_by_manim(scene)
    store, frames = recorded(scene)
    raster = Raster(WIDTH, HEIGHT, store)
    assert [count for _, count in frames] == [count for _, count in expected]
    assert len(frames) > 1
    before = raster.canvas.copy()
    for number, ((items, _), (frame, _)) in enumerate(zip(frames, expected, strict=True)):
        changed = raster.draw(items)
        off = (raster.canvas != frame).any(axis=2)
        assert not off.any(), f"frame {number}: {off.sum()} pixels, first {np.argwhere(off)[0]}"
        for rect in raster.tiles.rects(changed):
            before[rect.area] = frame[rect.area]
        assert np.array_equal(before, frame), f"frame {number} changes outside {changed:b}"


@pytest.mark.parametrize(
    "scene",
    [
        scenes_for_exactness.AlwaysRedraw,
        scenes_for_exactness.Transforms,
        scenes_for_exactness.Traces,
    ],
)
def test_so_they_are_at_full_size(scene: type[Scene]) -> None:
    size = (1920, 1080, 4)
    expected = drawn_by_manim(scene, size)
    store, frames = recorded(scene, size)
    raster = Raster(1920, 1080, store)
    assert [count for _, count in frames] == [count for _, count in expected]
    for (items, _), (frame, _) in zip(frames, expected, strict=True):
        raster.draw(items)
        assert np.array_equal(raster.canvas, frame)


# -- Manim's functions made quicker ----------------------------------------------------------------

NUMBERS = st.floats(-4, 4) | st.sampled_from([0.0, -0.0, 1e-6, 1.0, np.inf, -np.inf, np.nan])
POINTS = st.lists(NUMBERS, min_size=3, max_size=3).map(np.array)


@given(p=POINTS, q=POINTS, nudge=st.floats(-2e-6, 2e-6), beside=st.booleans())
def test_points_are_equal_where_manim_says_so(
    p: Point, q: Point, nudge: float, beside: bool
) -> None:
    q = p + nudge if beside else q
    shape = VMobject()
    with np.errstate(invalid="ignore"):
        expected = shape.consider_points_equals(p, q)
        with quicker():
            assert shape.consider_points_equals(p, q) == expected


def test_a_copy_shares_nothing_that_may_change() -> None:
    tracker = ValueTracker(1.0)
    inner = Square()
    group = VGroup(inner, Circle(), inner.copy()).add_updater(lambda m: m.shift(RIGHT))
    group.friend, group.same = inner, inner.points
    group.follow = tracker.get_value
    plain = group.copy()
    with quicker():
        quick = group.copy()
    for copied in (plain, quick):
        assert [type(m) for m in copied.get_family()] == [type(m) for m in group.get_family()]
        assert copied.friend is copied[0]
        assert copied.same is copied[0].points
        assert copied.updaters == group.updaters
        assert copied.updaters is not group.updaters
        assert copied.follow.__self__ is not tracker
        for ours, theirs in zip(copied.get_family(), group.get_family(), strict=True):
            assert ours is not theirs
            for name in ("points", "fill_rgbas", "stroke_rgbas"):
                assert np.array_equal(getattr(ours, name), getattr(theirs, name))
                assert not np.shares_memory(getattr(ours, name), getattr(theirs, name))


def test_a_family_is_in_manims_order_with_repeats_and_circles() -> None:
    leaf, other = Square(), Circle()
    left, right = VGroup(leaf, other), VGroup(leaf)
    top = VGroup(left, right, VGroup(), leaf)
    right.submobjects.append(top)  # Manim itself refuses to, and yet can walk it
    expected = top.get_family(), top.family_members_with_points()
    with quicker():
        assert (top.get_family(), top.family_members_with_points()) == expected


CURVES = st.integers(0, 3).map(lambda n: 4 * n) | st.just(1)


@given(
    counts=st.lists(CURVES, min_size=1, max_size=4),
    seed=st.integers(0, 9),
    direction=st.lists(st.sampled_from([-1, 0, 1.0, -0.0]), min_size=3, max_size=3),
)
def test_corners_and_centres_are_manims_to_the_last_bit(
    counts: list[int], seed: int, direction: list[float]
) -> None:
    random = np.random.default_rng(seed)
    family = VGroup(*(VMobject() for _ in counts))
    for shape, count in zip(family, counts, strict=True):
        shape.points = random.normal(size=(count, 3)) * [1, 1, 0]
    expected = family.get_points_defining_boundary(), family.get_critical_point(direction)
    with quicker():
        ours = family.get_points_defining_boundary(), family.get_critical_point(direction)
        assert not np.shares_memory(ours[0], family[0].points)
    for got, need in zip(ours, expected, strict=True):
        assert (got.shape, got.tobytes()) == (need.shape, need.tobytes())


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"opacity": 0},
        {"opacity": 0.25},
        {"opacity": [0.2, 0.7]},
        {"color": RED},
        {"color": [RED, BLUE], "opacity": 0.5},
    ],
    ids=str,
)
def test_colours_are_set_as_manim_does(asked: dict[str, Any]) -> None:
    plain = Square(color=GREEN, fill_opacity=1)
    striped = Square().set_fill([RED, GREEN, BLUE], opacity=[0.1, 0.2, 0.3])
    shiny = Square(fill_color=GREEN, fill_opacity=1, sheen_factor=0.5)
    for shape in (plain, striped, shiny):
        theirs, ours = shape.copy(), shape.copy()
        theirs.set_fill(**asked).set_stroke(**asked)
        with quicker():
            ours.set_fill(**asked).set_stroke(**asked)
        for name in ("fill_rgbas", "stroke_rgbas"):
            assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes()


def test_manims_functions_come_back() -> None:
    before = [getattr(owner, name) for owner, name, _ in REPLACED]
    with suppress(ZeroDivisionError), quicker():
        assert [getattr(owner, name) for owner, name, _ in REPLACED] != before
        raise ZeroDivisionError
    assert [getattr(owner, name) for owner, name, _ in REPLACED] == before


def fingerprint() -> str:
    """Of all scenes' lists: what a slice's name and content are made of."""
    lines = []
    for scene in scenes_for_exactness.ALL:
        store, frames = recorded(scene)
        names = sorted([*store.outlines, *store.pictures])
        lines.append(f"{scene.__name__} {digest(repr((frames, names)).encode()).hex()}")
    return "\n".join(lines)


def test_every_process_records_the_same_lists(tmp_path: Path) -> None:
    code = "from render import test_exact; print(test_exact.fingerprint())"
    # Some animations go through sets of hashes, so these have to be the same everywhere.
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": path}
    processes = []
    for name in "ab":
        (tmp_path / name).mkdir()
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=tmp_path / name,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    one, other = (process.communicate()[0].splitlines() for process in processes)
    assert len(one) == len(scenes_for_exactness.ALL)
    assert one == other


def test_an_unknown_manim_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_checked()
    monkeypatch.setattr(manim, "__version__", "0.23.0")
    assert not is_checked()
    assert manim.__version__ not in record.CHECKED


def test_a_scene_that_looks_at_its_own_picture_fails_loudly() -> None:
    class Mirror(Scene):
        def construct(self) -> None:
            self.camera.get_image()

    with pytest.raises(NotImplementedError, match="its own picture"):
        recorded(Mirror)


# -- the raster alone ------------------------------------------------------------------------------

COORDINATES = st.floats(-9, 9, width=32) | st.sampled_from([0.0, -7.0, 7.0, 1e3, -1e5, 1e8])
CHANNELS = st.sampled_from([0.0, 0.3, 0.7, 1.0])
RGBAS = st.lists(st.tuples(CHANNELS, CHANNELS, CHANNELS, CHANNELS), min_size=1, max_size=3)
WIDTHS = st.sampled_from([0.0, 0.01, 0.04, 0.5, 3.0])
VIEWS = st.sampled_from([(17.0, 0.0, 0.0, -17.0, 120.0, 68.0), (40.0, 0.0, 0.0, -9.0, 30.0, 99.0)])


@st.composite
def shapes(draw: st.DrawFn, store: Store) -> Shape:
    corners = draw(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=2, max_size=5))
    straight = draw(st.booleans())
    points = []
    for here, there in pairwise(corners):
        bend = here if straight else draw(st.tuples(COORDINATES, COORDINATES))
        points += [here, bend, there, there]
    points += points[-1:] * draw(st.integers(0, 3))  # a curve begun, as Manim leaves behind
    outline = Outline(np.array(points), ((0, len(points), draw(st.booleans())),))
    name = digest(repr((points, outline.spans)).encode())
    store.outlines[name] = outline
    fill, under, stroke = (np.array(draw(RGBAS)).tobytes() for _ in range(3))
    along = np.array([[-3.0, 0.0], [3.0, 1.0]]).tobytes()
    joins = st.integers(0, 2)
    return Shape(
        name, draw(VIEWS), fill, draw(WIDTHS), under, draw(WIDTHS), stroke,
        draw(joins), draw(joins), along,
    )  # fmt: skip


@st.composite
def overlays(draw: st.DrawFn, store: Store) -> Overlay:
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    top, left = draw(st.integers(0, HEIGHT - 2)), draw(st.integers(0, WIDTH - 2))
    patch = pixels[top : top + draw(st.integers(1, 50)), left : left + draw(st.integers(1, 50))]
    patch[...] = np.random.default_rng(top).integers(0, 256, patch.shape)
    put = pixels[..., 3] > 0
    put[top, left] = True
    return store.add(pixels, put, blend=draw(st.booleans()))[0]


def ground(store: Store, value: int) -> Item:
    pixels = np.full((HEIGHT, WIDTH, 4), (value, 40, 50, 255), np.uint8)
    return store.add(pixels, np.ones((HEIGHT, WIDTH), bool), blend=False)[0]


@st.composite
def films(draw: st.DrawFn) -> tuple[Store, list[DisplayList]]:
    """Each list is the one before with a run of its items replaced: new, gone, moved, reordered."""
    store = Store({}, {})
    things: list[Item] = [
        ground(store, 30),
        *draw(st.lists(shapes(store), min_size=2, max_size=6)),
        *draw(st.lists(overlays(store), max_size=2)),
    ]
    one = st.sampled_from(things)
    items = (things[0], *draw(st.lists(one, max_size=5)))
    lists: list[DisplayList] = [items]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(1, len(items)))
        gone = draw(st.integers(0, 3))
        items = (*items[:at], *draw(st.lists(one, max_size=3)), *items[at + gone :])
        if draw(st.integers(0, 9)) == 0:
            items = (ground(store, 200), *items[1:])
        lists.append(items)
    return store, lists


def pointed() -> tuple[Store, list[DisplayList]]:
    """A wide line that turns back on itself: its corner reaches five times its width."""
    store = Store({}, {})
    points = np.array([[-5, 0], [-5, 0], [0, 0], [0, 0], [0, 0], [0, 0], [-5, 1.1], [-5, 1.1]])
    store.outlines[b"wedge"] = Outline(points.astype(float), ((0, 8, False),))
    red = np.array([[1.0, 0, 0, 1]]).tobytes()
    none = np.zeros((1, 4)).tobytes()
    view = (17.0, 0.0, 0.0, -17.0, 120.0, 68.0)
    wedge = Shape(b"wedge", view, none, 0.0, none, 1.0, red, 0, 0, b"")
    plain = ground(store, 30)
    return store, [(plain,), (plain, wedge), (plain,)]


@settings(max_examples=150, deadline=None, derandomize=True)
@example(pointed())
@given(films())
def test_only_the_changed_rectangle_is_drawn_and_all_of_it(
    film: tuple[Store, list[DisplayList]],
) -> None:
    store, lists = film
    raster = Raster(WIDTH, HEIGHT, store)
    seen = raster.canvas.copy()
    for items in lists:
        changed = raster.draw(items)
        fresh = Raster(WIDTH, HEIGHT, store)
        fresh.draw(items)
        assert np.array_equal(raster.canvas, fresh.canvas)
        for rect in raster.tiles.rects(changed):
            seen[rect.area] = fresh.canvas[rect.area]
        assert np.array_equal(seen, fresh.canvas), f"changed outside {changed:b}"


@st.composite
def trails(draw: st.DrawFn) -> tuple[Store, list[DisplayList]]:
    """Lines of many curves over each other that grow, shrink, rest and turn back on themselves."""
    store = Store({}, {})
    steps = st.sampled_from([(0.0, 0.0), (0.3, 0.1), (-0.3, 0.1), (0.0, -0.4), (0.02, 0.02)])
    clear, view = np.zeros((1, 4)).tobytes(), (17.0, 0.0, 0.0, -17.0, 120.0, 68.0)
    lines = []
    for nth in range(draw(st.integers(1, 3))):
        runs = draw(st.lists(st.tuples(steps, st.integers(1, 40)), min_size=2, max_size=8))
        way = np.cumsum([step for step, count in runs for _ in range(count)], axis=0)
        way += draw(st.tuples(COORDINATES, st.floats(-3, 3)))
        curves = [[a, (2 * a + b) / 3, (a + 2 * b) / 3, b] for a, b in pairwise(way)]
        points = np.array(curves, float).reshape(-1, 2)
        paint = np.array([(*draw(st.tuples(CHANNELS, CHANNELS, CHANNELS)), 0.7)]).tobytes()
        like = Shape(
            b"", view, clear, 0.0, clear, draw(WIDTHS), paint, draw(st.integers(0, 2)), nth, b""
        )
        lines.append((points, like))
    lists: list[DisplayList] = []
    for _ in range(draw(st.integers(2, 8))):
        items = [ground(store, 30)]
        for points, like in lines:
            count = 4 * draw(st.integers(0, len(points) // 4))
            name = digest(points[:count].tobytes())
            spans = ((0, count, False),) if count else ()
            store.outlines[name] = Outline(points[:count], spans)
            if count:
                items.append(like._replace(outline=name))
        lists.append(tuple(items))
    return store, lists


@settings(max_examples=80, deadline=None, derandomize=True)
@given(film=trails(), tile=st.sampled_from([8, 64]))
def test_of_a_long_line_only_what_changed_is_drawn(
    film: tuple[Store, list[DisplayList]], tile: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raster_module, "TILE", tile)
        test_only_the_changed_rectangle_is_drawn_and_all_of_it.hypothesis.inner_test(film)
