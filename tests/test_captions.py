from __future__ import annotations

import html
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import regex
import srt as subrip
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lessonkit import captions
from lessonkit.captions import (
    Band,
    Cue,
    advise,
    chapters_webvtt,
    check,
    cue_at,
    cues,
    missing_glyphs,
    shaped_width,
    srt,
    webvtt,
    words_webvtt,
)
from lessonkit.problems import LessonError
from lessonkit.project import FONTS, ROOT
from lessonkit.script import LANGUAGES, Beat, Script, load_lessons, load_script
from lessonkit.timeline import BeatSpan, Timeline, Word, estimate

FRAME_RATES = (15, 30, 60)
# Not the module's own list: what DESIGN names, and only where it cannot be "but".
NEVER_FIRST = set("का के की को में पर से ने तक है हैं था थी थे".split())  # noqa: SIM905
PUNCTUATION = "।॥,?!;:…"


def script_of(*texts: str, lang: str = "hi") -> Script:
    beats = tuple(Beat(f"b{n}", text, text, line=10 * n + 5) for n, text in enumerate(texts, 1))
    path = ROOT / "assets" / "script" / "calculus" / f"slope.{lang}.toml"
    return Script("slope", lang, path, "", "", "", {}, beats)


def real_scripts() -> list[tuple[Script, Timeline]]:
    pairs = []
    for lesson in load_lessons().values():
        for scene in lesson.scenes:
            timeline = estimate(load_script(lesson.id, scene))
            pairs += [(load_script(lesson.id, scene, lang), timeline) for lang in LANGUAGES]
    return pairs


def hold(made: tuple[Cue, ...], script: Script, timeline: Timeline, fps: int) -> None:
    """Assert the bounds in plain words, knowing nothing of the module but Cue."""
    for beat in script.beats:
        assert " ".join(" ".join(c.lines) for c in made if c.beat == beat.id) == beat.text
    for cue in made:
        assert len(cue.lines) in (1, 2)
        assert all(0 < len(line) <= 42 for line in cue.lines)
        first, last = (Fraction(t).limit_denominator(10**6) * fps for t in (cue.start, cue.end))
        assert first.denominator == last.denominator == 1
        assert 0.833 <= cue.end - cue.start <= 7 + 1e-9
        assert len(cue.text) / (cue.end - cue.start) <= 22 + 1e-9
        for before, after in pairwise(cue.lines):
            assert_break(before, after)
    for cue, following in pairwise(made):
        gap = round((following.start - cue.end) * fps)
        assert gap == 2 or gap >= fps / 2
        if cue.beat == following.beat:
            assert_break(cue.lines[-1], following.lines[0])
    assert made[0].start >= 0
    assert made[-1].end <= timeline.duration
    if script.lang == "hi":
        for beat, span in zip(script.beats, timeline.beats, strict=True):
            rest = iter(span.words)
            for cue in (c for c in made if c.beat == beat.id):
                words = [next(rest) for _ in cue.text.split()]
                assert abs(cue.start - words[0].start) <= 2 / fps + 1e-9
                assert cue.end <= words[-1].end + 0.5 + 1e-9


def assert_break(before: str, after: str) -> None:
    first = after.split()[0]
    assert first[0] not in PUNCTUATION
    assert before[-1] in PUNCTUATION or first.rstrip(PUNCTUATION) not in NEVER_FIRST
    whole = f"{before} {after}"
    assert len(before) in {match.end() for match in regex.finditer(r"\X", whole)}
    for term in ("Gradient Descent", "Chain Rule", "Learning Rate", "Loss Function"):
        joints = [m.start() + term.index(" ") for m in re.finditer(term, whole)]
        assert len(before) not in joints


# ---------------------------------------------------------------- the lessons themselves


@pytest.mark.parametrize("fps", FRAME_RATES)
def test_every_script_in_every_language_becomes_cues_within_the_bounds(fps: int) -> None:
    for script, timeline in real_scripts():
        made = cues(script, timeline, fps)
        hold(made, script, timeline, fps)
        assert check(made, script, timeline, fps) == []
        assert advise(made, script) == []


def test_the_caption_fonts_draw_every_character_of_the_scripts() -> None:
    text = "".join(beat.text for script, _ in real_scripts() for beat in script.beats)
    assert missing_glyphs(text) == ""
    assert missing_glyphs("क्षेत्र त्रिज्या श्री हृदय ड़ ज़्यादा f′(x) w₁ ∂ ∇ η² 0.8ᵏ √v̂ m̂ ← → −") == ""


