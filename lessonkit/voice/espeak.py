"""espeak-ng: phonemes for the neural voice, and a plain voice of its own.

The library comes with the package espeakng-loader, under the GNU GPL 3. `make voice` alone loads
it, and nothing of it is in this project.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: no sound card
_UTF8 = 1
_DONT_EXIT = 0x8000
_IPA, _TIED = 0x02, 0x80 | ord("^") << 8
_END_OF_EVENTS, _WORD = 0, 1  # espeakEVENT_LIST_TERMINATED, espeakEVENT_WORD
_AUDIBLE = 0.003  # of full scale
_RATE = 160  # words a minute


@cache
def _library() -> tuple[Any, int]:
    """The library, ready to speak Hindi, and the samples a second that it makes."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    if rate <= 0 or library.espeak_SetVoiceByName(b"hi"):
        raise RuntimeError("espeak-ng does not start, or has no Hindi voice")
    library.espeak_SetParameter(1, _RATE, 0)
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    return library, int(rate)


# Two sounds written with a tie are one symbol of the voice's alphabet.
_TIES = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ə^ʊ": "Q",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
}


# Endings whose nasal vowel it loses (जाएँ becomes जाय), and a spelling that it reads rightly.
_MISREAD = {"ाएँ": "ाएं", "ाओं": "ाऒं", "ईं": "यीं"}

_LANGUAGE = re.compile(r"\(\^?[a-z^-]+\)")  # where espeak changes to English and back


@cache
def phonemes(text: str) -> str:
    """The phonemes of a text without pauses, in the alphabet of Kokoro's Hindi voices."""
    library, _ = _library()
    rest = ctypes.c_char_p(" ".join(map(respelled, text.split())).encode())
    found: list[str] = []
    while rest.value:
        heard = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | _TIED)
        found.append(heard.decode())
    said = " ".join(found)
    said = _LANGUAGE.sub("", said)
    said = said.replace("r.", "ɽ").replace("ɽh", "ɽʰ")  # ड़ and ढ़
    for tied, one in _TIES.items():
        said = said.replace(tied, one)
    said = said.replace("^", "").replace("-", "")
    # A nasal vowel is two symbols; ç alone stays whole.
    return "".join(c if c == "ç" else unicodedata.normalize("NFD", c) for c in said).strip()


def respelled(word: str) -> str:
    """A word as espeak has to see it to say it rightly."""
    for ending, better in _MISREAD.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + better
    return word


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h, up to the fields that are read."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


def speak(words: Sequence[str]) -> tuple[npt.NDArray[np.float32], int, list[tuple[float, float]]]:
    """Words in espeak's own voice: mono samples, their rate, (start, end) of each in seconds."""
    library, rate = _library()
    pieces: list[npt.NDArray[np.int16]] = []
    heard: list[tuple[int, float]] = []  # offset in the text (from 1), seconds

    @ctypes.CFUNCTYPE(  # type: ignore[untyped-decorator]
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
    )
    def take(samples: Any, count: int, events: Any) -> int:
        for event in itertools.takewhile(lambda e: e.type != _END_OF_EVENTS, _all(events)):
            if event.type == _WORD:
                heard.append((event.text_position, event.audio_position / 1000))
        if samples and count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetSynthCallback(take)
    text = " ".join(words)
    data = text.encode() + b"\0"
    library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
    samples = np.concatenate(pieces).astype(np.float32) / np.float32(32768)
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    end = float(loud[-1]) / rate
    offsets = itertools.accumulate((len(word) + 1 for word in words), initial=1)
    starts = [next((at for place, at in heard if place >= offset), end) for offset in offsets]
    starts[-1] = end
    return samples, rate, list(itertools.pairwise(starts))


def _all(events: Any) -> Iterator[_Event]:
    return (events[n] for n in itertools.count())
