"""Captions: a script and its timeline become cues; cues become WebVTT, SRT and a picture band.

The bounds are those every viewer meets: two short lines, long enough to read, on whole frames.
`cues` chooses where to break; `check` knows nothing of how it chose and measures the result.
"""

from __future__ import annotations

import io
import json
import math
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import regex  # type: ignore[import-untyped]
import typst
import uharfbuzz as hb  # type: ignore[import-untyped]
from PIL import Image

from lessonkit.problems import LessonError, Problem
from lessonkit.project import FONTS, ROOT, shown
from lessonkit.script import NARRATION, Beat, Script
from lessonkit.timeline import Timeline, Word

LINES = 2
LINE_LENGTH = 42  # NFC code points: the careful count for Devanagari
SPEED = 22.0  # code points a second
COMFORTABLE_SPEED = 18.0
SHORTEST, LONGEST = 0.833, 7.0  # seconds on screen
GAP_FRAMES, GAP = 2, 0.5  # between cues: exactly these frames, or at least these seconds
START_FRAMES = 2  # a cue starts this near its first word
LINGER = 0.5  # seconds a cue may stay after its last word

CAPTION_PX = 50  # em at 1080p: on a phone the film is 360 px wide, and this is 9 px
BAND_HEIGHT, SAFE_MARGIN = 0.165, 0.035  # of the frame's height
LINE_WIDTH = 0.8 * 1920 / CAPTION_PX  # em: 80 % of the frame
GLOSSARY = ROOT / "assets" / "glossary.toml"

