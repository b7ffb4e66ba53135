"""Recorded or synthesised sound becomes takes, where text, voice or recording changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown
from lessonkit.script import Beat, Lesson, Script
from lessonkit.timeline import spoken_length
from lessonkit.voice.sound import (
    RATE,
    TAKE_LOUDNESS,
    Samples,
    channels,
    faded,
    levelled,
    loudness,
    resampled,
    write_opus,
)
from lessonkit.voice.spoken import PAUSES, spoken_words
from lessonkit.voice.takes import (
    ESPEAK,
    NONE,
    RECORDED,
    TAKES,
    Take,
    current_take,
    recorded_from,
    spoken_by,
    take_path,
    voice_of,
)

RECORDINGS = TAKES / "recorded"
FORMATS = (".wav", ".flac", ".m4a")

_LEAD, _TAIL = 0.06, 0.15  # seconds kept before the first word and after the last
_SHORTEST = 0.3  # seconds of speech
_SILENT = -60.0  # LUFS
_CLIPPED = 0.999  # of full scale …
_CLIPPED_RUN = 4  # … for so many samples in a row
_SLOWEST, _FASTEST = 0.5, 2.0  # times the expected rate
_QUIET = 35.0  # dB below the loud parts: between words of a recording
_WINDOW = 0.01  # seconds
_AHEAD = (
    0.055  # seconds by which the neural voice sounds before the times that it predicts (median)
)
_PAUSE = 0.12  # seconds of quiet that are a pause, and no closure of a consonant
_NEAR = 0.35  # seconds between a predicted and a heard pause that are the same one

Span = tuple[float, float]


@dataclass(frozen=True)
class Spoken:
    """Sound as it came, with the (start, end) of each word in seconds."""

    samples: Samples
    words: Sequence[Span]
    phonemes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A beat whose take is missing or out of date."""

    script: Script
    beat: Beat
    voice: str
    recording: Path | None


def outdated(scripts: Sequence[Script]) -> list[Job]:
    """The takes that have to be made, in playing order.

    Raises:
        LessonError: several recordings of one beat, or an unusable spoken form.
    """
    jobs: list[Job] = []
    problems: list[Problem] = []
    for script in scripts:
        for beat in script.beats:
            try:
                voice = voice_of(script, beat)
                recording = _recording(script, beat)
                if voice != NONE and not _is_current(script, beat, voice, recording):
                    jobs.append(Job(script, beat, voice, recording))
            except LessonError as error:
                problems += error.problems
    if problems:
        raise LessonError(problems)
    return jobs


def make_take(job: Job) -> Take:
    """Make the take of one beat.

    Raises:
        LessonError: the sound is no good, with what to do about it.
    """
    words = spoken_words(job.script, job.beat)
    if job.recording:
        voice = RECORDED
        digest = hashlib.sha256(job.recording.read_bytes()).hexdigest()[:24]
        made_of = recorded_from(job.beat, digest)
        spoken = _listened(job.beat, job.recording)
    else:
        voice, made_of = job.voice, spoken_by(words, job.voice)
        spoken = _synthesised(words, job.voice)
        if fault := sound_fault(spoken, job.beat):
            raise _problem(job.script, job.beat, f"{job.voice} {fault[0]}", "shorten the sentence")
    first, last = spoken.words[0][0], spoken.words[-1][1]
    # espeak begins at once and ends at once, and so do tightly cut recordings: no fade eats a word.
    padded = np.pad(spoken.samples, (round(_LEAD * RATE), round(_TAIL * RATE)))
    kept = padded[round(first * RATE) : round((_LEAD + last + _TAIL) * RATE)]
    start = first - _LEAD
    sound = faded(levelled(kept, TAKE_LOUDNESS))
    path = take_path(job.script, job.beat)
    write_opus(path, sound)
    take = Take(
        path,
        voice,
        made_of,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        len(sound) / RATE,
        tuple((round(begin - start, 4), round(end - start, 4)) for begin, end in spoken.words),
        spoken.phonemes,
    )
    take.write_description()
    return take


