"""What the voice says, held against what a Hindi teacher would say."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessonkit.problems import LessonError
from lessonkit.project import ROOT
from lessonkit.script import Beat, Script, load_lessons, load_script
from lessonkit.voice.espeak import respelled
from lessonkit.voice.spoken import PAUSES, SPEAKABLE, number_in_words, spoken_words, verbalise

GOLDEN = ROOT / "tests" / "golden" / "spoken_forms.txt"


def said(text: str) -> str:
    return " ".join(piece for piece in verbalise(text) if piece)


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "शून्य"),
        ("16", "सोलह"),
        ("39", "उनतालीस"),
        ("89", "नवासी"),
        ("100", "सौ"),
        ("102", "एक सौ दो"),
        ("600", "छह सौ"),
        ("4000", "चार हज़ार"),
        ("10000", "दस हज़ार"),
        ("250000", "दो लाख पचास हज़ार"),
        ("0.40", "शून्य दशमलव चार शून्य"),
        ("27.009", "सत्ताईस दशमलव शून्य शून्य नौ"),
        (".5", "दशमलव पाँच"),
        ("1,000", "एक हज़ार"),
        ("10,00,000", "दस लाख"),
        ("1e-3", "एक गुणा दस की power minus तीन"),
        ("2.5e6", "दो दशमलव पाँच गुणा दस की power छह"),
    ],
)
def test_numbers(digits: str, words: str) -> None:
    assert number_in_words(digits) == words


@settings(deadline=None)
@given(st.integers(0, 10**9 - 1))
def test_every_number_is_said_differently(value: int) -> None:
    assert number_in_words(str(value)) != number_in_words(str(value + 1))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("∂L/∂w", "del एल by del डब्ल्यू"),
        ("x² + 2y²", "एक्स square plus दो वाई square"),
        ("f′(x) = 2x।", "एफ़ dash of एक्स बराबर दो एक्स।"),
        ("w ← w − η ∂L/∂w", "डब्ल्यू बनता है डब्ल्यू minus ईटा del एल by del डब्ल्यू"),
        ("lim h→0", "limit एच tends to शून्य"),
        ("((2+h)² − 4) / h", "दो plus एच, whole square, minus चार, whole बटा एच"),
        ("2(y − t) = 2", "दो, वाई minus टी, बराबर दो"),
        ("m̂ / (√v̂ + ε)", "एम hat बटा, root वी hat plus एप्सिलॉन"),
        ("β₁ᵗ", "बीटा one की power टी"),
        ("0 < η < 2/λ", "शून्य less than ईटा less than दो बटा लैम्डा"),
        ("(−5, −2) पर", "minus पाँच, minus दो पर"),
        ("0/0", "शून्य बटा शून्य"),
        ("optimizer.zero_grad()", "optimizer dot zero grad"),
        ("requires_grad=True", "requires grad बराबर True"),
        ("y = x**2", "वाई बराबर एक्स double star दो"),
        ("tensor(4.)", "tensor चार"),
        ("RMSProp, SGD और GPU", "आर एम एस prop, एस जी डी और जी पी यू"),
        ("-3.2, −0.1", "minus तीन दशमलव दो, minus शून्य दशमलव एक"),
        ("x-1, x - 1", "एक्स minus एक, एक्स minus एक"),
        ("x-axis पर GPT-2", "एक्स axis पर GPT दो"),
        ("3–5 steps", "तीन से पाँच steps"),
        ("1,000 या 1, 200", "एक हज़ार या एक, दो सौ"),
        ("lr=1e-3", "एल आर बराबर एक गुणा दस की power minus तीन"),
        ("10⁻³ = 10^-3", "दस की power minus तीन बराबर दस की power minus तीन"),
        ("(x + 1)⁴", "एक्स plus एक, whole की power चार"),
        ("PyTorch 2.1.0", "pie torch दो दशमलव एक दशमलव शून्य"),
        ("∂²f/∂x²", "del square एफ़ by del एक्स square"),
        ("f''(x) = f″(x)", "एफ़ dash dash of एक्स बराबर एफ़ double dash of एक्स"),
        ("ŷ, x̄, w₄", "वाई hat, एक्स bar, डब्ल्यू four"),
        ("a == b, a != b", "ए double equal बी, ए not equal बी"),
        ("Newton's method", "Newton's method"),
        ("३ गुना", "तीन गुना"),
        ("ज़रा-सा 45° घुमाएँ", "ज़रा सा पैंतालीस degree घुमाएँ"),
    ],
)
def test_formulas_code_and_abbreviations(text: str, spoken: str) -> None:
    assert said(text) == spoken


@settings(deadline=None)  # the first call reads the rules
@given(st.text(alphabet="xhw2 .,()[]+−=/·²′∂∇√|<→←_*।ढाल", min_size=1))
def test_each_shown_word_keeps_its_piece(text: str) -> None:
    assert len(verbalise(text)) == len(text.split())


@settings(deadline=None)
@given(st.text(alphabet="xwd019३½.,-−–+=/^*²⁻³₁ᵢηΩŷ'′∂≤⇒%#()|!_ eकाँ।॥", min_size=1))
def test_no_digit_or_sign_is_left_to_the_phonemizer(text: str) -> None:
    beat = Beat("any", text, text, line=1)
    try:
        said = " ".join(spoken_words(script_of(beat), beat))
    except LessonError:
        return  # named instead
    assert all(c in " '" + PAUSES or unicodedata.category(c)[0] in "LM" for c in said)


def test_what_could_be_a_difference_or_a_range_is_named() -> None:
    beat = Beat("odd", "3-5 steps", "3-5 steps")
    with pytest.raises(LessonError, match="no words for -"):
        spoken_words(script_of(beat), beat)


def test_a_beat_of_which_nothing_is_heard_is_named() -> None:
    beat = Beat("odd", "(…)", "(…)", line=3)
    with pytest.raises(LessonError, match="nothing is heard"):
        spoken_words(script_of(beat), beat)


def test_endings_that_espeak_misreads_are_spelled_for_it() -> None:
    assert respelled("जाएँ") == "जाएं"  # without: ɟˈaːj
    assert respelled("दिशाओं") == "दिशाऒं"
    assert respelled("बाईं") == "बायीं"
    assert respelled("जाएँगे") == "जाएँगे"


def script_of(beat: Beat) -> Script:
    return Script("slope", "hi", Path("slope.hi.toml"), "", "", "", {}, (beat,))


def test_a_form_written_by_hand_is_shared_out_over_the_shown_words() -> None:
    text = "η (eta) है learning rate, जैसे 0.01 या 1।"
    spoken = "ईटा है learning rate, जैसे शून्य दशमलव शून्य एक या फिर एक।"
    beat = Beat("rate", text, text, spoken=spoken)
    words = spoken_words(script_of(beat), beat)
    assert words == (
        "ईटा",
        "",
        "है",
        "learning",
        "rate,",
        "जैसे",
        "शून्य दशमलव शून्य एक",
        "या फिर",
        "एक।",
    )


def test_a_character_without_words_is_named() -> None:
    beat = Beat("odd", "∮ देखिए।", "∮ देखिए।", line=7)
    with pytest.raises(LessonError, match="no words for ∮") as caught:
        spoken_words(script_of(beat), beat)
    (problem,) = caught.value.problems
    assert (problem.beat, problem.line) == ("odd", 7)
    assert "pronunciation.toml" in problem.fix


def spoken_forms() -> str:
    lines = []
    for lesson in load_lessons().values():
        for scene in lesson.scenes:
            script = load_script(lesson.id, scene)
            lines.append(f"## {lesson.id}/{scene}")
            for beat in script.beats:
                pieces = " ".join(piece for piece in spoken_words(script, beat) if piece)
                assert SPEAKABLE.fullmatch(pieces)
                lines += [f"{beat.id}: {beat.text}", f"    {pieces}"]
    return "\n".join(lines) + "\n"


def test_every_spoken_form_is_the_one_that_was_read_over(request: pytest.FixtureRequest) -> None:
    """After reading the difference, take it over with --update-golden."""
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(spoken_forms(), encoding="utf-8")
    assert spoken_forms() == GOLDEN.read_text(encoding="utf-8")
