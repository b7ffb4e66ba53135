"""Levels, limits and files, against made sounds whose level is plain arithmetic."""

from __future__ import annotations

import math
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import chirp

from lessonkit.render.film import Picture, SegmentWriter, join, probe, write_sound
from lessonkit.voice.sound import (
    RATE,
    Samples,
    faded,
    laid_out,
    levelled,
    loudness,
    read,
    true_peak,
    write_opus,
)


def tone(seconds: float, amplitude: float = 0.1, hertz: float = 997.0) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def speech_like(seconds: float) -> Samples:
    """Bursts of a sweeping tone: loud and quiet, with rests between."""
    time = np.arange(round(seconds * RATE)) / RATE
    sweep = chirp(time, 150, seconds, 4000) * (0.3 + 0.7 * np.sin(2 * np.pi * 0.7 * time) ** 2)
    return (0.5 * sweep * (np.sin(2 * np.pi * 1.5 * time) > -0.4)).astype(np.float32)


def test_loudness_is_that_of_the_standard() -> None:
    # ITU-R BS.1770: 997 Hz at full scale on one channel is -3.01 LKFS, so on both 0.
    assert loudness(tone(5, amplitude=1.0)) == pytest.approx(0.0, abs=0.05)
    assert loudness(tone(5, amplitude=0.1)) == pytest.approx(-20.0, abs=0.05)
    assert loudness(np.zeros(RATE, np.float32)) == -math.inf


def test_peaks_between_samples_count() -> None:
    time = np.arange(RATE) / RATE
    between = np.sin(2 * np.pi * RATE / 4 * time + np.pi / 4).astype(np.float32)  # samples at 0.707
    assert np.abs(between).max() == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert true_peak(between[1000:-1000]) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("target", [-14.0, -20.0])
def test_levelled_sound_has_its_loudness_and_no_peak_above_the_ceiling(target: float) -> None:
    made = levelled(speech_like(6), target, ceiling=-2.0)
    assert loudness(made) == pytest.approx(target, abs=0.1)
    assert true_peak(made) <= -1.9


def test_silence_stays_silent() -> None:
    silence = np.zeros(RATE, np.float32)
    assert not levelled(silence, -14.0).any()


def test_pieces_lie_where_they_belong_and_end_without_a_click() -> None:
    piece = faded(tone(0.5))
    track = laid_out([(0.25, piece), (1.8, piece)], 2.0)
    assert len(track) == 2 * RATE
    assert not track[: RATE // 4].any()
    assert np.array_equal(track[RATE // 4 : RATE // 4 + len(piece)], piece)
    assert np.abs(np.diff(track[: 3 * RATE // 2])).max() < 0.02  # a click would be a step of 0.1


def test_opus_comes_back_in_time_and_equal_sound_gives_equal_bytes(tmp_path: Path) -> None:
    sound = speech_like(2.5)
    first, second = tmp_path / "first.opus", tmp_path / "second.opus"
    write_opus(first, sound)
    write_opus(second, sound)
    assert first.read_bytes() == second.read_bytes()
    back = read(first)
    assert len(back) == len(sound)
    assert abs(lag(sound, back)) < RATE // 1000


def lag(sound: Samples, heard: Samples, reach: int = 1500) -> int:
    """By how many samples `heard` is late."""
    piece = slice(RATE, RATE + RATE // 2)
    scores = [
        float(np.dot(sound[piece], heard[piece.start + by : piece.stop + by]))
        for by in range(-reach, reach)
    ]
    return int(np.argmax(scores)) - reach


def test_a_file_without_sound_is_said_to_be_none(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("not a sound")
    with pytest.raises(ValueError, match="cannot be decoded"):
        read(text)


def test_sound_in_a_film_plays_where_it_was_laid(tmp_path: Path) -> None:
    picture = Picture(64, 36, 60)
    frames = 151
    with SegmentWriter(tmp_path / "black.mp4", picture) as segment:
        segment.write(np.zeros((36, 64, 4), np.uint8), repeats=frames)
    sound = levelled(laid_out([(0.1, speech_like(2.3))], frames / picture.fps), -14.0)
    film = tmp_path / "film.mp4"
    track, again = tmp_path / "sound.mp4", tmp_path / "again.mp4"
    write_sound(track, np.array_split(sound, 3))
    write_sound(again, np.array_split(sound, 3))
    assert track.read_bytes() == again.read_bytes()
    join([tmp_path / "black.mp4"], film, title="t", language="hin", sound=track)
    inside = probe(film)
    assert not inside.has_edit_list
    assert inside.moov_first
    with av.open(film) as file:
        (audio,) = file.streams.audio
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", RATE, 2)
        assert audio.start_time == 0
        assert audio.duration is not None
        assert audio.duration * audio.time_base == pytest.approx(inside.duration, abs=1e-6)
    back = read(film)
    assert lag(sound, back) == 0
    assert loudness(back) == pytest.approx(-14.0, abs=0.2)
    assert true_peak(back) <= -1.0


@pytest.mark.parametrize("frames", [9, 41, 73, 100, 151])  # 9: of the last packet, 32 samples
def test_sound_and_picture_end_within_a_frame(tmp_path: Path, frames: int) -> None:
    picture = Picture(64, 36, 60)
    with SegmentWriter(tmp_path / "black.mp4", picture) as segment:
        segment.write(np.zeros((36, 64, 4), np.uint8), repeats=frames)
    film, track = tmp_path / "film.mp4", tmp_path / "sound.mp4"
    write_sound(track, [tone(frames / 60)])
    join([tmp_path / "black.mp4"], film, title="t", language="hin", sound=track)
    assert len(read(film)) / RATE == pytest.approx(frames / 60, abs=1 / 60)