def strays(scripts: Sequence[Script], lessons: Mapping[str, Lesson]) -> list[Problem]:
    """Recordings and takes of no beat: in the scripts' scenes, or where no lesson has a scene."""
    known = {(lesson.id, scene) for lesson in lessons.values() for scene in lesson.scenes}
    by_scene = {(script.path.parent.name, script.scene): script for script in scripts}
    problems: list[Problem] = []
    for path in sorted(p for p in TAKES.rglob("*") if p.is_file()):
        recording = path.is_relative_to(RECORDINGS)
        scene = path.parent.relative_to(RECORDINGS if recording else TAKES).parts
        if path.name.startswith(".") or (not recording and path.suffix != ".opus"):
            continue
        if scene not in known:
            close = get_close_matches("/".join(scene), ["/".join(k) for k in known], n=1)
            what, fix = "lies in the folder of no scene", "delete it"
            if close:
                fix = (
                    f"move it to {shown((RECORDINGS if recording else TAKES) / close[0])}, or {fix}"
                )
            problems.append(Problem(shown(path), what, fix))
        elif script := by_scene.get(scene):
            ids = [beat.id for beat in script.beats]
            if recording and path.suffix.lower() not in FORMATS:
                fix = f"save it as {', '.join(FORMATS)}"
                problems.append(Problem(shown(path), f"is a {path.suffix or 'nameless'} file", fix))
            elif path.stem not in ids:
                what = f"{shown(script.path)} has no beat '{path.stem}'"
                problems.append(Problem(shown(path), what, _stray_fix(path, ids, recording)))
    return problems


def _stray_fix(path: Path, ids: Sequence[str], recording: bool) -> str:
    close = get_close_matches(path.stem, ids, n=1)
    if recording:
        hint = f"did you mean {close[0]}{path.suffix}? or " if close else ""
        return f"{hint}delete the recording"
    if _is_recorded(path):
        return "if its beat has another id now, rename this and the .json; or delete both"
    return f"run  make voice SCENE={path.parent.name}  to remove it"


def forget_strays(script: Script) -> None:
    """Remove synthesised takes of beats that a scene no longer has; `strays` names a person's."""
    ids = {beat.id for beat in script.beats}
    for path in (TAKES / script.path.parent.name / script.scene).glob("*"):
        if path.suffix in (".opus", ".json") and path.stem not in ids and not _is_recorded(path):
            path.unlink()


def _is_recorded(path: Path) -> bool:
    try:
        described = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return bool(described["voice"] == RECORDED)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sound_fault(spoken: Spoken, beat: Beat) -> tuple[str, str] | None:
    """What is wrong with the sound of a beat, and the fix; None if it will do."""
    samples = spoken.samples
    if not len(samples) or loudness(samples) < _SILENT:
        return "is silent", "check the microphone and record it again"
    speech = spoken.words[-1][1] - spoken.words[0][0]
    if speech < _SHORTEST:
        return f"holds {speech:.2f} s of speech", "record the whole sentence"
    expected = sum(map(spoken_length, beat.text.split()))
    rate = expected / speech
    if not _SLOWEST <= rate <= _FASTEST:
        said = len(beat.text.split()) * 60 / speech
        what = f"says {said:.0f} words a minute, {rate:.1f} times the usual rate"
        return what, "140 to 180 words a minute is usual: check that it says this text, whole"
    return None


def _is_current(script: Script, beat: Beat, voice: str, recording: Path | None) -> bool:
    try:
        take = current_take(script, beat, voice)
    except LessonError:
        return False
    if recording is None:
        return True
    digest = hashlib.sha256(recording.read_bytes()).hexdigest()[:24]
    return take.voice == RECORDED and take.made_of == recorded_from(beat, digest)


def _recording(script: Script, beat: Beat) -> Path | None:
    """What a person recorded for a beat, if anything."""
    folder = RECORDINGS / script.path.parent.name / script.scene
    files = (p for p in sorted(folder.glob(f"{beat.id}.*")) if p.is_file())
    found = [p for p in files if p.suffix.lower() in FORMATS]
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        raise _problem(script, beat, f"has several recordings: {names}", "keep one of them")
    return found[0] if found else None


