"""Practice scenes: a question, time to think, an answer that is built up."""

from __future__ import annotations

from manim import FadeIn, FadeOut, ReplacementTransform, RoundedRectangle, VGroup, Write

from lessonkit.stage import BeatClock, Countdown, LessonScene, Region, theme


class PracticeScene(LessonScene):
    """What practice scenes share; their script has a label for each tag and question.

    The tag at the top right tells what is going on: a question, a hint, its answer. A question
    stands on a card in the middle over a ring of time to think, and makes room for the answer.
    """

    def setup(self) -> None:
        """As any scene, with no question under way."""
        super().setup()
        self.tag = VGroup()

    def ask(self, beat: BeatClock, tag: str, question: str, **values: float | str) -> VGroup:
        """Show a question, and count down through the beat's pause.

        The values, such as the question's number, are for both labels. Returns what is shown: the
        card (its panel and its text) and the ring.
        """
        above, below = self.regions.content.split(0.5, 0.5)
        card = above.place(self.card_of(question, **values))
        panel, text = card
        self.play(self.mark_as(tag, **values), FadeIn(panel), run_time=0.5)
        self.play(Write(text), run_time=0.45 * (beat.remaining - beat.pause))
        return VGroup(card, self.leave_time(beat, below, up=0.6))

    def card_of(self, question: str, **values: float | str) -> VGroup:
        """A question on its panel: (panel, text)."""
        text = self.label(question, size=theme.HEADING, bold=True, **values)
        panel = RoundedRectangle(
            width=text.width + 1.1, height=text.height + 0.9, corner_radius=0.2
        ).set_fill(theme.PANEL, opacity=1)
        panel.set_stroke(theme.MUTED, theme.THIN)
        return VGroup(panel, text.move_to(panel))

    def leave_time(self, beat: BeatClock, room: Region, up: float = 0.5) -> Countdown:
        """Count down through the beat's pause with a ring in a region; returns the ring."""
        ring = room.place(Countdown(beat.pause).scale(1.2), up=up)
        self.play(FadeIn(ring), run_time=0.5)
        beat.count_down(ring)
        return ring

    def mark_as(self, tag: str, **values: float | str) -> ReplacementTransform | FadeIn:
        """Turn the tag at the top right into another one."""
        text = self.label(tag, size=theme.SMALL, bold=True, **values)
        pill = RoundedRectangle(width=text.width + 0.6, height=0.75, corner_radius=0.37)
        pill.set_fill(theme.PANEL, opacity=1).set_stroke(theme.INK, theme.THIN)
        new = self.regions.title.place(VGroup(pill, text.move_to(pill)), across=1.0)
        old, self.tag = self.tag, new
        return ReplacementTransform(old, new) if len(old) else FadeIn(new)

    def clear(self, *gone: VGroup, tag: str) -> None:
        """Make room for the answer."""
        self.play(FadeOut(*gone), self.mark_as(tag), run_time=0.6)