LATIN, DEVANAGARI, MATHS = "Noto Sans", "Noto Sans Devanagari", "Noto Sans Math"
FONT_FILES = {
    LATIN: "NotoSans-Regular.ttf",
    DEVANAGARI: "NotoSansDevanagari-Regular.ttf",
    MATHS: "NotoSansMath-Regular.ttf",  # → ← ≈ ∂ ∇ √, which Noto Sans lacks
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A line never starts with one of these: each belongs to the word before it.
POSTPOSITIONS = _words("का के की को में पर से ने तक")
AUXILIARIES = _words(
    "है हैं हूँ हो हों था थी थे होगा होगी होंगे रहा रही रहे गया गई गए सकता सकती सकते सकें चुका चुकी चुके चाहिए"
)
BOUND = POSTPOSITIONS | AUXILIARIES | _words("ही भी वाला वाली वाले")
# … nor, after the genitive, with the noun that completes a postposition (के लिए).
GENITIVES = _words("का के की से")
AFTER_GENITIVE = _words(
    "लिए साथ पास बाद बीच कारण अंदर ओर तरह बिना पार नीचे ऊपर आगे पीछे सामने बराबर दौरान रूप द्वारा"
)
STOPS = "।॥,?!;:…"
CLOSING = STOPS + ")]}”’"
CONJUNCTIONS = _words(
    "और या तो कि क्योंकि इसलिए यानी जब जबकि जो जहाँ अगर यदि ताकि वरना बल्कि जैसे फिर चाहे लेकिन "
    "मगर and or but because so if when that which while then as than where since such"
)
LEADS_ON = CONJUNCTIONS | _words(  # after these the reader waits for the next word
    "एक हर इस उस इन उन यह ये वह यही वही इसी उसी अपना अपनी अपने इसका इसकी उसका उसकी उसके नहीं सिर्फ़ "
    "लगभग करीब the a an of to in on at by for with from its is are we you it e.g. i.e. per vs their"
)


@dataclass(frozen=True)
class Cue:
    """One timed caption of one or two lines; seconds, both on whole frames, `end` exclusive."""

    start: float
    end: float
    lines: tuple[str, ...]
    beat: str

    @property
    def text(self) -> str:
        """What it says, as it stands in the script."""
        return " ".join(self.lines)


def cues(script: Script, timeline: Timeline, fps: int) -> tuple[Cue, ...]:
    """The cues of one scene, in any language; a translation spreads over the narration's speech.

    Raises:
        LessonError: naming each beat whose text cannot be captioned within the bounds.
    """
    spoken = _spoken(script, timeline)
    starts = [words[0].start for words in spoken[1:]] + [timeline.duration]
    made = tuple(
        cue
        for beat, words, following in zip(script.beats, spoken, starts, strict=True)
        for cue in _split(beat, words, _first_frame(following, fps), fps)
    )
    if problems := check(made, script, timeline, fps):
        raise LessonError(problems)
    return made


def cue_at(cues: Sequence[Cue], frame: int, fps: int) -> Cue | None:
    """The cue shown on a frame (counted from 0), or None."""
    nth = bisect_right(cues, frame, key=lambda cue: round(cue.start * fps)) - 1
    return cues[nth] if nth >= 0 and frame < round(cues[nth].end * fps) else None


# ---------------------------------------------------------------- the bounds, measured


def check(cues: Sequence[Cue], script: Script, timeline: Timeline, fps: int) -> list[Problem]:
    """Every bound that the cues of a scene break, each with its value and a fix."""
    problems: list[Problem] = []

    def add(beat: Beat, faults: Iterable[tuple[str, str]]) -> None:
        path = shown(script.path)
        problems.extend(Problem(path, what, fix, beat.line, beat.id) for what, fix in faults)

    known = {beat.id: beat for beat in script.beats}
    strays = sorted({cue.beat for cue in cues} - set(known))
    if strays:
        what = f"cues of unknown beats: {', '.join(strays)}"
        return [Problem(shown(script.path), what, "make the cues again from this script")]
    for beat, words in zip(script.beats, _spoken(script, timeline), strict=True):
        own = [cue for cue in cues if cue.beat == beat.id]
        text = " ".join(cue.text for cue in own)
        if text != beat.text:
            add(beat, [(f"the cues say '{text}', the script '{beat.text}'", "make them again")])
            continue
        rest = iter(words)
        for cue in own:
            add(beat, _text_faults(cue))
            add(beat, _time_faults(cue, [next(rest) for _ in cue.text.split()], fps))
        add(beat, _break_faults([line for cue in own for line in cue.lines]))
    for cue, following in pairwise(cues):
        gap = round((following.start - cue.end) * fps, 3)
        if gap != GAP_FRAMES and gap < GAP * fps:
            what = f"'{cue.text}' ends {gap:g} frames before the next cue"
            fix = f"leave {GAP_FRAMES} frames or at least {GAP:g} s, and keep the script's order"
            add(known[cue.beat], [(what, fix)])
    return problems


def advise(cues: Sequence[Cue], script: Script) -> list[Problem]:
    """Cues within the bounds that are still fast to read."""
    beats = {beat.id: beat for beat in script.beats}
    return [
        Problem(
            shown(script.path),
            f"'{cue.text}' reads at {_speed(cue):.1f} characters a second",
            f"{COMFORTABLE_SPEED:g} is comfortable: shorten the sentence",
            beats[cue.beat].line,
            cue.beat,
        )
        for cue in cues
        if _speed(cue) > COMFORTABLE_SPEED
    ]


_SHORTEN = "shorten the sentence or split the beat in two"


def _text_faults(cue: Cue) -> Iterator[tuple[str, str]]:
    if not 1 <= len(cue.lines) <= LINES or not all(line.strip() for line in cue.lines):
        yield f"a cue of {len(cue.lines)} lines: '{cue.text}'", _SHORTEN
    for line in cue.lines:
        if len(line) > LINE_LENGTH:
            yield f"'{line}' has {len(line)} characters; a line holds {LINE_LENGTH}", _SHORTEN
        if (width := shaped_width(line)) > LINE_WIDTH:
            yield f"'{line}' is {width:.1f} em wide; a line holds {LINE_WIDTH:.1f}", _SHORTEN
        if missing := missing_glyphs(line):
            names = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
            yield f"the caption fonts have no {names}", "write it with another character"
    if len(cue.lines) > 1 and len(cue.text) <= LINE_LENGTH and shaped_width(cue.text) <= LINE_WIDTH:
        yield f"'{cue.text}' is broken in {len(cue.lines)} lines but fits one", "join them"
    if regex.search(
        r"</?(?:[bciuv]|font|lang|ruby|rt)(?:[ .][^<>]*)?>|\{\\|\[\[|\]\]|-->|[\uFFFD\p{Cc}]",
        cue.text,
    ):
        yield f"'{cue.text}' holds a tag or an unreadable character", "write plain text"


def _time_faults(cue: Cue, words: Sequence[Word], fps: int) -> Iterator[tuple[str, str]]:
    frame = 1 / fps
    near = 1e-6  # float noise, far below a frame
    for name, at in (("start", cue.start), ("end", cue.end)):
        if abs(at * fps - round(at * fps)) > near:
            yield f"{name} {at:.4f} s of '{cue.text}' is between two frames", "round it to a frame"
    length = cue.end - cue.start
    if length < SHORTEST - near:
        fix = f"a caption needs {SHORTEST:g} s: add a pause to the beat, or join it to the next"
        yield f"'{cue.text}' is shown {length:.3f} s", fix
    if length > LONGEST + near:
        yield f"'{cue.text}' is shown {length:.3f} s; at most {LONGEST:g} s", _SHORTEN
    if length > 0 and _speed(cue) > SPEED + near:
        what = f"'{cue.text}' reads at {_speed(cue):.1f} characters a second; at most {SPEED:g}"
        yield what, _SHORTEN
    if abs(cue.start - words[0].start) > START_FRAMES * frame + near:
        late = cue.start - words[0].start
        yield f"'{cue.text}' starts {late:+.3f} s from its first word", "start it with the word"
    linger = cue.end - words[-1].end
    if linger > LINGER + near:
        yield f"'{cue.text}' stays {linger:.3f} s after its last word", f"at most {LINGER:g} s"
    # A text spoken for longer than a cue may last has to leave before its last word ends.
    unavoidable = words[-1].end - cue.start > LONGEST - GAP
    if linger < -GAP_FRAMES * frame - near and not unavoidable:
        yield f"'{cue.text}' leaves {-linger:.3f} s before its last word ends", "keep it longer"


def _break_faults(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line, following in pairwise(lines):
        head, tail = following.split(), line.split()
        place = f"'{tail[-1]}' and '{head[0]}' stand on two lines"
        if head[0][0] in CLOSING or regex.match(r"\X", f" {following}")[0] != " ":
            yield f"{place}: a mark belongs to its word", "remove the space before it"
        # After a comma पर is "but", not the postposition.
        elif tail[-1][-1] not in STOPS and (
            head[0].rstrip(CLOSING) in BOUND
            or (tail[-1] in GENITIVES and head[0].rstrip(CLOSING) in AFTER_GENITIVE)
        ):
            yield f"{place}: a postposition or auxiliary belongs to its word", _SHORTEN
        for term in _terms():
            parts = term.casefold().split()
            for cut in range(1, len(parts)):
                left = " ".join(tail[-cut:]).casefold().lstrip("([{“‘")
                right = " ".join(head[: len(parts) - cut]).casefold().rstrip(CLOSING + ".")
                if left == " ".join(parts[:cut]) and right == " ".join(parts[cut:]):
                    yield f"{place}: '{term}' is one term", _SHORTEN


def _speed(cue: Cue) -> float:
    return len(cue.text) / (cue.end - cue.start)


# ---------------------------------------------------------------- files


def webvtt(cues: Sequence[Cue]) -> str:
    """The cues as WebVTT."""
    return _vtt((cue.start, cue.end, "\n".join(cue.lines)) for cue in cues)


def chapters_webvtt(chapters: Sequence[tuple[float, float, str]]) -> str:
    """Chapters, each (start, end, title) in seconds, as WebVTT."""
    return _vtt(chapters)


def words_webvtt(words: Sequence[tuple[float, float, str]]) -> str:
    """Words, each (start, end, text) in seconds, as a WebVTT metadata track to highlight by.

    Every word has its cue, one that is not spoken too; WebVTT has no cue without length.
    """
    return _vtt((start, max(end, start + 0.002), text) for start, end, text in words)


def srt(cues: Sequence[Cue]) -> str:
    """The cues as SubRip."""
    blocks = (
        f"{n}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines)
        for n, cue in enumerate(cues, 1)
    )
    return "".join(block + "\n\n" for block in blocks)


def _vtt(entries: Iterable[tuple[float, float, str]]) -> str:
    return "WEBVTT\n" + "".join(
        f"\n{n}\n{_clock(start, '.')} --> {_clock(end, '.')}\n"
        + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        + "\n"
        for n, (start, end, text) in enumerate(entries, 1)
    )


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milliseconds:03}"


# ---------------------------------------------------------------- picture


class Band:
    """Draws cues as the bottom band of a frame; one picture per text, kept."""

    def __init__(self, width_px: int, frame_height_px: int) -> None:
        self.width = width_px
        self.height = 2 * round(BAND_HEIGHT * frame_height_px / 2)
        self._sizes = {
            "width": width_px,
            "height": self.height,
            "margin": SAFE_MARGIN * frame_height_px,
            "size": CAPTION_PX * frame_height_px / 1080,
        }
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )
        self._compiler = typst.Compiler(font_paths=fonts)
        self._images: dict[tuple[str, ...], npt.NDArray[np.uint8]] = {}

    def image(self, cue: Cue) -> npt.NDArray[np.uint8]:
        """Read-only RGBA of shape (height, width, 4), straight alpha.

        Raises:
            LessonError: a caption font is missing from assets/fonts.
        """
        if cue.lines not in self._images:
            self._images[cue.lines] = self._draw(cue.lines)
        return self._images[cue.lines]

    def _draw(self, lines: tuple[str, ...]) -> npt.NDArray[np.uint8]:
        # The text arrives as data, so nothing in it can be markup.
        data = {**self._sizes, "lines": lines, "fonts": list(FONT_FILES)}
        png, warnings = self._compiler.compile_with_warnings(
            _BAND.encode(), format="png", ppi=72, sys_inputs={"data": json.dumps(data)}
        )
        if warnings:
            fix = f"put {', '.join(FONT_FILES.values())} back"
            raise LessonError([Problem(shown(FONTS), w.message, fix) for w in warnings])
        image = np.array(Image.open(io.BytesIO(cast(bytes, png))).convert("RGBA"))
        image.setflags(write=False)
        return image


