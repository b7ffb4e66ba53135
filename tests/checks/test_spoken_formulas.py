"""What is shown as a formula is said: held against the real scripts, and against planted faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lessonkit.checks.spoken_formulas import NAMES, unspoken
from lessonkit.script import Beat, Script, load_lessons, load_script


def script(say: str, spoken: str | None = None, **labels: str) -> Script:
    beat = Beat("one", say, say, spoken=spoken)
    return Script("made_up", "hi", Path("made_up.hi.toml"), "x", "x", "", labels, (beat,))


def test_the_lessons_say_every_formula_that_they_show() -> None:
    told = [
        str(problem)
        for lesson in load_lessons().values()
        for scene in lesson.scenes
        for problem in unspoken(load_script(lesson.id, scene))
    ]
    assert told == []


@pytest.mark.parametrize(
    ("say", "formula", "missing"),
    [
        ("Loss घटता है।", "$loss(L) = (w - 3)^2$", "w"),
        ("w घटता है।", "$w <- w - eta gradient(g)$", "eta, g"),
        ("x और y", "$frac(y, x) = #slope u$", "u"),
        ("f और x", '$f(x) = part("a", mu)$', "mu"),
    ],
)
def test_a_sign_that_no_beat_says_is_told(say: str, formula: str, missing: str) -> None:
    (problem,) = unspoken(script(say, rule=formula))
    assert f"label 'rule' shows a formula with {missing}, which no beat says" in str(problem)


@pytest.mark.parametrize(
    ("say", "formula"),
    [
        ("w ← w − η · gradient", "$w <- w - eta gradient(g)$"),  # a sign, and a name of one
        ("y = wx + b", "$y = w x + b$"),  # multiplied
        ("dy को dx से भाग दीजिए", "$(d output(y))/(d input(x))$"),  # differentials
        ("λ जितनी बड़ी, उतना छोटा η", "$eta < 2 slash lambda = #bound$"),
        ("curvature और learning rate", '$eta < 2/lambda part("so", "limit")$'),  # both by name
        ("कुछ नहीं", "$x$ की ओर"),  # the name of an axis
        ("कुछ नहीं", "कोई सूत्र नहीं: w, b"),
    ],
)
def test_what_is_said_one_way_or_another_is_well(say: str, formula: str) -> None:
    assert list(unspoken(script(say, rule=formula))) == []


def test_what_only_the_voice_says_counts() -> None:
    assert list(unspoken(script("सूत्र", "w और b", rule="$w + b$"))) == []


def test_a_name_for_a_whole_formula_must_be_said(tmp_path: Path) -> None:
    names = tmp_path / "formulas.toml"
    named = NAMES.read_text(encoding="utf-8").split("[named]")[0]
    names.write_text(f'{named}[named]\n"recap/chain" = "यह कोई नहीं कहता"\n', encoding="utf-8")
    recap = load_script("gradient_descent", "recap")
    only = replace(recap, labels={"chain": recap.labels["chain"]})
    (problem,) = unspoken(only, names)
    assert "label 'chain' of recap is heard as 'यह कोई नहीं कहता': it is not" in str(problem)
