"""When each beat, mark and word of a scene happens.

A beat that has a take lasts as long as its sound (`lessonkit.voice.takes`). For one that has none
the duration is estimated from its text: `spoken_length` is the one place that says how long that
takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from lessonkit.script import Beat, Script

GRID = 15
"""Beats start and end on multiples of 1/15 s: whole frames at 15, 30 and 60 frames a second."""

CODE_POINTS_A_SECOND = 13.7  # measured on the Hindi voice, ordinary words
BREATH = 0.45  # silence that ends a beat, estimated …
BREATH_AFTER_TAKE = 0.8  # … and after the last word that is really heard
PAUSES = {"।": 0.35, "?": 0.4, "!": 0.35, ":": 0.25, ",": 0.18, ";": 0.25, "…": 0.3}  # seconds
# A symbol is spoken as a word: x² is "x का वर्ग". In code points of its spoken form.
SYMBOL_LENGTH = 6.0
DIGIT_LENGTH = 4.0
LONE_LETTER_LENGTH = 3.0

_SYMBOLS = "=+−×÷/^²³ᵏᵗ√∂∇Ση′→←≈<>|%"
_LONE_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")


@dataclass(frozen=True)
class Word:
    """One white-space separated word of the shown text, in seconds from the scene's start."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class BeatSpan:
    """A beat in time. `end` includes the pause; speech ends with the last word."""

    id: str
    start: float
    end: float
    words: tuple[Word, ...]
    marks: Mapping[str, float]


@dataclass(frozen=True)
class Timeline:
    """A scene in time, in seconds from its start."""

    scene: str
    beats: tuple[BeatSpan, ...]

    @property
    def duration(self) -> float:
        """Seconds; a multiple of 1/15."""
        return self.beats[-1].end


def estimate(script: Script) -> Timeline:
    """The timeline of a scene from its text alone."""
    spans: list[BeatSpan] = []
    start = 0.0
    for beat in script.beats:
        spans.append(beat_span(beat, estimated_words(beat), start))
        start = spans[-1].end
    return Timeline(script.scene, tuple(spans))


def beat_span(
    beat: Beat, times: Sequence[tuple[float, float]], start: float, breath: float = BREATH
) -> BeatSpan:
    """A beat that begins at `start`, from the times of its words counted from there.

    After the last word come a breath and the beat's pause, up to the next step of the grid.
    """
    texts = beat.text.split()
    words = tuple(
        Word(text, start + first, start + end)
        for text, (first, end) in zip(texts, times, strict=True)
    )
    offsets = accumulate((len(text) + 1 for text in texts), initial=0)
    starts_at = {offset: word.start for offset, word in zip(offsets, words, strict=False)}
    marks = {name: starts_at[at] for name, at in beat.marks.items()}
    end = on_grid(words[-1].end + breath + beat.pause)
    return BeatSpan(beat.id, start, end, words, marks)


def spoken_length(word: str) -> float:
    """Estimated seconds to speak one written word, without the pause after it."""
    lone = len(_LONE_LETTER.findall(word))
    symbols = sum(word.count(c) for c in _SYMBOLS)
    digits = sum(c.isdecimal() for c in word)
    silent = sum(word.count(c) for c in [*PAUSES, "(", ")", "[", "]"])
    letters = len(word) - lone - symbols - digits - silent
    length = (
        letters + lone * LONE_LETTER_LENGTH + symbols * SYMBOL_LENGTH + digits * DIGIT_LENGTH + 1
    )
    return length / CODE_POINTS_A_SECOND


def on_grid(seconds: float) -> float:
    """The first multiple of 1/15 s that is not earlier."""
    return math.ceil(round(seconds * GRID, 6)) / GRID


def estimated_words(beat: Beat) -> list[tuple[float, float]]:
    """Start and end of each word of a beat, estimated, in seconds from the beat's start."""
    times: list[tuple[float, float]] = []
    now = 0.0
    for text in beat.text.split():
        end = now + spoken_length(text)
        times.append((now, end))
        now = end + PAUSES.get(text[-1], 0.0)
    return times