# Edges of a line 1.3 em apart: room for matras above and conjuncts below, inside the plate.
_BAND = r"""
#let data = json(bytes(sys.inputs.data))
#set page(width: data.width * 1pt, height: data.height * 1pt, margin: 0pt, fill: none)
#set text(
  font: data.fonts, size: data.size * 1pt, fill: rgb("#F4F4F0"), lang: "hi", fallback: false,
  top-edge: 0.97em, bottom-edge: -0.33em, overhang: false,
)
#show regex("[\u{0900}-\u{097F}\u{200C}\u{200D}]+"): set text(font: "Noto Sans Devanagari")
#block(
  width: 100%,
  height: (data.height - data.margin) * 1pt,
  align(center + horizon, box(
    fill: rgb(0, 0, 0, 55%), radius: 0.16em, inset: (x: 0.4em, y: 0.06em),
    stack(..data.lines.map(line => align(center, text(line)))),
  )),
)
"""


# ---------------------------------------------------------------- word times and widths


def _spoken(script: Script, timeline: Timeline) -> list[list[Word]]:
    """The words of each beat with their times."""
    if [beat.id for beat in script.beats] != [span.id for span in timeline.beats]:
        what = f"the timeline of '{timeline.scene}' has other beats than this script"
        raise LessonError([Problem(shown(script.path), what, "make the timeline again")])
    spoken: list[list[Word]] = []
    for beat, span in zip(script.beats, timeline.beats, strict=True):
        texts = beat.text.split()
        if script.lang != NARRATION:
            spoken.append(_spread(texts, span.words[0].start, span.words[-1].end))
        elif texts == [word.text for word in span.words]:
            spoken.append(list(span.words))
        else:
            what = "the timeline was made for another text of this beat"
            fix = "make the timeline (and the take) of this beat again"
            raise LessonError([Problem(shown(script.path), what, fix, beat.line, beat.id)])
    return spoken


