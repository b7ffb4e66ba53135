"""What Manim would draw, frame by frame, written down instead of drawn: display lists.

With `quicker`, the one module that knows Manim's inside. Checked against the versions in `CHECKED`;
under another version neither is used, and frames come from stock Manim itself, more slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import isfinite
from typing import Any

import manim
import numpy as np
import numpy.typing as npt
from manim import Mobject, MovingCamera, MultiCamera, Scene, ThreeDCamera, VMobject, config
from manim.camera.camera import CAP_STYLE_MAP, LINE_JOIN_MAP, Camera
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter

from lessonkit.render.display import DisplayList, Item, Outline, Overlay, Shape, Store, digest

CHECKED = ("0.22.0",)


def is_checked() -> bool:
    """Whether this Manim is one whose inside is known here."""
    return manim.__version__ in CHECKED


def recorder(
    store: Store,
    take: Callable[[DisplayList, int], None],
    played: Callable[[Scene], None] | None = None,
    *,
    starts: Callable[[], float] | None = None,
    rounded: bool = False,
) -> CairoRenderer:
    """A renderer for a scene: it calls `take(list, repeats)` instead of drawing frames.

    `played` is called after every play, with the scene as the play has left it. The first frame is
    that in which `starts()` lies, in seconds. Plays that end before it jump to their end: quicker,
    and exact as far as nothing in the scene counts frames.

    What was jumped to and what was come to step by step may differ in the last bits of its numbers.
    `rounded` leaves these out, so that they are equal.
    """
    return _Recorder(store, take, played, starts, rounded)


def recorded_now(scene: Scene, mobjects: Sequence[Mobject] | None = None) -> DisplayList:
    """What a scene that is recorded shows between two plays; of these mobjects alone if given."""
    renderer: Any = scene.renderer
    camera = renderer.camera
    kept = camera.display_list, renderer.skip_animations
    if mobjects is None:
        renderer.static_image = None  # what a play kept aside does not hold after it
        renderer.skip_animations = False
        renderer.update_frame(scene)
    else:
        camera.reset()
        camera.capture_mobjects(mobjects, include_submobjects=False)
    shown = tuple(camera.display_list)
    camera.display_list, renderer.skip_animations = kept
    return shown


def plain_renderer(take: Callable[[npt.NDArray[np.uint8], int], None]) -> CairoRenderer:
    """Stock Manim's renderer, its frames handed to `take` instead of to its encoder."""
    return _Plain(take)


MOST_SHAPES = 20_000  # remembered while recording; a few tens of megabytes
_RECORDED = (Camera, MovingCamera, MultiCamera, ThreeDCamera)
"""The cameras whose inside is known; others draw by themselves, and whole frames are recorded."""


