"""A training loop, line by line, beside the mathematics of each line and what it prints."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    Create,
    FadeIn,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    SurroundingRectangle,
    Transform,
    TransformFromCopy,
    VGroup,
    Write,
)

from lessonkit.stage import CodeCard, LessonScene, Typeset, theme
from mathcore.snippets import snippet

FORWARD, LOSS, BACKWARD, STEP = 14, 15, 18, 19  # lines of the program


class TrainingCode(LessonScene):
    """code → loss formula → its gradient → the update → what was printed."""

    def construct(self) -> None:
        program = snippet("training_loop")
        card = CodeCard(program.source, self.regions.figure)
        notes, printed = self.regions.side.split(0.6, 0.4, gap=0.3)
        loss, gradient, update = (
            self.formula(markup)
            for markup in (
                "loss(L) = (input(w) + input(b) - 2)^2",
                "gradient(nabla L) = 2 (input(w) + input(b) - 2)",
                "input(w) <- input(w) - eta gradient(nabla L)",
            )
        )
        for formula in (loss, gradient, update):
            notes.place(formula, up=0.75)
        names = ("forward", "backward", "step")
        what = {name: self.label(name, width=notes.width) for name in names}
        for text in what.values():
            notes.place(text, up=0.2)
        lines = VGroup(
            *(
                Typeset(f'#raw("{line}")', size=theme.SMALL, fonts=theme.CODE_FONTS)
                for line in program.run().output[:4]
            )
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.2)
        printed.place(lines, across=0.0)
        with self.beat("code") as beat:
            self.play(Write(self.heading()), FadeIn(card.panel), run_time=1.0)
            self.play(
                LaggedStart(
                    *(
                        FadeIn(card.line(n), shift=0.2 * DOWN)
                        for n, line in enumerate(program.lines, 1)
                        if line.strip()
                    ),
                    lag_ratio=0.15,
                ),
                run_time=beat.remaining,
            )
        with self.beat("forward") as beat:
            marker = card.marker(FORWARD)
            self.play(FadeIn(marker), Write(what["forward"]), run_time=1.2)
            self.play(
                Transform(marker, card.marker(LOSS)),
                TransformFromCopy(card.line(LOSS), loss),
                run_time=beat.remaining,
            )
        with self.beat("backward") as beat:
            self.play(
                Transform(marker, card.marker(BACKWARD)),
                ReplacementTransform(what["forward"], what["backward"]),
                run_time=1.2,
            )
            self.play(ReplacementTransform(loss, gradient), run_time=beat.to("step"))
            self.play(
                Transform(marker, card.marker(STEP)),
                ReplacementTransform(gradient, update),
                ReplacementTransform(what["backward"], what["step"]),
                run_time=beat.remaining,
            )
        with self.beat("printed") as beat:
            frame = SurroundingRectangle(lines, color=theme.LOSS, buff=0.15)
            self.play(Create(frame), Write(lines), run_time=beat.to("falls"))
            self.play(
                *(Indicate(line, color=theme.LOSS) for line in lines), run_time=beat.remaining
            )