def _listened(beat: Beat, recording: Path) -> Spoken:
    """A recording, with word times from its pauses and the length of the words."""

    def bad(what: str, fix: str) -> LessonError:
        return LessonError([Problem(shown(recording), what, fix, beat=beat.id)])

    try:
        recorded = channels(recording)
    except ValueError as error:
        raise bad(str(error), f"record it again, as {', '.join(FORMATS)}") from error
    samples = np.asarray(recorded.mean(axis=0), np.float32)
    if len(samples) < _SHORTEST * RATE:
        raise bad(f"lasts {len(samples) / RATE:.2f} s", "record the whole sentence")
    if loudness(samples) < _SILENT:
        raise bad("is silent", "check the microphone and record it again")
    flat = np.abs(recorded).max(axis=0) >= _CLIPPED
    runs = np.convolve(flat, np.ones(_CLIPPED_RUN), "valid") >= _CLIPPED_RUN
    if runs.any():
        at = float(np.argmax(runs)) / RATE
        raise bad(f"is clipped at {at:.2f} s", "turn the microphone down and record it again")
    spoken = Spoken(samples, words_by_energy(samples, beat))
    if fault := sound_fault(spoken, beat):
        raise bad(*fault)
    return spoken


def words_by_energy(samples: Samples, beat: Beat) -> list[Span]:
    """Word times of a recording: its voiced time, shared out by how long each word takes to say.

    Pauses thus fall between words. Right to a few tenths of a second within a clause.
    """
    voiced = _voiced(samples)
    heard = np.concatenate([[0.0], np.cumsum(voiced)]) * _WINDOW
    lengths = np.array([spoken_length(word) for word in beat.text.split()])
    ends = np.cumsum(lengths) / lengths.sum() * heard[-1]
    clock = np.arange(len(heard)) * _WINDOW
    spans = []
    for start, end in zip([0.0, *ends[:-1]], ends, strict=True):
        # A word begins after a pause, and ends before one.
        first = clock[np.searchsorted(heard, start + 1e-6) - 1]
        last = clock[min(np.searchsorted(heard, end - 1e-6), len(clock) - 1)]
        spans.append((float(first), float(last)))
    return heard_spans(samples, spans)


def _synthesised(words: Sequence[str], voice: str) -> Spoken:
    try:
        if voice == ESPEAK:
            from lessonkit.voice import espeak

            samples, rate, starts = espeak.speak(words)
            spans = starts
            phonemes = tuple(espeak.phonemes(word.strip(PAUSES)) for word in words)
        else:
            from lessonkit.voice import kokoro

            speech = kokoro.speak(words, voice)
            samples, rate, phonemes = speech.samples, kokoro.RATE, speech.phonemes
            spans = [(first / rate - _AHEAD, end / rate - _AHEAD) for first, end in speech.spans]
    except ModuleNotFoundError as error:
        what = f"the voice needs the package {error.name}, which is not installed"
        raise LessonError([Problem("voice", what, "run it as  make voice")]) from error
    sound = resampled(samples, rate)
    return Spoken(sound, heard_spans(sound, spans), phonemes)


def heard_spans(samples: Samples, words: Sequence[Span]) -> list[Span]:
    """Predicted word times put right where silence shows when a word ends and the next begins."""
    voiced = _voiced(samples)
    if not voiced.any():
        return list(words)
    edges = np.flatnonzero(np.diff(voiced, prepend=False, append=False)) * _WINDOW
    sounds = edges.reshape(-1, 2)  # (start, end) of each stretch that is heard
    starts = [start for start, _ in words]
    ends = [end for _, end in words]
    for (_, falls), (rises, _) in pairwise(sounds.tolist()):
        nth = int(np.argmin(np.abs(np.array(starts) - rises)))
        if rises - falls >= _PAUSE and nth and abs(starts[nth] - rises) <= _NEAR:
            starts[nth] = rises
            # What is not spoken has no length, and lies between.
            ends[nth - 1] = max(falls, starts[nth - 1])
    starts[0], ends[-1] = float(sounds[0, 0]), float(sounds[-1, 1])
    ends = [
        max(start, min(end, after))
        for start, end, after in zip(starts, ends, [*starts[1:], ends[-1]], strict=True)
    ]
    return list(zip(starts, ends, strict=True))


def _voiced(samples: Samples) -> npt.NDArray[np.bool_]:
    """For each window of a sound, whether something is heard."""
    step = round(_WINDOW * RATE)
    windows = samples[: len(samples) // step * step].reshape(-1, step)
    level = 10 * np.log10(np.mean(windows.astype(np.float64) ** 2, axis=1) + 1e-12)
    return np.asarray(level > np.percentile(level, 95) - _QUIET)


def _problem(script: Script, beat: Beat, what: str, fix: str) -> LessonError:
    return LessonError([Problem(shown(script.path), what, fix, beat.line, beat.id)])
