"""A scene in which every beat has one fault; each stands long enough to be seen.

The beat that a method plays is its name without `fault_`.
"""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, Dot, FadeIn, Line, Rectangle, Text, linear

from lessonkit.stage import LessonScene, LiveNumber, Region, theme

LIGHT_A_SECOND = 10  # changes of the flashing screen: five flashes a second


class Faults(LessonScene):
    def construct(self) -> None:
        for name, fault in list(vars(Faults).items()):
            if name.startswith("fault_"):
                with self.beat(name.removeprefix("fault_").replace("_", "-")):
                    fault(self)
                    if name != "fault_still":
                        self.keep_moving()
                self.clear()

    def keep_moving(self) -> None:
        """Something small that changes, so that the beat is not still."""
        dot = Dot([-6, 2.2, 0], radius=0.05, color=theme.INK)
        self.add(dot)
        for way in (1, -1):
            self.play(dot.animate(rate_func=linear).shift(0.3 * way * RIGHT), run_time=1.2)
        self.remove(dot)

    def panel(self, width: float, color: str) -> Rectangle:
        return Rectangle(width=width, height=1.5, stroke_width=0).set_fill(color, opacity=1)

    def fault_none(self) -> None:
        grown = self.label("word", size=theme.SMALL)
        self.add(self.heading(), self.regions.side.place(grown))
        self.add(self.label("good", value=abs(-4.01)), self.formula("h^2 + x_3 -> 0").shift(UP))

    def fault_safe_margin(self) -> None:
        self.add(self.label("word").to_edge(RIGHT, buff=0.05))

    def fault_region(self) -> None:
        self.add(Region(-1, 1, 0, 1).place(self.label("sentence"), fit=False))

    def fault_caption_band(self) -> None:
        self.add(Dot([0, -3.6, 0], color=theme.INK))

    def fault_overlap(self) -> None:
        self.add(self.label("word"), self.label("other").shift(0.1 * RIGHT))

    def fault_crossed(self) -> None:
        word = self.label("word")
        ends = word.get_corner(DOWN + LEFT), word.get_corner(UP + RIGHT)
        self.add(Line(*ends, stroke_width=6, color=theme.OUTPUT), word)

    def fault_covered(self) -> None:
        word = self.label("word")
        self.add(word, self.panel(1, theme.PANEL).move_to(word.get_right()))

    def fault_contrast(self) -> None:
        self.add(self.panel(4, theme.GRADIENT), self.label("word", color=theme.INK))

    def fault_size(self) -> None:
        self.add(self.label("word").scale(0.5))

    def fault_size_of_sentence(self) -> None:
        self.add(self.label("english", size=32))

    def fault_colour(self) -> None:
        self.add(self.formula("slope(m)").set_color(theme.LOSS))

    def fault_meaning(self) -> None:
        self.add(self.label("gradient-as-loss"))

    def fault_meaning_of_whole(self) -> None:
        self.add(self.label("loss-word", color=theme.GRADIENT))

    def fault_palette(self) -> None:
        self.add(Dot([0, 0, 0], color="#00FF00", radius=0.3))

    def fault_shaping(self) -> None:
        self.add(self.label("unshaped"))

    def fault_foreign_text(self) -> None:
        self.add(Text("abc", color=theme.INK))

    def fault_number_in_label(self) -> None:
        self.add(self.label("typed-number"))

    def fault_number_in_formula(self) -> None:
        self.add(self.formula("slope(m) = 4.25"))

    def fault_number_as_value(self) -> None:
        self.add(self.formula("slope(m) > #typed", typed=3.75))

    def fault_number_that_lives(self) -> None:
        self.add(LiveNumber(lambda: 6.25))

    def fault_flash(self) -> None:
        screen, seconds = self.panel(6, theme.INK), [0.0]

        def blink(mobject: Rectangle, dt: float) -> None:
            seconds[0] += dt
            lit = int(seconds[0] * LIGHT_A_SECOND) % 2
            mobject.set_fill(theme.INK, opacity=float(lit))

        screen.add_updater(blink)
        self.add(screen)

    def fault_still(self) -> None:
        self.add(self.label("word"))

    def fault_too_short(self) -> None:
        self.play(FadeIn(self.label("word")), run_time=0.1)

    def fault_too_fast(self) -> None:
        self.play(Dot([-6, 0, 0], color=theme.INK).animate.shift(12 * RIGHT), run_time=0.4)

    def fault_too_brief(self) -> None:
        word = self.label("sentence")
        self.add(word)
        self.wait(0.5)
        self.remove(word)