class _Recording:
    """In front of a camera class: records what the camera is asked to draw."""

    store: Store
    shapes: dict[Shape, Shape]
    last: dict[int, tuple[tuple[Any, ...], Shape]]  # by mobject: how it looked, and its shape
    flat: bool
    rounded: bool
    display_list: list[Item]
    _ground = np.zeros((0, 0, 1), np.uint32)
    _ground_items: list[Overlay]

    # -- the frame under way: the renderer sets its ground, captures, and asks for the result ----

    def set_pixel_array(self: Any, pixel_array: Any, convert_from_floats: bool = False) -> None:
        if isinstance(pixel_array, tuple):  # the static part of a frame, as recorded before
            self.display_list = list(pixel_array)
            return
        if convert_from_floats or np.shape(pixel_array)[:2] != self._ground.shape[:2]:
            super().set_pixel_array(pixel_array, convert_from_floats)  # type: ignore[misc]
            pixel_array = self.pixel_array
        # Compared each time, as it may be changed in place; whole pixels at once are quicker.
        ground = np.ascontiguousarray(pixel_array, np.uint8).view(np.uint32)
        same = np.array_equal(ground, self._ground)
        if not (same and self._ground_items[0].picture in self.store.pictures):
            self._ground = ground.copy()
            self._ground_items = _whole_frame(ground.view(np.uint8), self.store)
        self.display_list = [*self._ground_items]

    def type_or_raise(self: Any, mobject: Any) -> Any:
        # Manim makes its table of types anew for every mobject of every frame.
        if isinstance(mobject, VMobject) and "display_funcs" in vars(self):
            return VMobject
        return super().type_or_raise(mobject)  # type: ignore[misc]

    def display_multiple_non_background_colored_vmobjects(
        self: Any, vmobjects: Any, pixel_array: Any
    ) -> None:
        if pixel_array is not self.pixel_array:  # drawn aside, to be overlaid later
            super().display_multiple_non_background_colored_vmobjects(vmobjects, pixel_array)  # type: ignore[misc]
            return
        # The camera may keep a context, with a view of earlier times.
        view = tuple(self.get_cairo_context(pixel_array).get_matrix())
        for vmobject in vmobjects:
            shape = self._shape(vmobject, view)
            if shape is not None:
                self.display_list.append(shape)

    def overlay_PIL_image(self: Any, pixel_array: Any, image: Any) -> None:  # noqa: N802 # Manim's
        if pixel_array is not self.pixel_array:
            super().overlay_PIL_image(pixel_array, image)  # type: ignore[misc]
            return
        pixels = np.array(image, dtype=np.uint8)
        self.display_list += self.store.add(pixels, pixels[..., 3] > 0, blend=True)

    def display_point_cloud(
        self: Any, pmobject: Any, points: Any, rgbas: Any, thickness: Any, pixel_array: Any
    ) -> None:
        display = super().display_point_cloud  # type: ignore[misc]
        if pixel_array is not self.pixel_array:
            display(pmobject, points, rgbas, thickness, pixel_array)
            return
        # What comes out equal on two grounds that differ everywhere was put there.
        on_black, on_white = np.zeros_like(pixel_array), np.full_like(pixel_array, 255)
        for canvas in (on_black, on_white):
            display(pmobject, points, rgbas, thickness, canvas)
        put = (on_black == on_white).all(axis=2)
        self.display_list += self.store.add(on_black, put, blend=False)

    def get_image(self: Any, pixel_array: Any = None) -> Any:
        if pixel_array is None:
            raise NotImplementedError("a scene that is recorded cannot see its own picture")
        return super().get_image(pixel_array)  # type: ignore[misc]

    # -- one shape ----------------------------------------------------------------------------

    def _shape(self: Any, vmobject: VMobject, view: tuple[float, ...]) -> Shape | None:
        """What Camera.display_vectorized would draw.

        Most mobjects look as they did in the frame before. Equal shapes are one and the same
        object, which saves naming and storing them.
        """
        multiple = self.cairo_line_width_multiple
        look = _look(vmobject, view, multiple) if self.flat else None
        last = self.last.get(id(vmobject))
        if last is not None and look == last[0] and last[1].outline in self.store.outlines:
            return last[1]  # type: ignore[no-any-return]
        points = vmobject.points
        # What is finite a flat camera leaves as it is.
        if not (self.flat and isfinite(np.add.reduce(points, axis=None))):
            points = self.transform_points_pre_display(vmobject, points)
        if len(points) == 0:
            return None
        flat = np.ascontiguousarray(points[:, :2])
        drawn = _rounded(flat) if self.rounded else flat
        # The tolerance says which points are one, and so where subpaths end.
        name = digest(repr(vmobject.tolerance_for_point_equality).encode(), drawn.tobytes())
        if name not in self.store.outlines:
            self.store.outlines[name] = Outline(drawn, _spans(vmobject, flat))
        under_width, width = vmobject.get_stroke_width(True), vmobject.get_stroke_width(False)
        fill = self.get_fill_rgbas(vmobject)
        under = self.get_stroke_rgbas(vmobject, True) if under_width else _UNUSED
        stroke = self.get_stroke_rgbas(vmobject, False) if width else _UNUSED
        along = b""
        if not len(fill) == len(under) == len(stroke) == 1:
            ends = np.array(vmobject.get_gradient_start_and_end_points())
            ends = self.transform_points_pre_display(vmobject, ends)[:, :2]
            along = (_rounded(ends) if self.rounded else ends).tobytes()
        colours = [_bytes(rgbas) for rgbas in (fill, under, stroke)]
        if self.rounded:
            colours = [_rounded_bytes(rgbas) for rgbas in colours]
        shape: Shape = Shape(
            name,
            view,
            colours[0],
            float(under_width * multiple),
            colours[1],
            float(width * multiple),
            colours[2],
            _JOINS[vmobject.joint_type._value_],
            _CAPS[vmobject.cap_style._value_],
            along,
        )
        if len(self.shapes) >= MOST_SHAPES:
            self.shapes.clear()
        shape = self.shapes.setdefault(shape, shape)
        if look is not None and not along:
            if len(self.last) >= MOST_SHAPES:
                self.last.clear()
            self.last[id(vmobject)] = look, shape
        return shape