def _spread(texts: Sequence[str], start: float, end: float) -> list[Word]:
    ends = list(accumulate(len(text) + 1 for text in texts))
    scale = (end - start) / (ends[-1] - 1)
    return [
        Word(text, start + (at - len(text) - 1) * scale, start + (at - 1) * scale)
        for text, at in zip(texts, ends, strict=True)
    ]


def _first_frame(seconds: float, fps: int) -> int:
    return math.ceil(round(seconds * fps, 6))


class _Face(NamedTuple):
    characters: frozenset[int]
    units: int
    font: Any


@cache
def _faces() -> dict[str, _Face]:
    faces = {}
    for family, name in FONT_FILES.items():
        face = hb.Face(hb.Blob.from_file_path(FONTS / name))
        faces[family] = _Face(frozenset(face.unicodes), face.upem, hb.Font(face))
    return faces


def _family(cluster: str) -> str:
    if "\u0900" <= cluster[0] <= "\u097f":
        return DEVANAGARI
    return LATIN if ord(cluster[0]) in _faces()[LATIN].characters else MATHS


@cache
def shaped_width(line: str) -> float:
    """Width of a line in em, as HarfBuzz sets it and the band draws it."""
    width = 0.0
    for family, clusters in groupby(regex.findall(r"\X", line), key=_family):
        face = _faces()[family]
        buffer = hb.Buffer()
        buffer.add_str("".join(clusters))
        buffer.guess_segment_properties()
        hb.shape(face.font, buffer)
        width += sum(glyph.x_advance for glyph in buffer.glyph_positions) / face.units
    return width


