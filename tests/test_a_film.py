"""One scene through the public command, and what comes out of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import srt

from lessonkit.captions import Band, cue_at, cues
from lessonkit.project import BUILD, ROOT
from lessonkit.render.build import QUALITIES
from lessonkit.render.film import probe
from lessonkit.script import load_script
from lessonkit.stage import theme
from lessonkit.voice.sound import RATE, loudness, read, true_peak
from lessonkit.voice.takes import narration

LESSON, SCENE = "calculus_basics", "c1_01_intro"
PICTURE = QUALITIES["preview"]


@pytest.fixture(scope="module")
def film() -> Path:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "render", f"SCENE={SCENE}", "QUALITY=preview"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return BUILD / "preview" / LESSON / f"{SCENE}.mp4"


def test_container_is_what_players_and_youtube_want(film: Path) -> None:
    inside = probe(film)
    assert inside.moov_first
    assert not inside.has_edit_list
    assert (inside.width, inside.height, inside.fps) == (854, 480, 15)
    assert inside.constant_rate
    assert (inside.profile, inside.pix_fmt) == ("High", "yuv420p")
    assert (inside.matrix, inside.primaries, inside.transfer, inside.tv_range) == (1, 1, 1, True)
    assert inside.closed_gops
    assert inside.longest_gop <= PICTURE.fps // 2
    assert inside.longest_b_run <= 2
    assert inside.language == "hin"
    assert inside.title == load_script(LESSON, SCENE).title


def test_frames_are_those_of_the_timeline(film: Path) -> None:
    timeline = narration(load_script(LESSON, SCENE)).timeline
    assert probe(film).frames == round(timeline.duration * PICTURE.fps)
    manifest = json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))
    assert manifest["scenes"][0]["beats"][-1]["end"] == pytest.approx(timeline.duration)
    assert manifest["duration"] == pytest.approx(timeline.duration, abs=1e-3)


def test_sound_is_there_as_loud_and_as_long_as_it_should_be(film: Path) -> None:
    sound = read(film)
    assert loudness(sound) == pytest.approx(-14, abs=0.5)
    assert true_peak(sound) <= -1
    inside = probe(film)
    with av.open(film) as container:
        (audio,) = container.streams.audio
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48000, 2)
        assert audio.language == "hin"
        assert audio.start_time == 0
        assert audio.duration is not None
        seconds = float(audio.duration * audio.time_base)
    assert seconds == pytest.approx(inside.duration, abs=1 / inside.fps)


def test_each_beat_is_heard_when_its_caption_comes(film: Path) -> None:
    sound = read(film)
    window = RATE // 200
    level = np.abs(sound[: len(sound) // window * window]).reshape(-1, window).max(axis=1)
    script = load_script(LESSON, SCENE)
    shown = cues(script, narration(script).timeline, PICTURE.fps)
    for beat in narration(script).timeline.beats:
        cue = next(cue for cue in shown if cue.beat == beat.id)
        before = max(0, round((beat.start - 0.3) * 200))  # the beat before has ended
        heard = (before + np.flatnonzero(level[before:] > 0.01)[0]) / 200
        assert cue.start == pytest.approx(heard, abs=2 / PICTURE.fps), beat.id
        assert beat.words[0].start == pytest.approx(heard, abs=2 / 60), beat.id


def test_every_frame_shows_its_caption_and_no_other(film: Path) -> None:
    script = load_script(LESSON, SCENE)
    timeline = narration(script).timeline
    expected_cues = cues(script, timeline, PICTURE.fps)
    band = Band(PICTURE.width, PICTURE.height)
    ground = np.array([int(theme.BACKGROUND[i : i + 2], 16) for i in (1, 3, 5)], float)
    pictures = {None: np.broadcast_to(ground, (band.height, PICTURE.width, 3))}
    for cue in expected_cues:
        image = band.image(cue).astype(float)
        alpha = image[..., 3:] / 255
        pictures[cue] = image[..., :3] * alpha + ground * (1 - alpha)
    seen = set()
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            shown = frame.to_ndarray(format="rgb24")[-band.height :].astype(float)
            cue = cue_at(expected_cues, number, PICTURE.fps)
            off = {other: np.abs(shown - drawn).mean() for other, drawn in pictures.items()}
            assert min(off, key=lambda other: off[other]) is cue, f"frame {number}"
            assert off[cue] < 3, f"frame {number}"
            seen.add(cue)
    assert seen >= set(expected_cues)


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_caption_files_say_what_the_script_says(film: Path, lang: str) -> None:
    text = " ".join(beat.text for beat in load_script(LESSON, SCENE, lang).beats)
    entries = list(srt.parse(film.with_suffix(f".{lang}.srt").read_text(encoding="utf-8")))
    assert " ".join(e.content.replace("\n", " ") for e in entries) == text
    vtt = film.with_suffix(f".{lang}.vtt").read_text(encoding="utf-8")
    assert vtt.startswith("WEBVTT\n")
    assert len(re.findall("-->", vtt)) == len(entries)


def test_words_track_has_each_word_when_it_is_spoken(film: Path) -> None:
    vtt = film.with_suffix(".words.vtt").read_text(encoding="utf-8")
    cues = re.findall(r"(\d\d):(\d\d):([\d.]+) --> (\d\d):(\d\d):([\d.]+)\n(.+)", vtt)
    spoken = [
        w for beat in narration(load_script(LESSON, SCENE)).timeline.beats for w in beat.words
    ]
    assert [text for *_, text in cues] == [word.text for word in spoken]
    for (hours, minutes, seconds, *end, _), word in zip(cues, spoken, strict=True):
        assert int(hours) * 3600 + int(minutes) * 60 + float(seconds) == pytest.approx(
            word.start, abs=1e-3
        )
        assert int(end[0]) * 3600 + int(end[1]) * 60 + float(end[2]) == pytest.approx(
            word.end, abs=1e-3
        )


def test_poster_and_chapters_lie_beside_it(film: Path) -> None:
    manifest = json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))
    for name, size in manifest["files"].items():
        assert (film.parent / name).stat().st_size == size > 0
    assert {Path(n).suffixes[-1] for n in manifest["files"]} == {".mp4", ".vtt", ".srt", ".png"}
    (chapter,) = probe(film).chapters
    assert chapter.start == 0
    assert chapter.title == load_script(LESSON, SCENE).title
