"""Practice scenes: a question, time to think, an answer that is built up."""

from __future__ import annotations

from manim import FadeIn, FadeOut, ReplacementTransform, RoundedRectangle, VGroup, Write

from lessonkit.stage import BeatClock, Countdown, LessonScene, theme


class PracticeScene(LessonScene):
    """What practice scenes share; their script has a label for each tag and question."""

    def setup(self) -> None:
        """As any scene, with no question under way."""
        super().setup()
        self.tag = VGroup()

    def ask(self, beat: BeatClock, tag: str, question: str) -> VGroup:
        """Show a question, and count down through the beat's pause; returns what is shown."""
        above, below = self.regions.content.split(0.5, 0.5)
        text = self.label(question, size=theme.HEADING, bold=True)
        panel = RoundedRectangle(
            width=text.width + 1.1, height=text.height + 0.9, corner_radius=0.2
        ).set_fill(theme.PANEL, opacity=1)
        panel.set_stroke(theme.MUTED, theme.THIN)
        card = above.place(VGroup(panel, text.move_to(panel)))
        ring = below.place(Countdown(beat.pause).scale(1.2), up=0.6)
        self.play(self.mark_as(tag), FadeIn(panel), run_time=0.5)
        self.play(Write(text), run_time=0.45 * (beat.remaining - beat.pause))
        self.play(FadeIn(ring), run_time=0.5)
        beat.count_down(ring)
        return VGroup(card, ring)

    def mark_as(self, tag: str) -> ReplacementTransform | FadeIn:
        """Turn the tag at the top right into another one."""
        text = self.label(tag, size=theme.SMALL, bold=True)
        pill = RoundedRectangle(width=text.width + 0.6, height=0.75, corner_radius=0.37)
        pill.set_fill(theme.PANEL, opacity=1).set_stroke(theme.INK, theme.THIN)
        new = self.regions.title.place(VGroup(pill, text.move_to(pill)), across=1.0)
        old, self.tag = self.tag, new
        return ReplacementTransform(old, new) if len(old) else FadeIn(new)

    def clear(self, *gone: VGroup, tag: str) -> None:
        """Make room for the answer."""
        self.play(FadeOut(*gone), self.mark_as(tag), run_time=0.6)