def test_formulas_that_fit_a_line_stay_whole() -> None:
    whole = [
        "परिभाषा: f′(x) = lim h→0 (f(x+h) − f(x)) / h। यह बदलाव की दर है, बदलाव की मात्रा नहीं।",
        "Bias correction इसे ठीक करता है: m̂ = m / (1 − β₁ᵗ) और v̂ = v / (1 − β₂ᵗ)।",
        "फिर gradient को √s से भाग देता है: w ← w − η · g / (√s + ε)।",
    ]
    formulas = [
        "f′(x) = lim h→0 (f(x+h) − f(x)) / h।",
        "v̂ = v / (1 − β₂ᵗ)।",
        "w ← w − η · g / (√s + ε)।",
    ]
    script = script_of(*whole)
    lines = [line for cue in cues(script, estimate(script), 60) for line in cue.lines]
    for formula in formulas:
        assert any(formula in line for line in lines)


def test_a_formula_too_long_for_a_line_breaks_after_an_outer_operator() -> None:
    script = script_of("अब L = (w₁·x + b₁ − t)² + (w₂·x + b₂ − t)² + (w₃·x + b₃ − t)² देखिए।")
    lines = [line for cue in cues(script, estimate(script), 60) for line in cue.lines]
    assert len(lines) > 1
    for line in lines[:-1]:
        assert line.count("(") == line.count(")")
        assert line[-1] in "=+"


def test_breaks_follow_the_sentence() -> None:
    script = script_of("अब knob को ज़रा-सा घुमाइए। input थोड़ा बदला, तो output कितना बदला?")
    assert [cue.lines for cue in cues(script, estimate(script), 60)] == [
        ("अब knob को ज़रा-सा घुमाइए।", "input थोड़ा बदला, तो output कितना बदला?")
    ]


# ---------------------------------------------------------------- any text, any timeline


def sampled(alternatives: str) -> st.SearchStrategy[str]:
    return st.sampled_from(alternatives.split("|"))


HINDI_PHRASES = sampled(
    "यह slope|उसका मान|Gradient Descent को|Learning Rate का असर|हर weight के लिए|Loss Function में"
    "|contour रेखा पर|f′(x) = 2x|w ← w − η · ∂L/∂w|h = 0.01 पर|और दूसरी दिशा में|(1, 1) से"
    "|छोटा कदम लेकर|क्योंकि ढाल|3 × 8 = 24 गुना|Chain Rule से|ज़्यादा|∇f = [2x, 4y]"
)
HINDI_ENDS = sampled("बदल रहा है।|बढ़ता है,|कितना बदला?|हो सकता है;|देखिए:|मिलता है।|नहीं होता था।")
HINDI_CLAUSES = st.tuples(st.lists(HINDI_PHRASES, min_size=1, max_size=4), HINDI_ENDS).map(
    lambda clause: " ".join([*clause[0], clause[1]])
)
HINDI = st.lists(HINDI_CLAUSES, min_size=1, max_size=5).map(" ".join)
ENGLISH_WORDS = sampled(
    "the|slope|of|a|curve|falls,|gradient descent|and|learning rate|w=3|so|step.|Chain rule:|it"
)
ENGLISH = st.lists(ENGLISH_WORDS, min_size=3, max_size=12).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(st.lists(HINDI, min_size=1, max_size=3), st.sampled_from(FRAME_RATES))
def test_generated_narration_keeps_the_bounds(texts: list[str], fps: int) -> None:
    script = script_of(*texts)
    timeline = estimate(script)
    hold(cues(script, timeline, fps), script, timeline, fps)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(HINDI, ENGLISH), min_size=1, max_size=3), st.sampled_from(FRAME_RATES))
