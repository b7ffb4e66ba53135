"""Formulas on screen are also heard, for those who listen without looking.

A label's formula counts as spoken when each of its signs is said somewhere in the scene: the letter
itself, or a name of it from `assets/formulas.toml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lessonkit.problems import Problem
from lessonkit.project import ROOT, shown
from lessonkit.script import Script
from lessonkit.toml_reader import TomlReader

NAMES = ROOT / "assets" / "formulas.toml"

_FORMULA = re.compile(r"\$([^$]*)\$")
# Of a formula: words, values from the scene, and variants such as arrow.r; the d of dy/dx.
_NO_SIGNS = re.compile(r'"[^"]*"|#[A-Za-z][\w-]*(?:\.\w+)*|(?<=[a-z])\.[a-z]+|\bd (?=[a-z])')
_NAME = re.compile(r"[A-Za-z]+")
# In the narration: a letter alone, after a differential's d, or one of two that are multiplied.
_LETTERS = re.compile(r"(?<![A-Za-z])(?:[A-Za-z]|[a-z]{2})(?![A-Za-z])")


@dataclass(frozen=True)
class _Names:
    signs: Mapping[str, Sequence[str]]
    named: Mapping[str, str]


def unspoken(script: Script, path: Path = NAMES) -> Iterator[Problem]:
    """Each formula of a scene's labels that a listener would miss."""
    names = _names(path)
    text = " ".join(said for beat in script.beats for said in (beat.text, beat.spoken or ""))
    letters = {letter for found in _LETTERS.findall(text) for letter in found}
    for label, markup in script.labels.items():
        phrase = names.named.get(f"{script.scene}/{label}")
        if phrase is not None:
            if phrase not in text:
                what = (
                    f"says that label '{label}' of {script.scene} is heard as '{phrase}': it is not"
                )
                yield Problem(shown(path), what, "give the narration's words, or remove the line")
            continue
        signs = _signs(markup, names)
        if len(signs) < 2:
            continue  # the name of an axis or a point, no formula
        missing = sorted(s for s in signs if s not in letters and not _said(s, text, names))
        if missing:
            what = f"label '{label}' shows a formula with {', '.join(missing)}, which no beat says"
            fix = f"say it in a beat, or add the name that is said for it to {shown(path)}"
            yield Problem(shown(script.path), what, fix)


def _signs(markup: str, names: _Names) -> set[str]:
    """The letters and named signs of a label's formulas."""
    found: set[str] = set()
    for formula in _FORMULA.findall(markup):
        for name in _NAME.findall(_NO_SIGNS.sub(" ", formula)):
            if len(name) == 1 or name in names.signs or _greek(name):
                found.add(name)
    return found


def _said(sign: str, text: str, names: _Names) -> bool:
    known = [*names.signs.get(sign, ()), _greek(sign)]
    return any(name.casefold() in text.casefold() for name in known if name)


def _greek(name: str) -> str:
    """The letter that Typst calls so, or ""."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name}") if len(name) > 1 else ""
    except KeyError:
        return ""


@cache
def _names(path: Path) -> _Names:
    reader = TomlReader()
    table = reader.table(path) or {}
    reader.keys(path, table, {"signs": dict, "named": dict})
    reader.finish()
    return _Names(table.get("signs", {}), table.get("named", {}))