# By value: the hash of an enum is slow.
_JOINS = {kind._value_: int(join) for kind, join in LINE_JOIN_MAP.items()}
_CAPS = {kind._value_: int(cap) for kind, cap in CAP_STYLE_MAP.items()}
_UNUSED = np.zeros((1, 4))


def _look(vmobject: VMobject, *camera: Any) -> tuple[Any, ...] | None:
    """All that a shape in one colour depends on; None for a mobject that has it elsewhere."""
    kind: Any = type(vmobject)
    if not _is_plain(kind):
        return None
    own = vars(vmobject)
    try:
        return (
            own["points"].tobytes(),
            own["fill_rgbas"].tobytes(),
            own["stroke_rgbas"].tobytes(),
            own["background_stroke_rgbas"].tobytes(),
            own["stroke_width"],
            own["background_stroke_width"],
            own["joint_type"],
            own["cap_style"],
            own["tolerance_for_point_equality"],
            camera,
        )
    except KeyError:
        return None


@cache
def _is_plain(kind: Any) -> bool:
    """Whether its paint is that of its own attributes."""
    names = ("get_fill_rgbas", "get_stroke_rgbas", "get_stroke_width")
    return all(getattr(kind, name) is getattr(VMobject, name) for name in names)


def _rounded(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """To whole 2^-20 (a ten-thousandth of a pixel), as adding so large a number does; no -0.0."""
    return (numbers + _LARGE) - _LARGE


_LARGE = 1.5 * 2.0**32  # in float64, its neighbours are 2^-20 away


@lru_cache(maxsize=4096)
def _rounded_bytes(numbers: bytes) -> bytes:
    return _rounded(np.frombuffer(numbers)).tobytes()


def _bytes(rgbas: Any) -> bytes:
    if rgbas.dtype == np.float64:  # the rule
        return rgbas.tobytes()  # type: ignore[no-any-return]
    return np.ascontiguousarray(rgbas, dtype=np.float64).tobytes()


def _spans(
    vmobject: VMobject, points: npt.NDArray[np.float64]
) -> tuple[tuple[int, int, bool], ...]:
    """The subpaths that Camera.set_cairo_context_path would trace.

    They part where one curve's end is not close to the next one's start, as
    VMobject.get_subpath_split_indices_from_points has it.
    """
    ends, starts = points[3:-1:4], points[4::4]
    cuts: list[int] = []
    if ends.tobytes() != starts.tobytes():
        off = np.abs(ends - starts)
        if off.max() < np.inf:
            near = off <= vmobject.tolerance_for_point_equality + 1e-5 * np.abs(starts)
            cuts = (4 * np.flatnonzero(~near.all(axis=1)) + 4).tolist()
        else:
            cuts = vmobject.get_subpath_split_indices_from_points(points, n_dims=2)[1:, 0].tolist()
    return tuple(
        (a, b, bool(vmobject.consider_points_equals_2d(points[a], points[b - 1])))
        for a, b in pairwise([0, *cuts, len(points)])
        if b - a >= 4
    )


class _Plain(CairoRenderer):
    """Manim's Cairo renderer, whose frames go elsewhere."""

    def __init__(self, take: Callable[[Any, int], None]) -> None:
        super().__init__()
        self._take = take

    def init_scene(self, scene: Any, session_spec: Any, file_writer_settings: Any) -> None:  # noqa: ARG002 # Manim's
        self.camera = self._camera_class(scene.camera_class)()
        self.file_writer = _FrameWriter(file_writer_settings, self._take)

    def _camera_class(self, wanted: type[Camera]) -> type[Camera]:
        return wanted


class _Recorder(_Plain):
    """Manim's Cairo renderer, whose frames are display lists."""

    def __init__(
        self,
        store: Store,
        take: Callable[[DisplayList, int], None],
        played: Callable[[Scene], None] | None,
        starts: Callable[[], float] | None,
        rounded: bool,
    ) -> None:
        super().__init__(take)
        self._store, self._played, self._starts = store, played, starts
        self._rounded = rounded
        self._first_shown = 0.0  # seconds

    def play(self, scene: Scene, *animations: Any, **options: Any) -> None:
        compile_animation_data = type(scene).compile_animation_data
        self._first_shown = self._starts() if self._starts else 0.0

        def compiled(*parts: Any, **rest: Any) -> Any:
            found = compile_animation_data(scene, *parts, **rest)
            # Here Manim knows how long the play is, and has not yet asked whether to skip it.
            self.skip_animations |= self.time + scene.duration <= self._first_shown
            return found

        if self._first_shown:
            scene.compile_animation_data = compiled  # type: ignore[method-assign]
        super().play(scene, *animations, **options)
        if self.skip_animations:
            scene.update_mobjects(0)  # which Manim does after a play, but not after a skipped one
        if self._played is not None:
            self._played(scene)

    def render(self, scene: Scene, time: float, *arguments: Any, **options: Any) -> None:
        step = 1 / self.camera.frame_rate
        if self.skip_animations:
            return
        if self.time + 0.75 * step < self._first_shown:
            self.time += step  # the scene has moved on; nobody will look at it
        else:
            super().render(scene, time, *arguments, **options)

    def update_frame(self, scene: Scene, *arguments: Any, **options: Any) -> None:
        if not self.skip_animations:
            super().update_frame(scene, *arguments, **options)

    def _camera_class(self, wanted: type[Camera]) -> type[Camera]:
        if wanted not in _RECORDED:
            return wanted
        known = {
            "store": self._store,
            "shapes": {},
            "last": {},
            "flat": wanted is not ThreeDCamera,
            "rounded": self._rounded,
        }
        return type(f"Recording{wanted.__name__}", (_Recording, wanted), known)

    def get_frame(self) -> Any:
        camera = self.camera
        return tuple(camera.display_list) if isinstance(camera, _Recording) else super().get_frame()

    def add_frame(self, frame: Any, num_frames: int = 1) -> None:
        if self.skip_animations:
            return
        if not isinstance(frame, tuple):
            frame = tuple(_whole_frame(frame, self._store))
        rate = self.camera.frame_rate
        unseen = min(num_frames - 1, max(0, int((self._first_shown - self.time) * rate)))
        self.time += unseen / rate
        super().add_frame(frame, num_frames - unseen)


def _whole_frame(pixels: npt.NDArray[np.uint8], store: Store) -> list[Overlay]:
    return store.add(pixels, np.ones(pixels.shape[:2], bool), blend=False)


class _FrameWriter(SceneFileWriter):
    """Hands frames over instead of encoding them, and touches no files."""

    def __init__(self, settings: Any, take: Callable[[Any, int], None]) -> None:
        super().__init__(settings)
        self._take = take

    def next_section(self, name: str, type_: str, skip_animations: bool) -> None:
        if not self.sections:  # the first is Manim's own; ours are beats, which need no files
            super().next_section(name, type_, skip_animations)

    def write_frame(self, pixels: Any, *, repeat: int = 1) -> None:
        self._take(pixels, repeat)

    def begin_animation(self, *_: Any, **__: Any) -> None: ...
    def end_animation(self, *_: Any, **__: Any) -> None: ...
    def add_partial_movie_file(self, *_: Any) -> None: ...
    def finish(self) -> None: ...
    def save_image(self, *_: Any) -> None: ...


def scene_config(width: int, height: int, fps: int) -> dict[str, Any]:
    """Manim's configuration for drawing a lesson scene of this size."""
    return {
        "pixel_width": width,
        "pixel_height": height,
        "frame_rate": fps,
        # Manim works in units of a frame 8 high; the width follows the picture.
        "frame_width": config.frame_height * width / height,
        "disable_caching": True,
        "progress_bar": "none",
        "verbosity": "ERROR",
        "seed": 0,
    }