def test_generated_translations_keep_the_bounds(texts: list[tuple[str, str]], fps: int) -> None:
    timeline = estimate(script_of(*(hindi for hindi, _ in texts)))
    script = script_of(*(english for _, english in texts), lang="en")
    spans = zip(script.beats, timeline.beats, strict=True)
    # One that is far longer than its narration cannot be read in time, and is refused.
    assume(all(len(b.text) < 12 * (span.words[-1].end - span.start) for b, span in spans))
    hold(cues(script, timeline, fps), script, timeline, fps)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(HINDI, min_size=1, max_size=3),
    st.lists(st.floats(0, 1.6), min_size=120, max_size=120),
    st.floats(0.8, 1.5),
    st.sampled_from(FRAME_RATES),
)
def test_measured_timelines_with_any_silences_keep_the_bounds(
    texts: list[str], silences: list[float], pace: float, fps: int
) -> None:
    script = script_of(*texts)
    silence = iter(silences * 3)
    now = 0.0
    spans = []
    for span in estimate(script).beats:
        words = []
        start = now
        now += next(silence) / 2
        for word in span.words:
            end = now + pace * (word.end - word.start)
            words.append(Word(word.text, now, end))
            now = end + (next(silence) if word.text[-1] in PUNCTUATION else 0.0)
        now = float(np.ceil((now + 0.4) * 15) / 15)
        spans.append(BeatSpan(span.id, start, now, tuple(words), {}))
    timeline = Timeline("slope", tuple(spans))
    hold(cues(script, timeline, fps), script, timeline, fps)


# ---------------------------------------------------------------- what cannot be captioned


def test_a_beat_too_fast_to_read_names_file_line_beat_and_speed() -> None:
    text = "अब ऊपर से contour रेखाएँ देखिए: एक रेखा पर f का मान एक ही रहता है।"
    script = script_of(text)
    words = text.split()
    hurried = tuple(Word(w, n * 0.12, (n + 1) * 0.12) for n, w in enumerate(words))
    timeline = Timeline("slope", (BeatSpan("b1", 0.0, 36 / 15, hurried, {}),))
    with pytest.raises(LessonError) as caught:
        cues(script, timeline, 60)
    problem = caught.value.problems[0]
    assert problem.file == "assets/script/calculus/slope.hi.toml"
    assert (problem.line, problem.beat) == (15, "b1")
    assert "characters a second; at most 22" in problem.what
    assert problem.fix == "shorten the sentence or split the beat in two"


def test_a_word_wider_than_a_line_is_refused() -> None:
    long = "optimizer.zero_grad(set_to_none=True,foreach=None)"
    script = script_of(f"अब {long} देखिए।")
    with pytest.raises(LessonError, match=r"has 50 characters; a line holds 42"):
        cues(script, estimate(script), 60)


def test_an_unbreakable_term_wider_than_a_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    term = "एक बहुत लंबा नाम जिसे किसी भी पंक्ति में पूरा नहीं लिखा जा सकता"
    monkeypatch.setattr(captions, "_terms", lambda: (term,))
    script = script_of(f"{term} देखिए।")
    with pytest.raises(LessonError, match="is one term"):
        cues(script, estimate(script), 60)


def test_a_character_without_glyph_is_refused() -> None:
    script = script_of("यह चिह्न 漢 fonts में नहीं है।")
    with pytest.raises(LessonError, match=r"no 漢 \(U\+6F22\)"):
        cues(script, estimate(script), 60)


def test_a_stale_timeline_is_refused() -> None:
    old = estimate(script_of("पहले यह लिखा था।"))
    with pytest.raises(LessonError, match="made for another text"):
        cues(script_of("अब यह लिखा है।"), old, 60)
    with pytest.raises(LessonError, match="has other beats"):
        cues(script_of("पहले यह लिखा था।", "दूसरा beat।"), old, 60)


# ---------------------------------------------------------------- planted faults

FAULTLESS = script_of(
    "Gradient Descent को समझने के लिए, पहले एक छोटा उदाहरण देखिए।",
    "यह रेखा नीचे जा रही है, और slope ऋणात्मक है।",
    "अब उल्टी दिशा में चलिए।",
)
TIMES = estimate(FAULTLESS)
CUES = (
    Cue(0.0, 4.6, ("Gradient Descent को समझने के लिए,", "पहले एक छोटा उदाहरण देखिए।"), "b1"),
    *cues(FAULTLESS, TIMES, 60)[1:],
)


def changed(nth: int, **fields: object) -> tuple[Cue, ...]:
    return tuple(
        replace(cue, **fields) if n == nth % len(CUES) else cue for n, cue in enumerate(CUES)
    )


def relined(*lines: str) -> tuple[Cue, ...]:
    return changed(0, lines=lines)


