"""Small scenes that use what Manim draws with, feature by feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import (
    BLUE,
    DEGREES,
    DOWN,
    DR,
    GREEN,
    IN,
    LEFT,
    ORANGE,
    ORIGIN,
    OUT,
    PI,
    RED,
    RIGHT,
    TAU,
    UL,
    UP,
    UR,
    WHITE,
    YELLOW,
    AnimationGroup,
    Annulus,
    Arc,
    Arrow,
    ArrowVectorField,
    Axes,
    Camera,
    CapStyleType,
    ChangeSpeed,
    Circle,
    Circumscribe,
    ConvexHull,
    Create,
    Cube,
    DashedLine,
    DashedVMobject,
    DecimalNumber,
    Difference,
    Dot,
    Dot3D,
    DrawBorderThenFill,
    Exclusion,
    FadeIn,
    FadeOut,
    FadeTransform,
    Flash,
    Group,
    GrowArrow,
    Homotopy,
    ImageMobject,
    Indicate,
    LaggedStart,
    Line,
    LineJointType,
    MappingCamera,
    MoveAlongPath,
    MovingCameraScene,
    NumberPlane,
    PMobject,
    PointCloudDot,
    Polygon,
    Rectangle,
    ReplacementTransform,
    Restore,
    Rotate,
    Rotating,
    Scene,
    ShowPassingFlash,
    Sphere,
    Square,
    Star,
    Succession,
    Surface,
    Text,
    ThreeDAxes,
    ThreeDScene,
    TracedPath,
    Transform,
    TransformMatchingShapes,
    Triangle,
    Uncreate,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    ZoomedScene,
    always_redraw,
    there_and_back,
)
from PIL import Image

RAINBOW = (RED, YELLOW, GREEN, BLUE)


def picture(height: int = 20, width: int = 30) -> np.ndarray:
    """RGBA, with pixels of every opacity."""
    rows, columns = np.mgrid[:height, :width]
    channels = rows * 12 % 256, columns * 8 % 256, (rows + columns) * 5 % 256, columns * 9 % 256
    return np.stack(channels, axis=-1).astype(np.uint8)


class Updaters(Scene):
    def construct(self) -> None:
        rng = np.random.default_rng(1)
        spring = Dot(2 * LEFT)
        velocity = np.zeros(3)

        def swing(dot: Dot, dt: float) -> None:
            nonlocal velocity
            velocity = velocity - 9 * dot.get_center() * dt
            dot.shift(velocity * dt)

        spring.add_updater(swing)
        noise = Square(0.5).add_updater(lambda m, dt: m.shift(rng.normal(size=3) * dt))
        self.add(Line(3 * LEFT, 3 * RIGHT), spring, noise)
        self.wait(0.7)
        self.play(Rotate(Square(), PI / 3), run_time=0.45)
        spring.suspend_updating()
        self.play(spring.animate.set_color(RED), run_time=0.3)
        spring.resume_updating()
        self.add_updater(lambda dt: noise.rotate(dt))
        self.wait(0.4)
        spring.clear_updaters()
        self.play(spring.animate.scale(3), run_time=0.3)


class WaitUntil(Scene):
    def construct(self) -> None:
        dot = Dot(3 * LEFT).add_updater(lambda m, dt: m.shift(2 * RIGHT * dt))
        self.add(Circle(), dot)
        self.wait_until(lambda: dot.get_x() > -2, max_time=2)
        self.wait(2, stop_condition=lambda: dot.get_x() > -1)
        self.wait_until(lambda: False, max_time=0.3)
        dot.clear_updaters()
        self.wait(0.5)


class AlwaysRedraw(Scene):
    def construct(self) -> None:
        x = ValueTracker(-2)
        axes = Axes(x_range=(-3, 3), y_range=(-1, 5))
        curve = axes.plot(lambda t: t * t / 2)
        dot = always_redraw(lambda: Dot(axes.c2p(x.get_value(), x.get_value() ** 2 / 2)))
        tangent = always_redraw(
            lambda: Line(LEFT, RIGHT).rotate(np.arctan(x.get_value())).move_to(dot)
        )
        number = always_redraw(lambda: DecimalNumber(x.get_value(), mob_class=Text).to_corner(UL))
        self.add(axes, tangent, curve, dot, number)
        self.play(x.animate.set_value(1), run_time=0.6)
        self.wait(0.2)
        self.remove(tangent)
        self.play(x.animate.set_value(2), rate_func=there_and_back, run_time=0.5)


class Transforms(Scene):
    def construct(self) -> None:
        shape = Square(color=RED, fill_opacity=0.5)
        self.play(Transform(shape, Circle(2, color=BLUE)), run_time=0.4)
        star = Star(fill_opacity=1).shift(2 * RIGHT)
        self.play(ReplacementTransform(shape, star), run_time=0.4)
        ring = Annulus(0.5, 1, color=GREEN)
        self.play(FadeTransform(star, ring), run_time=0.3)
        self.play(ring.animate.become(Triangle()), run_time=0.3)
        pieces = VGroup(Square(), Circle()).arrange()
        pieces.save_state()
        self.play(FadeIn(pieces), ring.animate.to_edge(UP), run_time=0.3)
        self.play(pieces.animate.arrange(DOWN).set_fill(RED, 1), run_time=0.3)
        self.play(Restore(pieces), run_time=0.3)


class MatchingShapes(Scene):
    def construct(self) -> None:
        here = VGroup(Square(), Circle(), Triangle(), Star(), Text("अब")).arrange()
        there = VGroup(Star(), Triangle(), Rectangle(), Square(), Text("कब")).arrange().shift(UP)
        self.add(here)
        self.play(TransformMatchingShapes(here, there), run_time=0.6)
        self.wait(0.2)


class Compositions(Scene):
    def construct(self) -> None:
        squares = VGroup(*(Square(0.8) for _ in range(4))).arrange()
        self.play(LaggedStart(*map(Create, squares), lag_ratio=0.3), run_time=0.7)
        self.play(
            AnimationGroup(
                squares[0].animate.shift(UP),
                Succession(squares[1].animate.set_fill(RED, 1), FadeOut(squares[2]), run_time=0.4),
                lag_ratio=0.2,
            )
        )
        self.play(Succession(*(Indicate(s) for s in squares[:2])), run_time=0.6)
        self.play(ChangeSpeed(squares[3].animate.shift(2 * UP), {0.3: 2, 1: 0.5}))
        self.play(LaggedStart(*(FadeOut(s, shift=DOWN) for s in squares)), run_time=0.4)


class Creations(Scene):
    def construct(self) -> None:
        star = Star(fill_opacity=0.7, color=YELLOW).shift(3 * LEFT)
        self.play(DrawBorderThenFill(star), run_time=0.5)
        self.play(Write(Text("क्षेत्र f")), GrowArrow(Arrow(ORIGIN, 2 * UP)), run_time=0.6)
        arc = Arc(2, 0, PI, color=RED)
        self.play(MoveAlongPath(star, arc), ShowPassingFlash(arc.copy()), run_time=0.5)
        self.play(Circumscribe(star), Flash(2 * RIGHT), run_time=0.5)
        self.play(
            Homotopy(lambda x, y, z, t: (x + t * np.sin(y), y + t * np.sin(x), z), star),
            run_time=0.4,
        )
        self.play(Uncreate(star), Rotating(arc, TAU), run_time=0.4)


class Traces(Scene):
    def construct(self) -> None:
        dot = Dot()
        self.add(TracedPath(dot.get_center, stroke_color=[RED, BLUE], stroke_width=6), dot)
        fading = TracedPath(dot.get_top, dissipating_time=0.3, stroke_opacity=[0, 1])
        self.add(fading)
        self.play(dot.animate.shift(2 * RIGHT), run_time=0.4)
        self.play(dot.animate.shift(2 * UP + LEFT), run_time=0.4)
        self.wait(0.4)


class ZIndex(Scene):
    def construct(self) -> None:
        disks = [
            Circle(1, color=c, fill_opacity=0.8).shift(0.6 * k * RIGHT)
            for k, c in enumerate(RAINBOW)
        ]
        for disk, z in zip(disks, (2, 0, 3, 1), strict=True):
            disk.set_z_index(z)
        self.add(*disks)
        self.play(disks[1].animate.shift(UP), run_time=0.3)
        disks[1].set_z_index(5)
        self.play(disks[0].animate.shift(DOWN), run_time=0.3)
        self.wait(0.2)


class Layers(Scene):
    def construct(self) -> None:
        disks = [
            Circle(1, color=c, fill_opacity=0.8).shift(0.6 * k * RIGHT)
            for k, c in enumerate(RAINBOW)
        ]
        self.add(*disks[:3])
        self.add_foreground_mobject(disks[3])
        self.play(disks[0].animate.shift(UP), run_time=0.3)
        self.bring_to_front(disks[0])
        self.wait(0.2)
        self.bring_to_back(disks[2])
        self.play(disks[1].animate.shift(DOWN), run_time=0.3)
        self.remove(disks[1])
        self.play(FadeIn(Square(3)), run_time=0.3)
        self.remove_foreground_mobject(disks[3])
        self.clear()
        self.wait(0.2)
        self.add(Group(disks[0], Group(disks[1])))
        self.play(disks[1].animate.shift(UP), run_time=0.3)


class Images(Scene):
    def construct(self) -> None:
        image = ImageMobject(picture()).scale(4)
        behind = Square(2, color=RED, fill_opacity=1)
        self.add(behind, image, Circle(0.5, color=WHITE, fill_opacity=1))
        self.wait(0.2)
        self.play(image.animate.rotate(40 * DEGREES), run_time=0.3)
        self.play(image.animate.scale(2).shift(3 * RIGHT), run_time=0.3)
        self.play(behind.animate.shift(UP), FadeOut(image), run_time=0.3)
        image.set_opacity(0.4).move_to(7 * LEFT)
        self.add(image)
        self.play(Rotate(behind), run_time=0.3)
        self.play(image.animate.shift(10 * LEFT), run_time=0.3)


class ColouredByImage(Scene):
    def construct(self) -> None:
        source = Image.fromarray(picture(136, 240))
        shapes = VGroup(Star(fill_opacity=1), Circle(stroke_width=20)).arrange()
        shapes.color_using_background_image(source)
        below = Square(3, fill_opacity=0.5, color=GREEN)
        self.add(below, shapes, Dot(radius=0.3))
        self.play(shapes.animate.shift(UP), run_time=0.3)
        self.play(below.animate.shift(UP), run_time=0.3)


class Clouds(Scene):
    def construct(self) -> None:
        cloud = PMobject(stroke_width=3)
        grid = np.stack([*np.mgrid[-9:9:1, -5:5:1], np.zeros((18, 10))], -1).reshape(-1, 3)
        cloud.add_points(grid, color=YELLOW)
        disk = PointCloudDot(radius=1.5, density=8, color=RED).shift(2 * RIGHT)
        self.add(Square(3, fill_opacity=1, color=BLUE), cloud, disk, Dot(radius=0.4))
        self.wait(0.2)
        self.play(disk.animate.shift(3 * LEFT), run_time=0.3)
        self.play(FadeOut(cloud), run_time=0.4)
        nothing = PMobject().add_points(grid / 2, rgbas=np.zeros((len(grid), 4)))
        self.add(nothing, PMobject())
        self.play(disk.animate.shift(UP), run_time=0.3)


class PanAndZoom(MovingCameraScene):
    def construct(self) -> None:
        self.add(NumberPlane(), Circle(fill_opacity=0.5), Square(stroke_width=10).shift(2 * RIGHT))
        self.add(ImageMobject(picture()).shift(3 * LEFT))
        self.wait(0.2)
        frame = self.camera.frame
        self.play(frame.animate.scale(0.5).shift(RIGHT), run_time=0.5)
        self.wait(0.2)
        dot = Dot()
        self.play(dot.animate.shift(UP), run_time=0.3)
        frame.add_updater(lambda m: m.move_to(dot))
        self.add(frame)
        self.play(dot.animate.shift(2 * LEFT), run_time=0.4)
        frame.clear_updaters()
        self.play(self.camera.auto_zoom([dot], margin=3), run_time=0.3)


class Zoomed(ZoomedScene):
    def __init__(self, **options: Any) -> None:
        super().__init__(zoom_factor=0.3, zoomed_display_height=2, **options)

    def construct(self) -> None:
        dot = Dot(color=RED)
        self.add(NumberPlane(), dot, PointCloudDot(radius=0.5, density=6).shift(LEFT))
        self.activate_zooming(animate=True)
        self.play(dot.animate.shift(RIGHT), run_time=0.3)
        self.play(self.zoomed_camera.frame.animate.shift(0.5 * RIGHT), run_time=0.3)
        self.play(self.zoomed_display.animate.shift(DOWN).scale(0.8), run_time=0.3)
        self.wait(0.2)


class Space(ThreeDScene):
    def construct(self) -> None:
        self.set_camera_orientation(phi=65 * DEGREES, theta=-45 * DEGREES)
        bowl = Surface(
            lambda u, v: np.array([u, v, (u * u - v * v) / 3]),
            u_range=(-2, 2),
            v_range=(-2, 2),
            resolution=5,
        )
        title = Square(1).to_corner(UL)
        label = Triangle().shift(2 * OUT)
        self.add(ThreeDAxes(), bowl, Dot3D([1, 1, 0]))
        self.add_fixed_in_frame_mobjects(title)
        self.add_fixed_orientation_mobjects(label)
        self.wait(0.2)
        self.move_camera(phi=30 * DEGREES, zoom=1.3, frame_center=RIGHT + UP, run_time=0.4)
        self.begin_ambient_camera_rotation(rate=1)
        self.wait(0.3)
        self.stop_ambient_camera_rotation()
        self.play(bowl.animate.shift(IN), label.animate.shift(RIGHT), run_time=0.3)
        self.play(Rotate(Cube(1, fill_opacity=0.6)), run_time=0.3)
        cloud = PMobject(stroke_width=4).add_points(np.eye(3) * 2, color=RED)
        self.add(cloud, ImageMobject(picture()).shift(LEFT), Sphere(radius=0.5, resolution=(4, 6)))
        self.renderer.camera.light_source.move_to(3 * IN)
        self.move_camera(theta=0, gamma=20 * DEGREES, focal_distance=8, run_time=0.3)
        self.set_to_default_angled_camera_orientation()
        self.wait(0.2)


class Frozen(Scene):
    def construct(self) -> None:
        dot = Dot().add_updater(lambda m, dt: m.shift(RIGHT * dt))
        self.wait(0.2)
        self.add(Circle())
        self.wait(0.35)
        self.add(dot)
        self.pause(0.5)
        self.wait(0.4, frozen_frame=True)
        self.wait(0.3, frozen_frame=False)
        dot.clear_updaters()
        self.wait(0.01)
        self.wait(1.27)


class NothingMoves(Scene):
    def construct(self) -> None:
        self.add(Circle(fill_opacity=0.5), Square(stroke_opacity=0.5))
        self.play(ValueTracker(0).animate.set_value(1), run_time=0.3)
        self.play(ValueTracker(0).animate.set_value(1), run_time=0.3)
        self.wait(0.3, frozen_frame=False)
        self.wait(0.3)


class Gradients(Scene):
    def construct(self) -> None:
        row = VGroup(*(Square(1) for _ in range(4))).arrange()
        row.set_color_by_gradient(*RAINBOW)
        lit = Circle(1.5, fill_opacity=1, color=BLUE).set_sheen(0.6, DR)
        mixed = Star(color=[RED, GREEN, BLUE], fill_opacity=0.7, stroke_width=12)
        faded = Rectangle(width=3).set_fill(RAINBOW, opacity=[0, 0.5, 1]).set_stroke([RED, WHITE])
        outlined = Text("ग्रेडिएंट", gradient=(RED, BLUE)).set_stroke(
            [YELLOW, GREEN], 8, background=True
        )
        VGroup(row, lit, mixed, faded, outlined).arrange_in_grid(2)
        self.add(row, lit, mixed, faded, outlined)
        self.play(Rotate(lit), mixed.animate.set_sheen_direction(UP), run_time=0.3)
        self.play(faded.animate.set_color_by_gradient(WHITE, RED), run_time=0.3)
        self.play(outlined.animate.shift(UP), row.animate.set_sheen(-0.5, UR), run_time=0.3)


class Strokes(Scene):
    def construct(self) -> None:
        corners = [[-1, -0.2, 0], [1, 0, 0], [-1, 0.2, 0]]
        shapes = VGroup()
        for joint in LineJointType:
            for cap in CapStyleType:
                line = VMobject(joint_type=joint, stroke_width=14, color=RED)
                line.set_points_as_corners(corners)
                line.cap_style = cap
                line.set_stroke(BLUE, 22, 0.5, background=True)
                shapes.add(line)
        shapes.add(DashedLine(LEFT, RIGHT), DashedVMobject(Circle(), num_dashes=9))
        shapes.add(Line(LEFT, RIGHT, stroke_width=np.float32(3.3)), Square(stroke_width=0.05))
        shapes.add(Polygon(*corners, stroke_width=30), Line(LEFT, RIGHT, stroke_width=-2))
        shapes.arrange_in_grid(4).scale_to_fit_height(7)
        self.add(shapes)
        self.play(Rotate(shapes[0]), shapes[7].animate.set_stroke(width=90), run_time=0.4)
        self.play(Rotate(shapes[-2], run_time=0.3))
        self.play(*(s.animate.set_stroke(width=0) for s in shapes[:6]), run_time=0.4)


class Oddities(Scene):
    def construct(self) -> None:
        broken, infinite, point = Square(), Circle(), VMobject()
        broken.points[3, 0] = np.nan
        infinite.points[5, 1] = np.inf
        point.set_points_as_corners([UP, UP])
        point.set_stroke(WHITE, 20)
        point.cap_style = CapStyleType.ROUND
        far = Circle(1).shift(40 * RIGHT)
        huge = Square(1e4, stroke_width=3e5, color=GREEN, stroke_opacity=0.3)
        beyond = Line(1e7 * LEFT, 1e7 * RIGHT + UP, color=RED)
        unseen = Square(2, fill_opacity=0, stroke_opacity=0)
        some = VMobject().set_points(np.array([LEFT, UP, RIGHT]))  # not a whole curve
        self.add(VGroup(), VMobject(), broken, infinite, point, far, unseen, some)
        self.wait(0.2)
        self.add(beyond, huge)
        self.play(far.animate.shift(38 * LEFT), run_time=0.4)
        self.play(unseen.animate.set_opacity(1), beyond.animate.shift(UP), run_time=0.3)
        self.play(huge.animate.scale(1e-4), broken.animate.shift(UP), run_time=0.3)
        self.play(FadeOut(far), FadeOut(VGroup()), run_time=0.3)


class Tolerances(Scene):
    """The same points, open here and closed there."""

    def construct(self) -> None:
        corners = [LEFT, UP, RIGHT, [*LEFT[:1] + 1e-3, 0, 0]]
        for tolerance in (1e-6, 1e-2):
            line = VMobject(stroke_width=20, tolerance_for_point_equality=tolerance)
            line.set_points_as_corners(corners)
            self.add(line)
            self.wait(0.2)
            self.remove(line)


class Sets(Scene):
    """Shapes and fields that Manim computes."""

    def construct(self) -> None:
        square, circle = Square(2, fill_opacity=1), Circle(1).shift(RIGHT)
        shapes = VGroup(Difference(square, circle, fill_opacity=1), Exclusion(square, circle))
        rng = np.random.default_rng(2)
        hull = ConvexHull(*np.pad(rng.normal(size=(9, 2)), ((0, 0), (0, 1))), color=ORANGE)
        field = ArrowVectorField(lambda p: np.array([p[1], -p[0], 0]), [-2, 2, 1], [-2, 2, 1])
        self.add(field, shapes, hull)
        self.play(field.animate.shift(RIGHT), Rotate(hull), run_time=0.4)


class Grounds(Scene):
    def construct(self) -> None:
        disk = Circle(2, fill_opacity=0.5, color=RED)
        self.camera.background_color = BLUE
        self.add(disk)
        self.wait(0.2)
        self.camera.background_color = GREEN
        self.play(disk.animate.shift(UP), run_time=0.3)
        self.camera.background_opacity = 0.3
        self.play(disk.animate.shift(DOWN), Create(Square()), run_time=0.3)
        self.camera.background_opacity = 0
        self.play(disk.animate.shift(DOWN), run_time=0.3)
        self.camera.set_background(picture(136, 240))
        self.wait(0.2)
        self.camera.background[40:60] = 255
        self.play(disk.animate.shift(UP), run_time=0.3)
        self.camera.init_background()
        self.wait(0.2)


class GroundMidway(Scene):
    """A ground that changes while a play is under way, with and without anything static."""

    def construct(self) -> None:
        dot = Dot(radius=1)
        colours = iter([RED, GREEN, BLUE] * 9)

        def recolour(_: Dot) -> None:
            self.camera.background_color = next(colours)

        dot.add_updater(recolour)
        self.play(dot.animate.shift(RIGHT), run_time=0.4)
        self.add(Square())
        self.bring_to_back(self.mobjects[-1])
        self.wait(0.4)


class ShiftedPlainCamera(Scene):
    """A plain camera keeps the view that it had when it first drew."""

    def construct(self) -> None:
        self.add(Square(), ImageMobject(picture()).shift(2 * LEFT))
        self.wait(0.2)
        self.camera.frame_center = RIGHT
        self.play(Rotate(Circle()), run_time=0.3)


class OwnCamera(Camera):
    """Draws in a way that nobody here knows."""

    def capture_mobjects(self, mobjects: Any, **options: Any) -> None:
        super().capture_mobjects(mobjects, **options)
        self.pixel_array[:, ::2] = 255 - self.pixel_array[:, ::2]


class WithOwnCamera(Scene):
    def __init__(self, **options: Any) -> None:
        super().__init__(camera_class=OwnCamera, **options)

    def construct(self) -> None:
        self.add(Square())
        self.play(Create(Circle()), run_time=0.3)
        self.wait(0.2)


class SineCamera(MappingCamera):
    def __init__(self) -> None:
        super().__init__(mapping_func=lambda p: p + 0.3 * np.sin(p[[1, 0, 2]]))


class Mapped(WithOwnCamera):
    def __init__(self, **options: Any) -> None:
        Scene.__init__(self, camera_class=SineCamera, **options)


ALL: tuple[type[Scene], ...] = tuple(
    value
    for value in globals().values()
    if isinstance(value, type) and issubclass(value, Scene) and value.__module__ == __name__
)
