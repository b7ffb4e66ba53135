"""Practice scenes: a question, time to think, an answer that is built up."""

from __future__ import annotations

from manim import DOWN, FadeIn, FadeOut, ReplacementTransform, RoundedRectangle, VGroup, Write

from lessonkit.stage import BeatClock, Countdown, LessonScene, theme


class PracticeScene(LessonScene):
    """What practice scenes share; their script has a label for each tag and question."""

    def setup(self) -> None:
        """As any scene, with no question under way."""
        super().setup()
        self.tag = VGroup()

    def ask(self, beat: BeatClock, tag: str, question: str, *extra: VGroup) -> VGroup:
        """Show a question, and count down through the beat's pause; returns what is shown."""
        left, right = self.regions.content.columns(0.7, 0.3, gap=0.4)
        text = self.label(question, size=1.2 * theme.HEADING, width=left.width, bold=True)
        left.place(VGroup(text, *extra).arrange(DOWN, buff=0.5), across=0.0)
        ring = right.place(Countdown(beat.pause).scale(1.3))
        self.play(self.mark_as(tag), run_time=0.5)
        self.play(Write(text), run_time=0.45 * (beat.remaining - beat.pause))
        self.play(FadeIn(ring, *extra), run_time=0.5)
        beat.count_down(ring)
        return VGroup(text, ring, *extra)

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