def test_the_planted_faults_start_from_nothing_wrong() -> None:
    made = cues(FAULTLESS, TIMES, 60)
    assert made[0].lines == CUES[0].lines
    assert check(made, FAULTLESS, TIMES, 60) == []


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        (relined("Gradient", "Descent को समझने के लिए, पहले एक छोटा उदाहरण देखिए।"), "one term"),
        (relined("Gradient Descent", "को समझने के लिए, पहले एक छोटा उदाहरण देखिए।"), "postposition"),
        (relined("Gradient Descent को समझने", "के लिए, पहले एक छोटा उदाहरण देखिए।"), "postposition"),
        (relined("Gradient Descent को समझने के", "लिए, पहले एक छोटा उदाहरण देखिए।"), "postposition"),
        (relined("Gradient Descent को समझने के लिए, पहले एक छोटा", "उदाहरण देखिए।"), "has 46"),
        (relined("Gradient Descent को", "समझने के लिए,", "पहले एक छोटा उदाहरण देखिए।"), "of 3 lines"),
        (relined("Gradient Descent को समझने के लिए,", "पहले एक उदाहरण देखिए।"), "the cues say"),
        (relined(), "the cues say"),
        (changed(-1, lines=("अब उल्टी", "दिशा में चलिए।")), "but fits one"),
        (changed(-1, beat="b9"), "unknown beats: b9"),
        (changed(-1, start=CUES[-1].start + 0.01), "between two frames"),
        (changed(-1, start=CUES[-1].start + 0.1), "starts +0.100 s"),
        (changed(-1, start=CUES[-1].start - 0.1), "starts -0.100 s"),
        (changed(-1, end=CUES[-1].start + 0.5), "is shown 0.500 s"),
        (changed(-1, end=CUES[-1].start + 8), "is shown 8.000 s; at most 7"),
        (changed(-1, end=CUES[-1].start + 1), "reads at 23.0 characters a second"),
        (changed(-1, end=CUES[-1].start), "is shown 0.000 s"),
        (changed(-1, end=CUES[-1].end + 0.2), "after its last word"),
        (changed(-1, end=CUES[-1].end - 1), "before its last word ends"),
        (changed(0, end=CUES[1].start - 10 / 60), "ends 10 frames before"),
        (changed(0, end=CUES[1].start), "ends 0 frames before"),
        (changed(0, end=CUES[1].start + 0.1), "ends -6 frames before"),
        ((*CUES[1:], CUES[0]), "keep the script's order"),
        (CUES[:-1], "the cues say ''"),
    ],
)
def test_check_finds_a_planted_fault(faulty: tuple[Cue, ...], said: str) -> None:
    found = check(faulty, FAULTLESS, TIMES, 60)
    assert any(said in f"{problem.what} {problem.fix}" for problem in found), found


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("यह मान ठीक नहीं", "। अब आगे बढ़कर सबसे नया मान देखिए।"), "a mark belongs to its word"),
        (("यह मान ठीक नहीं", ", अब आगे बढ़कर सबसे नया मान देखिए।"), "a mark belongs to its word"),
        (("यह मान पहले जैसा ठीक", "\u0302 नहीं, अब आगे नया मान देखिए।"), "a mark belongs"),
        (("यह slope हर बिंदु के साथ बदल", "रही है, और नीचे जाती है।"), "auxiliary"),
        (("सबसे नया मान <b>आगे</b> देखिए।",), "a tag"),
        (("सबसे नया मान {\\an8} आगे देखिए।",), "a tag"),
        (("सबसे नया मान \ufffd आगे देखिए।",), "unreadable character"),
        (("W" * 40,), "em wide; a line holds 30.7"),
    ],
)
def test_check_finds_a_fault_of_the_text_itself(lines: tuple[str, ...], said: str) -> None:
    text = " ".join(lines)
    words = text.split()
    spoken = tuple(
        Word(w, 3.5 * n / len(words), 3.5 * (n + 1) / len(words)) for n, w in enumerate(words)
    )
    timeline = Timeline("slope", (BeatSpan("b1", 0.0, 4.0, spoken, {}),))
    found = check((Cue(0.0, 3.5, lines, "b1"),), script_of(text), timeline, 60)
    assert any(said in problem.what for problem in found), found


