"""What the voice says: the shown text with its numbers, formulas and code in words.

Each shown word keeps its own piece of the spoken form, so that its time in the sound is known. The
words for numbers, letters and signs are data, in `assets/pronunciation.toml`.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped]

from lessonkit.problems import LessonError, Problem
from lessonkit.project import ROOT, shown
from lessonkit.script import Beat, Script

PRONUNCIATION = ROOT / "assets" / "pronunciation.toml"
PAUSES = "।,?!:;…"
SPEAKABLE = regex.compile(rf"[[A-Za-z'\p{{Devanagari}}\u200c\u200d {PAUSES}]--[०-९॥॰]]*", regex.V1)
"""What the phonemizer may be given: letters of two scripts, spaces, pauses; no digit or sign."""

_TOKEN = regex.compile(
    r"""(?P<number>(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?![\d,]*\d)(?:\.\d+)?   # 1,000 or 10,00,000
            |   \d+(?:\.\d+)?  |  (?<![\p{L}\p{N})\]])\.\d+)
            (?:[eE][-−+]?\d+(?![\p{L}\d]))?)          # 1e-3
    |   (?P<hindi>[\p{Devanagari}\u200c\u200d--[।॥॰०-९]]+)
    |   (?P<differential>d(?=[A-Za-z](?![A-Za-z])))   # dx, dL/dw
    |   (?P<latin>[A-Za-z]{2,}['’][a-z]{1,2}(?![A-Za-z])|[A-Za-z]+)   # Newton's
    |   (?P<greek>\p{Greek})
    |   (?P<dot>(?<=[A-Za-z)])\.(?=[A-Za-z]))         # x.grad
    |   (?P<power>[⁺⁻][⁰¹²³⁴-⁹]+|[⁰¹²³⁴-⁹]{2,}|[⁰¹⁴-⁹])     # one alone: x², x³ are signs
    |   (?P<sign>\*\*|//|[=!<>+*/-]=|\S)
    """,
    regex.X | regex.V1,
)
_DERIVATIVE = regex.compile(r"(?:d|∂)[²³]?[A-Za-z]$")
_FUNCTION = regex.compile(r"(?<!\p{L})[fL]['′″]*$")
_PRIMED = regex.compile(r"(?<!\p{L})[A-Za-z]'*$")
_COMPOSED = regex.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")  # ŷ: a letter and its sign in one
_OPERAND = regex.compile(r"[.\d∂∇√(\[]|[A-Za-z\p{Greek}](?![A-Za-z])")
_AFTER_OPERAND = regex.compile(r"(?:[\d)\]²³]|(?<!\p{L})[A-Za-z\p{Greek}])$")
_FACTOR = regex.compile(r"[\dA-Za-z\p{Greek}+−·/]$")
_SUM = regex.compile(r"[^()]*(?:\([^()]*\)[^()]*)*[+−]\s?(?:[^()]|\([^()]*\))*\)")
_GOES_ON = regex.compile(r"[+−=<·\dA-Za-z\p{Greek}]")
_SILENT = "()[]_.“”‘’\"'॥॰"
_OPERATORS = "+−×·/="


@dataclass(frozen=True)
class _Rules:
    numbers: tuple[str, ...]
    point: str
    scales: tuple[tuple[int, str], ...]
    letters: Mapping[str, str]
    signs: Mapping[str, str]
    words: Mapping[str, str]


def spoken_words(script: Script, beat: Beat) -> tuple[str, ...]:
    """The spoken form of each shown word of a beat; empty for one that is not heard.

    Raises:
        LessonError: a character that no rule says, or nothing to say; with the beat.
    """
    by_rule = verbalise(beat.text)
    said = _shared_out(beat.spoken, by_rule) if beat.spoken else by_rule
    unsaid = sorted(set(SPEAKABLE.sub("", " ".join(said))))
    what = ""
    if unsaid:
        names = " ".join(unsaid)
        what = f"the voice has no words for {names} in '{' '.join(said)}'"
        fix = f'write  spoken = "…"  in words, or add {names} to {shown(PRONUNCIATION)}'
    elif not any(c.isalpha() for c in "".join(said)):
        what = f"nothing is heard of '{beat.text}'"
        fix = 'write  spoken = "…"  in words'
    if what:
        raise LessonError([Problem(shown(script.path), what, fix, beat.line, beat.id)])
    return said


def verbalise(text: str) -> tuple[str, ...]:
    """The spoken form of each white-space separated word of a text, by rule alone.

    Characters without a rule stay as they are.
    """
    return tuple(_Reader(text).words())


def number_in_words(digits: str) -> str:
    """A number as Hindi says it: `"0.41"` is शून्य दशमलव चार एक; `"1,000"` and `"1e-3"` too."""
    rules = _rules()
    mantissa, _, exponent = digits.replace(",", "").lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    words = _cardinal(int(whole)) if whole else []
    if fraction:
        words += [rules.point, *(rules.numbers[int(digit)] for digit in fraction)]
    if exponent:
        words += [rules.signs["×"], *_cardinal(10), _power_in_words(exponent)]
    return " ".join(words)


def _power_in_words(exponent: str) -> str:
    signs = _rules().signs
    minus = [signs["−"]] if exponent[0] in "-−" else []
    return " ".join([signs["^"], *minus, *_cardinal(int(exponent.lstrip("+-−")))])


def _cardinal(value: int) -> list[str]:
    rules = _rules()
    words: list[str] = []
    if value == 100:  # not "one hundred"
        return [dict(rules.scales)[100]]
    for scale, name in rules.scales:
        if value >= scale:
            words += [*_cardinal(value // scale), name]
            value %= scale
    if value or not words:
        words.append(rules.numbers[value])
    return words


class _Reader:
    """Reads a text from left to right and remembers which brackets are open."""

    def __init__(self, text: str) -> None:
        self._rules = _rules()
        self._text = _COMPOSED.sub(lambda c: unicodedata.normalize("NFD", c[0]), text)
        self._groups: list[bool] = []  # of each open bracket: whether an operator stands inside
        self._closed = False  # the last sign closed a bracket with an operator inside
        self._bars = 0

    def words(self) -> list[str]:
        """One piece of speech a word."""
        said: list[str] = []
        for word in regex.finditer(r"\S+", self._text):
            tokens = list(_TOKEN.finditer(self._text, word.start(), word.end()))
            piece = _joined([piece for token in tokens if (piece := self._say(token))])
            if piece[:1] in PAUSES and said:  # a pause is heard after the word before it
                said[-1] = _joined([said[-1], piece[:1]])
                piece = piece[1:].lstrip()
            said.append(piece)
        return said

    def _say(self, token: Any) -> str:
        kind, text = token.lastgroup, token[0]
        if kind == "power":
            whole, self._closed = self._closed, False
            power = _power_in_words(unicodedata.normalize("NFKC", text))
            return f", {self._rules.signs['whole']} {power}" if whole else power
        if kind in ("number", "latin", "hindi", "greek", "differential"):
            self._closed = False
        if kind == "number":
            return number_in_words(text)
        if kind == "hindi":
            return str(text)
        if kind == "differential":
            return self._rules.letters["d"]
        if kind == "latin":
            return self._latin(text)
        if kind == "greek":
            return self._rules.letters.get(text.lower(), text)
        if kind == "dot":
            return "dot"
        return self._sign(token.start(), text)

    def _latin(self, word: str) -> str:
        if word in self._rules.words:
            return self._rules.words[word]
        if len(word) == 1:
            return self._rules.letters[word.lower()]
        return word

    def _sign(self, at: int, sign: str) -> str:
        before = self._text[:at].rstrip()
        after = self._text[at + len(sign) :].lstrip()
        closed, self._closed = self._closed, False
        if sign in PAUSES:
            return sign
        if sign == "-":
            sign = self._hyphen(at)
        if sign in "([":
            self._groups.append(False)
            if sign == "(" and _FUNCTION.search(self._text[:at]):
                return self._rules.signs["of"]
            # A factor before a sum in brackets is heard apart from it by a pause.
            return "," if _FACTOR.search(before) and _SUM.match(after) else ""
        if sign in ")]":
            self._closed = self._groups.pop() if self._groups else False
            return "," if self._closed and _GOES_ON.match(after) else ""
        if sign == "|":
            self._bars += 1
            return self._rules.signs["|"] if self._bars % 2 else ","
        if sign in _OPERATORS and self._groups:
            self._groups[-1] = True
        if sign == "/":
            if _DERIVATIVE.search(before) and after[:1] in ("d", "∂"):
                return self._rules.signs["derivative"]
            return f", {self._rules.signs['over']}" if closed else self._rules.signs["/"]
        if sign in "²³" and closed:
            pause = "," if _GOES_ON.match(after) else ""
            return f", {self._rules.signs['whole']} {self._rules.signs[sign]}{pause}"
        between_digits = self._text[:at][-1:].isdecimal() and after[:1].isdecimal()
        if sign == "." and between_digits:  # 1.2.0
            return self._rules.point
        if sign == "–" and not between_digits:  # 3–5 alone has words
            return sign
        if sign == "'" and after[:1] in ("'", "(") and _PRIMED.search(self._text[:at]):
            return self._rules.signs["′"]
        if sign in _SILENT:
            return ""
        return self._rules.signs.get(sign, sign)

    def _hyphen(self, at: int) -> str:
        """What a hyphen stands for: −, a pause, silence in a word; itself where nobody can tell."""
        before, after = self._text[:at], self._text[at + 1 :]
        if not before[-1:].strip() and not after[:1].strip():
            return "−" if _AFTER_OPERAND.search(before.rstrip()) else ","
        if not _OPERAND.match(after):
            return "_"
        if before[-1:].isdecimal():  # 3-5: from, or minus?
            return "-"
        return "_" if regex.search(r"\p{L}[\p{L}\p{M}]+$", before) else "−"


def _joined(pieces: Sequence[str]) -> str:
    """Pieces with spaces between, none before a pause, and no two pauses side by side."""
    text = regex.sub(rf"\s+(?=[{PAUSES}])", "", " ".join(pieces))
    return str(regex.sub(rf",+(?=[{PAUSES}])|(?<=…),", "", text))


def _shared_out(spoken: str, by_rule: Sequence[str]) -> tuple[str, ...]:
    """A spoken form written by hand, its words given to the shown words they belong to.

    What the rules would say tells which; words that only the hand-written form has go to the shown
    words they stand in for.
    """
    written = spoken.split()
    ruled = [(nth, word) for nth, said in enumerate(by_rule) for word in said.split()]
    owners = [0] * len(written)
    matcher = SequenceMatcher(
        None, [_bare(word) for _, word in ruled], [_bare(w) for w in written], autojunk=False
    )
    for _, from_rule, to_rule, start, end in matcher.get_opcodes():
        own = [nth for nth, _ in ruled[from_rule:to_rule]]
        if not own:  # only written by hand: said with the word before it
            own = [ruled[from_rule - 1][0] if from_rule else 0]
        for step, at in enumerate(range(start, end)):
            owners[at] = own[step * len(own) // (end - start)]
    said: list[list[str]] = [[] for _ in by_rule]
    for owner, word in zip(owners, written, strict=True):
        said[owner].append(word)
    return tuple(" ".join(words) for words in said)


def _bare(word: str) -> str:
    return word.strip(PAUSES).casefold()


@cache
def _rules() -> _Rules:
    # Some letters of formulas come as one character or as two; the text is NFC.
    table = tomllib.loads(unicodedata.normalize("NFC", PRONUNCIATION.read_text(encoding="utf-8")))
    scales = sorted(((int(scale), name) for scale, name in table["scales"].items()), reverse=True)
    return _Rules(
        numbers=tuple(table["numbers"].split()),
        point=table["point"],
        scales=tuple(scales),
        letters=table["letters"],
        signs=table["signs"],
        words=table["words"],
    )
