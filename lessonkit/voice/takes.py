"""Takes as they lie in `assets/takes`, and the timeline that they give a scene.

A take is `<lesson>/<scene>/<beat>.opus` and, in the `.json` beside it, when its words are heard and
what it was made of. Drawing a scene needs these files and nothing that makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessonkit.problems import LessonError, Problem
from lessonkit.project import ROOT, shown, written_whole
from lessonkit.script import VOICE, Beat, Script
from lessonkit.timeline import (
    BREATH,
    BREATH_AFTER_TAKE,
    BeatSpan,
    Timeline,
    beat_span,
    estimated_words,
)
from lessonkit.voice.sound import LOUDNESS, Samples, laid_out, levelled, read
from lessonkit.voice.spoken import spoken_words

TAKES = ROOT / "assets" / "takes"
VOICES = ROOT / "assets" / "voices"
# SHA-256 of the neural voices' weights; others make other takes of the same text.
MODEL = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
NONE = "none"
ESPEAK = "espeak"
RECORDED = "recorded"
_WAY_ON = "render without sound with VOICE=none"


@dataclass(frozen=True)
class Take:
    """The sound of one beat: mono Opus. Word times are seconds from its start."""

    sound: Path
    voice: str  # RECORDED for a person's
    made_of: str  # hash of text, voice and model, or of text and recording
    digest: str  # SHA-256 of the sound
    seconds: float
    words: tuple[tuple[float, float], ...]
    phonemes: tuple[str, ...] = ()

    def write_description(self) -> None:
        """Write the JSON beside the sound."""
        described = {
            "voice": self.voice,
            "made_of": self.made_of,
            "sound": self.digest,
            "seconds": round(self.seconds, 4),
            "words": [[round(start, 4), round(end, 4)] for start, end in self.words],
            "phonemes": list(self.phonemes),
        }
        with written_whole(self.sound.with_suffix(".json")) as temporary:
            temporary.write_text(_compact(described), encoding="utf-8")


@dataclass(frozen=True)
class Narration:
    """A scene's timeline, and the takes that it was made from; a beat without sound has none."""

    timeline: Timeline
    takes: Mapping[str, Take]


def narration(script: Script) -> Narration:
    """The timeline of a scene: from takes where it has a voice, estimated where it has none.

    Raises:
        LessonError: each missing or outdated take, with the command that makes it.
    """
    found, problems = _narration(script)
    if problems:
        raise LessonError(problems)
    return found


def scene_timeline(script: Script) -> Timeline:
    """When the beats, marks and words of a scene are.

    While a scene is being written its takes lag behind its text, and it must play all the same:
    unlike in `narration`, a beat whose take is missing or outdated is estimated.
    """
    return _narration(script)[0].timeline


def _narration(script: Script) -> tuple[Narration, list[Problem]]:
    takes: dict[str, Take] = {}
    problems: list[Problem] = []
    spans: list[BeatSpan] = []
    start = 0.0
    for beat in script.beats:
        times: Sequence[tuple[float, float]] = estimated_words(beat)
        breath = BREATH
        try:
            if (voice := voice_of(script, beat)) != NONE:
                takes[beat.id] = take = current_take(script, beat, voice)
                times, breath = take.words, BREATH_AFTER_TAKE
        except LessonError as error:
            problems += error.problems
        spans.append(beat_span(beat, times, start, breath))
        start = spans[-1].end
    return Narration(Timeline(script.scene, tuple(spans)), takes), problems


def scene_sound(timeline: Timeline, takes: Mapping[str, Take]) -> Samples:
    """The sound of a scene at a film's loudness, exactly as long as its timeline; silent between.

    Equal takes give equal samples.
    """
    pieces = [
        (beat.start, read(takes[beat.id].sound)) for beat in timeline.beats if beat.id in takes
    ]
    return levelled(laid_out(pieces, timeline.duration), LOUDNESS)


def voice_of(script: Script, beat: Beat) -> str:
    """The voice of a beat: VOICE= of the command, else the beat's own, else the lesson's."""
    chosen = os.environ.get(VOICE) or beat.voice or _lesson_voice(script.path.parent)
    known = [NONE, ESPEAK, *sorted(path.stem for path in VOICES.glob("*.bin"))]
    if chosen not in known:
        what = f"is spoken by '{chosen}', which is no voice"
        fix = f"in lesson.toml, the beat or VOICE= choose one of {', '.join(known)}"
        raise LessonError([Problem(shown(script.path), what, fix, beat.line, beat.id)])
    return chosen


def _lesson_voice(folder: Path) -> str:
    # A script that lies in no lesson (a test's, a sketch's) has nobody to speak it.
    try:
        table = tomllib.loads((folder / "lesson.toml").read_text(encoding="utf-8-sig"))
    except OSError:
        return NONE
    return str(table.get("voice", NONE))


def take_path(script: Script, beat: Beat) -> Path:
    """Where the sound of a beat's take lies."""
    return TAKES / script.path.parent.name / script.scene / f"{beat.id}.opus"


def current_take(script: Script, beat: Beat, voice: str) -> Take:
    """The take of a beat, if it is there and of the text and voice that it has now.

    A recorded take is right for every voice.
    """
    path = take_path(script, beat)
    chosen = f" {VOICE}={os.environ[VOICE]}" if os.environ.get(VOICE) else ""
    make = f"run  make voice SCENE={script.scene}{chosen}  or {_WAY_ON}"

    def fault(what: str, fix: str = make) -> LessonError:
        return LessonError([Problem(shown(script.path), what, fix, beat.line, beat.id)])

    try:
        take = load_take(path)
    except FileNotFoundError:
        raise fault(f"has no take {shown(path)}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise fault(f"the take {shown(path)} cannot be used: {error}") from error
    if take.voice == RECORDED:
        if take.made_of != recorded_from(beat, take.made_of.partition(":")[0]):
            what = f"the recording {shown(path)} says an older text of this beat"
            fix = f"record it again (CONTRIBUTING says how), or delete it and {make}"
            raise fault(what, fix)
    elif take.made_of != spoken_by(spoken_words(script, beat), voice):
        raise fault(f"the take {shown(path)} is of an older text or another voice")
    if len(take.words) != len(beat.text.split()):
        raise fault(f"the take {shown(path)} has {len(take.words)} word times")
    return take


def load_take(path: Path) -> Take:
    """A take from its two files.

    Raises:
        FileNotFoundError: one of the two is missing.
        ValueError, KeyError, TypeError: they are damaged, or do not belong together.
    """
    described: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != described["sound"]:
        raise ValueError("its sound was changed since its word times were measured")
    return Take(
        path,
        str(described["voice"]),
        str(described["made_of"]),
        digest,
        float(described["seconds"]),
        tuple((float(start), float(end)) for start, end in described["words"]),
        tuple(described.get("phonemes", ())),
    )


def spoken_by(words: Sequence[str], voice: str) -> str:
    """What a synthesised take is made of: its spoken form, word by word, voice and model."""
    return _hash([list(words), voice, "" if voice == ESPEAK else MODEL])


def recorded_from(beat: Beat, recording: str) -> str:
    """What a recorded take is made of: the recording's hash, and the text it should say."""
    return f"{recording}:{_hash([beat.text])}"


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:24]


def _compact(described: Mapping[str, Any]) -> str:
    lines = [f' "{k}": {json.dumps(v, ensure_ascii=False)}' for k, v in described.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"