def test_but_after_a_comma_is_no_postposition() -> None:
    lines = ("यह 0 के पास आता जाता है,", "पर ठीक 0 कभी नहीं होता।")
    script = script_of(" ".join(lines))
    timeline = estimate(script)
    made = cues(script, timeline, 60)
    assert made[0].lines == lines
    assert check(made, script, timeline, 60) == []


def test_comparisons_are_no_tags() -> None:
    script = script_of("सीमा यह है: 0 < η < 2/λ, और w<3 तथा w>1 दोनों सच हैं।")
    assert cues(script, estimate(script), 60)


def test_advise_names_what_is_fast_but_allowed() -> None:
    cue = Cue(0.0, 1.2, ("अब उल्टी दिशा में चलिए।",), "b3")
    (problem,) = advise([cue], FAULTLESS)
    assert "19.2 characters a second" in problem.what
    assert problem.beat == "b3"
    assert advise([replace(cue, end=1.5)], FAULTLESS) == []


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_cue_at_is_exact_on_every_frame(fps: int) -> None:
    first_last = [(0, 2), (4, 31), (31, 32), (50, 1000), (1002, 4001)]
    made = [Cue(a / fps, b / fps, (f"{a}",), "b") for a, b in first_last]
    for frame in range(4100):
        expected = [c for c, (a, b) in zip(made, first_last, strict=True) if a <= frame < b]
        assert cue_at(made, frame, fps) is (expected[0] if expected else None)
    assert cue_at([], 3, fps) is None


# ---------------------------------------------------------------- files

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Co", "Cn"]), min_size=1
)
STAMPS = st.integers(0, 4 * 3600 * 60)


@st.composite
def any_cues(draw: st.DrawFn) -> list[Cue]:
    edges = sorted(draw(st.lists(STAMPS, min_size=2, max_size=12, unique=True)))
    return [
        Cue(a / 60, b / 60, tuple(draw(st.lists(TEXTS, min_size=1, max_size=2))), "b")
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]


def parse_vtt(text: str) -> list[tuple[float, float, str]]:
    """A reader of the WebVTT standard's cue blocks, written from the standard."""
    signature, *blocks = re.split(r"\n{2,}", text.rstrip("\n"))
    assert signature == "WEBVTT"
    parsed = []
    for block in blocks:
        _, timing, *payload = block.split("\n")
        stamp = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
        match = re.fullmatch(rf"{stamp} --> {stamp}", timing)
        assert match, timing
        h, m, s, ms, *end = map(int, match.groups())
        raw = "\n".join(payload)
        assert "<" not in raw
        assert "-->" not in raw
        start_s = h * 3600 + m * 60 + s + ms / 1000
        end_s = end[0] * 3600 + end[1] * 60 + end[2] + end[3] / 1000
        parsed.append((start_s, end_s, html.unescape(raw)))
    return parsed


@given(any_cues())
def test_webvtt_reads_back(made: list[Cue]) -> None:
    # html.unescape knows more names than WebVTT does; only escaped text holds none of them.
    parsed = parse_vtt(webvtt(made))
    assert [text for *_, text in parsed] == ["\n".join(cue.lines) for cue in made]
    for (start, end, _), cue in zip(parsed, made, strict=True):
        assert abs(start - cue.start) <= 0.0005001
        assert abs(end - cue.end) <= 0.0005001


def test_srt_reads_back_for_every_script() -> None:
    for script, timeline in real_scripts():
        made = cues(script, timeline, 60)
        parsed = list(subrip.parse(srt(made)))
        assert [entry.index for entry in parsed] == list(range(1, len(made) + 1))
        assert [entry.content for entry in parsed] == ["\n".join(cue.lines) for cue in made]
        for entry, cue in zip(parsed, made, strict=True):
            for stamp, seconds in ((entry.start, cue.start), (entry.end, cue.end)):
                assert abs(stamp - timedelta(seconds=seconds)) <= timedelta(microseconds=501)


def test_chapters_read_back_escaped() -> None:
    chapters = [(0.0, 61.25, "परिचय: a < b & c"), (61.25, 3723.5, "Gradient Descent")]
    text = chapters_webvtt(chapters)
    assert "01:02:03.500" in text
    assert "a &lt; b &amp; c" in text
    assert parse_vtt(text) == chapters


@given(st.floats(0, 4000))
def test_a_word_that_is_not_heard_has_a_cue_that_lasts(at: float) -> None:
    ((start, end, text),) = parse_vtt(words_webvtt([(at, at, "(eta)")]))
    assert start < end < start + 0.01
    assert text == "(eta)"


