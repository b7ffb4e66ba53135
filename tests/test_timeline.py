"""When things happen: against plain arithmetic, knowing nothing of how the estimate is made."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessonkit.script import Beat, Script, load_lessons, load_script
from lessonkit.timeline import BeatSpan, estimate, on_grid, spoken_length

TOKENS = "h slope क्षेत्र ज़्यादा, f(2+h) = − 0.01। [x] (a, b) … क्यों? w′(t)=η·∂L/∂w है।"


def script_of(*beats: Beat) -> Script:
    return Script("slope", "hi", Path("slope.hi.toml"), "", "", "", {}, beats)


def span_of(text: str, pause: float = 0.0) -> BeatSpan:
    (span,) = estimate(script_of(Beat("only", text, text, pause=pause))).beats
    return span


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    beats = []
    for n in range(draw(st.integers(1, 4))):
        words = draw(st.lists(st.sampled_from(TOKENS.split()), min_size=1, max_size=12))
        text = " ".join(words)
        nth = draw(st.integers(0, len(words) - 1))
        marks = {f"m{n}": len(" ".join(words[:nth])) + (nth > 0)}
        pause = draw(st.floats(0, 15))
        beats.append(Beat(f"b{n}", text, text, marks, pause=pause))
    return script_of(*beats)


@given(scripts())
def test_time_runs_forward_on_whole_frames_with_every_word_in_it(script: Script) -> None:
    timeline = estimate(script)
    assert [span.id for span in timeline.beats] == [beat.id for beat in script.beats]
    assert timeline.beats[0].start == 0
    assert timeline.duration == timeline.beats[-1].end
    assert all(a.end == b.start for a, b in pairwise(timeline.beats))
    for beat, span in zip(script.beats, timeline.beats, strict=True):
        for edge in (span.start, span.end):
            for fps in (15, 30, 60):
                assert edge * fps == pytest.approx(round(edge * fps), abs=1e-6)
        assert [word.text for word in span.words] == beat.text.split()
        assert span.words[0].start == span.start
        assert all(word.start < word.end for word in span.words)
        assert all(a.end <= b.start for a, b in pairwise(span.words))
        silence = span.end - span.words[-1].end - beat.pause
        assert 0.4 < silence < 0.6
        # A mark is the start of the word that stands at its offset.
        ((_, offset),) = beat.marks.items()
        before = len(beat.text[:offset].split())
        assert set(span.marks.values()) == {span.words[before].start}


def test_plain_speech_keeps_the_measured_rate() -> None:
    text = "यही छोटा सा बदलाव पूरी रेखा की ढलान को धीरे धीरे बदल देता है"
    span = span_of(text)
    assert len(text) / (span.words[-1].end - span.start) == pytest.approx(13.7, rel=0.03)


def test_the_lessons_take_about_as_long_as_their_text() -> None:
    letters = seconds = 0.0
    for lesson in load_lessons().values():
        for scene in lesson.scenes:
            script = load_script(lesson.id, scene)
            letters += sum(len(beat.text) for beat in script.beats)
            silent = sum(beat.pause for beat in script.beats)
            seconds += estimate(script).duration - silent
    # Formulas and the breath between beats take longer than their letters, by no more than half.
    assert 1.0 < seconds / (letters / 13.7) < 1.5


@pytest.mark.parametrize(("formula", "words"), [("x²", "एक्स का वर्ग"), ("x = 2", "एक्स बराबर दो")])
def test_a_formula_takes_as_long_as_its_words(formula: str, words: str) -> None:
    seconds = span_of(formula).words[-1].end
    assert seconds == pytest.approx(len(words) / 13.7, rel=0.35)
    assert seconds > 1.5 * len(formula) / 13.7


@given(st.floats(0, 15))
def test_a_pause_is_silence_at_the_end(pause: float) -> None:
    plain, held = span_of("क्यों?"), span_of("क्यों?", pause)
    assert held.words == plain.words
    assert plain.end + pause - 1 / 15 < held.end < plain.end + pause + 1 / 15


def test_a_comma_takes_a_moment() -> None:
    with_comma, without = span_of("अब, देखिए"), span_of("अब देखिए")
    assert with_comma.words[0].end == pytest.approx(without.words[0].end)
    assert with_comma.words[1].start > without.words[1].start + 0.1


@given(st.integers(0, 10**6))
def test_grid_points_stay_where_they_are(nth: int) -> None:
    assert on_grid(nth / 15) == pytest.approx(nth / 15)
    assert on_grid(nth / 15 + 0.01) == pytest.approx((nth + 1) / 15)


@given(st.text("abcxyzकखगािी्²=+−0123456789.,()[]।", min_size=1, max_size=20))
def test_every_word_takes_time(word: str) -> None:
    assert spoken_length(word) > 0
