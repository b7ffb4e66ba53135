"""One page a scene on which a reviewer hears each beat and finds the word that is said badly."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

import numpy as np

from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, FONTS, shown, written_whole
from lessonkit.script import Beat, Script
from lessonkit.voice.sound import RATE, Samples, read
from lessonkit.voice.spoken import spoken_words
from lessonkit.voice.takes import NONE, Take, current_take, voice_of

AUDITION = BUILD / "audition"
_HEIGHT, _SECOND = 80, 120  # pixels
_COLUMN = 2  # pixels a stroke of the waveform


def audition(script: Script) -> Path:
    """Write the page of a scene's takes and return where it is; it needs no other file.

    Raises:
        LessonError: missing or outdated takes; a scene without any voice.
    """
    heard: list[tuple[Beat, Take]] = []
    problems: list[Problem] = []
    for beat in script.beats:
        try:
            if (voice := voice_of(script, beat)) != NONE:
                heard.append((beat, current_take(script, beat, voice)))
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems)
    if not heard:
        what, fix = "no beat has a voice", "choose one in lesson.toml, or with VOICE="
        raise LessonError([Problem(shown(script.path), what, fix)])
    beats = "\n".join(_beat(script, beat, take) for beat, take in heard)
    page = AUDITION / f"{script.scene}.html"
    # Not every system has a font for Hindi.
    font = base64.b64encode((FONTS / "NotoSansDevanagari-Regular.ttf").read_bytes()).decode()
    with written_whole(page) as temporary:
        text = _PAGE.replace("{title}", escape(script.title)).replace("{font}", font)
        text = text.replace("{second}", str(_SECOND)).replace("{beats}", beats)
        temporary.write_text(text, encoding="utf-8")
    return page


def _beat(script: Script, beat: Beat, take: Take) -> str:
    said = spoken_words(script, beat)
    phonemes = take.phonemes or ("",) * len(said)
    words = "".join(
        f'<button data-at="{start:.3f}"><b>{escape(text)}</b><i>{escape(spoken) or "–"}</i>'
        f"<code>{escape(sound)}</code></button>"
        for text, spoken, sound, (start, _) in zip(
            beat.text.split(), said, phonemes, take.words, strict=True
        )
    )
    sound = base64.b64encode(take.sound.read_bytes()).decode()
    return (
        f'<section data-words="{escape(json.dumps(take.words))}"><h2>{escape(beat.id)}</h2>'
        f"<p>{take.voice}, {take.seconds:.2f} s</p>"
        f'<audio controls preload="none" src="data:audio/ogg;base64,{sound}"></audio>'
        f'<div class="wave">{_waveform(read(take.sound), take)}</div>'
        f'<div class="words">{words}</div></section>'
    )


def _waveform(samples: Samples, take: Take) -> str:
    """The sound as SVG, each word shaded."""
    width = max(1, round(len(samples) / RATE * _SECOND))
    columns = np.array_split(np.abs(samples), width // _COLUMN or 1)
    tall = [max(1.0, float(c.max()) * _HEIGHT * 1.6) for c in columns]
    strokes = "".join(
        f"M{n * _COLUMN} {_HEIGHT / 2 - min(t, _HEIGHT) / 2:.1f}v{min(t, _HEIGHT):.1f}"
        for n, t in enumerate(tall)
    )
    shades = "".join(
        f'<rect x="{at * _SECOND:.1f}" width="{(end - at) * _SECOND:.1f}" height="{_HEIGHT}"/>'
        for at, end in take.words
    )
    return (
        f'<svg width="{width}" height="{_HEIGHT}">{shades}<path d="{strokes}"/>'
        f'<line x1="0" x2="0" y2="{_HEIGHT}"/></svg>'
    )


_PAGE = """<!doctype html>
<html lang="hi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
@font-face { font-family: Hindi; src: url(data:font/ttf;base64,{font}) }
body { font: 18px/1.5 "Noto Sans", Hindi, sans-serif; margin: 1.5rem auto;
  max-width: 72rem; padding: 0 1rem; background: #fbfbf8; color: #1c1c1c }
section { border-top: 1px solid #ccc; padding: .5rem 0 1rem }
h2 { font-size: 1rem; margin: 0 .5rem 0 0; display: inline-block }
section > p { display: inline; color: #555 }
audio { display: block; width: 100%; margin: .4rem 0 }
.wave { overflow-x: auto } svg { cursor: pointer }
rect { fill: #f4e3b2; stroke: #fbfbf8 } path { stroke: #33506e }
line { stroke: #c22; stroke-width: 2 }
.words { display: flex; flex-wrap: wrap; gap: .3rem }
button { font: inherit; text-align: left; border: 1px solid #ddd; border-radius: .3rem;
  background: #fff; padding: .2rem .5rem; cursor: pointer }
button.now { background: #f4e3b2 }
button b, button i, button code { display: block; font-weight: 400; font-style: normal }
button i { color: #33506e } button code { color: #555; font-size: .8rem }
</style>
<h1>{title}</h1>
<p>A word: shown, spoken, in phonemes. Click one, or the waveform, to hear from there.</p>
{beats}
<script>
const all = document.querySelectorAll("audio");
for (const section of document.querySelectorAll("section")) {
  const audio = section.querySelector("audio"), line = section.querySelector("line");
  const words = JSON.parse(section.dataset.words), buttons = section.querySelectorAll("button");
  const show = () => {
    line.setAttribute("transform", `translate(${audio.currentTime * {second}})`);
    buttons.forEach((button, n) => button.classList.toggle("now",
      words[n][0] <= audio.currentTime && audio.currentTime < words[n][1]));
    if (!audio.paused) requestAnimationFrame(show);
  };
  const hear = from => {
    audio.currentTime = from;
    audio.play();
  };
  audio.onseeked = show;
  audio.onplay = () => {
    all.forEach(other => other === audio || other.pause());
    show();
  };
  buttons.forEach(button => button.onclick = () => hear(+button.dataset.at));
  section.querySelector("svg").onclick = event =>
    hear((event.clientX - event.currentTarget.getBoundingClientRect().left) / {second});
}
</script>
"""