# ---------------------------------------------------------------- picture


def band_image(*lines: str, width: int = 1920, height: int = 1080) -> np.ndarray:
    return Band(width, height).image(Cue(0.0, 1.0, lines, "b"))


def plate(image: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = image[..., 3].any(1).nonzero()[0], image[..., 3].any(0).nonzero()[0]
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720), (854, 480)])
def test_the_band_is_the_even_bottom_part_of_the_frame(width: int, height: int) -> None:
    image = band_image("दुर्लभ ट्ठ ड्डू र्कीं हूँ", "(√v̂ + ε)² Å", width=width, height=height)
    assert image.dtype == np.uint8
    assert image.shape[1:] == (width, 4)
    assert image.shape[0] % 2 == 0
    assert abs(image.shape[0] - 0.165 * height) <= 1
    top, bottom, left, right = plate(image)
    assert top >= 0
    assert image.shape[0] - bottom >= 0.035 * height - 1
    assert abs((left + right) / 2 - width / 2) <= 1.5


def test_nothing_leaves_the_plate() -> None:
    image = band_image("दुर्लभ ट्ठ ड्डू र्कीं हूँ", "क्षेत्र त्रिज्या श्री हृदय ज़्यादा")
    top, bottom, left, right = plate(image)
    ink = image[..., 3] > 160
    rows, columns = ink.any(1).nonzero()[0], ink.any(0).nonzero()[0]
    assert top < rows[0]
    assert rows[-1] < bottom - 1
    assert left < columns[0]
    assert columns[-1] < right - 1


def test_punctuation_does_not_push_the_text_off_the_middle() -> None:
    image = band_image("nnn,")
    _, _, left, right = plate(image)
    ink = (image[..., 3] > 160).any(0).nonzero()[0]
    assert abs((ink[0] - left) - (right - 1 - ink[-1])) <= 3


def test_alpha_is_straight_and_the_text_near_white() -> None:
    image = band_image("Gradient Descent और Learning Rate")
    opaque = image[image[..., 3] == 255]
    assert len(opaque) > 1000
    assert (abs(np.median(opaque, axis=0) - (0xF4, 0xF4, 0xF0, 255)) <= 1).all()
    values, counts = np.unique(image[..., 3], return_counts=True)
    common = dict(zip(values.tolist(), counts.tolist(), strict=True))
    del common[0]
    assert abs(max(common, key=lambda alpha: common[alpha]) - 0.55 * 255) <= 1


def test_what_is_measured_is_what_is_drawn() -> None:
    for line in (
        "क्षेत्र त्रिज्या श्री हृदय ज़्यादा",
        "m̂ = m / (1 − β₁ᵗ) और v̂ = v / (1 − β₂ᵗ)।",
        "f′(x) = lim h→0 (f(x+h) − f(x)) / h।",
        "AV To Yes, Gradient Descent.",
        "सूत्र: slope = |∇f| cos θ,",
    ):
        _, _, left, right = plate(band_image(line))
        assert abs((right - left) / 50 - 0.8 - shaped_width(line)) < 0.06


def test_conjuncts_are_shaped() -> None:
    # With the parts side by side a virama would show and the word be wider.
    assert shaped_width("क्ष") < 0.8 * (shaped_width("क") + shaped_width("ष"))


def test_text_is_never_markup() -> None:
    for mark in ("#x", "$x$", "*x*", "_x_", "`x`", "\\x", "<x>", "@x", '"x"', "//x", "= x", "~x"):
        _, _, left, right = plate(band_image(mark))
        assert abs((right - left) / 50 - 0.8 - shaped_width(mark)) < 0.06, mark


def test_the_same_text_is_drawn_once() -> None:
    band = Band(854, 480)
    first = band.image(Cue(0.0, 1.0, ("एक पंक्ति।",), "a"))
    assert band.image(Cue(5.0, 6.0, ("एक पंक्ति।",), "b")) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0, 0] = 1


def test_a_missing_font_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("NotoSans-Regular.ttf", "NotoSansMath-Regular.ttf"):
        shutil.copy(FONTS / file, tmp_path)
    monkeypatch.setattr(captions, "FONTS", tmp_path)
    with pytest.raises(LessonError, match="noto sans devanagari"):
        band_image("एक पंक्ति।", width=854, height=480)