def missing_glyphs(text: str) -> str:
    """The characters that the caption fonts cannot draw, each once."""
    return "".join(
        character
        for character in sorted(set(text))
        if ord(character) not in _faces()[_family(character)].characters
    )


@cache
def _terms() -> tuple[str, ...]:
    return tuple(tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))["terms"])


# ---------------------------------------------------------------- where to break

# Costs of one optimisation, in one currency: a break between any two words costs 10. A rule that
# is broken costs so much that it is broken only where nothing else is possible; `check` reports it.
_NEVER = 1e6
_CUE = 4.0
_LINE_BREAK = 0.6  # of what a break between cues costs: both halves stay in sight
_RUN_ON = 4.0  # a sentence ends inside a line


def _split(beat: Beat, words: Sequence[Word], following: int, fps: int) -> list[Cue]:
    """The cheapest way to cut a beat in cues and the cues in lines.

    `following` is the frame on which the next beat's first cue, or the next scene, starts.
    """
    texts = [word.text for word in words]
    count = len(texts)
    breaks = _break_costs(beat.text)
    frames = [_first_frame(word.start, fps) for word in words] + [following]

    def line(first: int, last: int) -> str:
        return " ".join(texts[first:last])

    def fits(first: int, last: int) -> bool:
        text = line(first, last)
        return last == first + 1 or (len(text) <= LINE_LENGTH and shaped_width(text) <= LINE_WIDTH)

    def in_lines(first: int, last: int) -> tuple[float, tuple[str, ...]] | None:
        if fits(first, last):
            return 0.0, (line(first, last),)
        cuts = [k for k in range(first + 1, last) if fits(first, k) and fits(k, last)]
        if not cuts:
            return None

        def cost(k: int) -> float:
            uneven = (len(line(first, k)) - len(line(k, last))) / LINE_LENGTH
            return _LINE_BREAK * breaks[k] + 6 * uneven**2

        best = min(cuts, key=cost)
        return cost(best), (line(first, best), line(best, last))

    def cue(first: int, last: int) -> tuple[float, Cue] | None:
        if (set_out := in_lines(first, last)) is None:
            return None
        cost, lines = set_out
        end = _end_frame(frames[first], words[last - 1].end, frames[last], fps)
        made = Cue(frames[first] / fps, end / fps, lines, beat.id)
        shown_for = max(made.end - made.start, 1e-3)
        speed = len(made.text) / shown_for
        cost += _CUE + _NEVER * (max(0, SHORTEST - shown_for) + max(0, speed / SPEED - 1))
        cost += 8 * max(0, 1.6 - shown_for) + 0.5 * max(0, speed - 16) ** 2
        early = words[last - 1].end - made.end - GAP_FRAMES / fps
        cost += 8 + 20 * early**2 if early > 0 else 0
        cost += 5 * max(0, 1 - len(made.text) / 24)
        cost += sum(_RUN_ON for text in lines for word in text.split()[:-1] if word[-1] in "।?!.")
        return cost, made

    best: list[tuple[float, list[Cue]]] = [(0.0, [])]
    for last in range(1, count + 1):
        cheapest: tuple[float, list[Cue]] = (math.inf, [])
        for first in range(last - 1, -1, -1):
            before, made = best[first]
            before += breaks[first] if first else 0.0
            if before >= cheapest[0]:
                continue
            if (option := cue(first, last)) is None:
                break
            if before + option[0] < cheapest[0]:
                cheapest = before + option[0], [*made, option[1]]
        best.append(cheapest)
    return best[-1][1]


def _end_frame(start: int, spoken: float, following: int, fps: int) -> int:
    """As long as the bounds allow: readers need the time more than the picture does."""
    latest = min(math.floor(round((spoken + LINGER) * fps, 6)), start + int(LONGEST * fps))
    if following - GAP_FRAMES <= latest:
        return following - GAP_FRAMES
    return min(latest, following - math.ceil(GAP * fps))


_OPERATOR = regex.compile(r"[=≈<>≤≥→←]|[+−\-×÷·/*]+")
_RELATION = regex.compile(r"[=≈<>≤≥→←]")
_NUMBER = regex.compile(r"[−+]?[\d.]*\d")
_LATIN_WORD = regex.compile(r"[A-Za-z][A-Za-z\-]+")
# Symbols, digits, lone letters and the names that formulas use: no ordinary word.
_FORMULA = regex.compile(
    r"(?!(?:a|A|I)$|.*\p{Devanagari})(?:(?<!\p{L})(?:lim|sin|cos|log|exp|d?\p{L})(?!\p{L})|\P{L})+"
)


def _break_costs(text: str) -> list[float]:
    """What it costs to break before each word of a text (the first costs nothing)."""
    words = text.split()
    held = _inside_terms(text)
    mixed = regex.search(r"\p{Devanagari}", text) is not None
    costs = [0.0]
    opened = ""
    for at, (left, right, after) in enumerate(
        zip(words, words[1:], [*words[2:], ""], strict=False), 1
    ):
        opened += left
        depth = sum(opened.count(c) for c in "([{") - sum(opened.count(c) for c in ")]}")
        depth += opened.count("|") % 2
        costs.append(_break_cost(left, right, after, mixed) + 25 * max(0, depth))
        if at in held:
            costs[-1] += _NEVER
    return costs


def _break_cost(left: str, right: str, after: str, mixed: bool) -> float:
    """What it costs to break between two words, given the one after them."""
    bare = right.rstrip(CLOSING)
    if right[0] in CLOSING or left in "([{" or regex.match(r"\p{M}", right):
        return _NEVER
    if bare in BOUND and left[-1] not in STOPS:
        return _NEVER
    if left in GENITIVES and bare in AFTER_GENITIVE:
        return _NEVER
    if _OPERATOR.fullmatch(right):
        return 50.0
    if _OPERATOR.fullmatch(left):
        return 30.0 if _RELATION.fullmatch(left) else 40.0
    if left[-1] in "।॥?!" or (left[-1] == "." and not mixed and left not in LEADS_ON):
        return 0.0
    if left[-1] in ":;…":
        return 2.0
    if left[-1] == ",":
        return 12.0 if _NUMBER.match(left) and _NUMBER.match(right) else 4.0
    if _FORMULA.fullmatch(left) and _FORMULA.fullmatch(right):
        return 45.0
    if _NUMBER.fullmatch(left) or (_NUMBER.fullmatch(bare) and left not in BOUND):
        return 18.0
    if mixed and _LATIN_WORD.fullmatch(left) and _LATIN_WORD.fullmatch(bare):
        return 20.0
    if left.casefold() in LEADS_ON or left in GENITIVES:
        return 16.0
    if after.rstrip(CLOSING) in AUXILIARIES:
        return 14.0
    if bare.casefold() in CONJUNCTIONS:
        return 6.0
    return 8.0 if left in POSTPOSITIONS else 10.0


def _inside_terms(text: str) -> set[int]:
    """The words before which a break would part a glossary term."""
    spaces = [at for at, c in enumerate(text) if c == " "]
    return {
        spaces.index(at) + 1
        for term in _terms()
        for match in regex.finditer(rf"(?<!\w){regex.escape(term)}(?!\w)", text, regex.I)
        for at in range(*match.span())
        if text[at] == " "
    }
