"""Sound as samples: read and written, levelled, and laid along a timeline.

Samples are float32, mono, RATE a second, full scale ±1. Films play them on both channels, and
loudness is that of both: 3 dB above one.

SciPy's filters take a second to load, and every process of a render would: only functions that
filter import them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from lessonkit.project import written_whole

Samples = npt.NDArray[np.float32]

RATE = 48000
LOUDNESS = -14.0  # LUFS, integrated (ITU-R BS.1770-4), what YouTube plays at
CEILING = -2.0  # dBTP of what is encoded: AAC may add up to 1 dB, and -1 is the bound
TAKE_LOUDNESS = -20.0  # leaves room for peaks
_BOTH_CHANNELS = 10 * math.log10(2)
_BLOCK = 0.4  # seconds: a shorter sound has no loudness by the standard
_LOOK_AHEAD = 0.004  # seconds in which the limiter turns down
_OVERSAMPLED = 4
_OPUS = 32000  # bits a second


def read(path: Path) -> Samples:
    """The sound of any file that FFmpeg decodes. Raises ValueError where there is none in it."""
    return np.asarray(channels(path).mean(axis=0), np.float32)


def channels(path: Path) -> Samples:
    """The sound of each channel of a file, shape (channels, samples); raises as `read` does."""
    resampler = AudioResampler("fltp", None, RATE)
    pieces: list[npt.NDArray[Any]] = []
    try:
        with av.open(path) as file:
            if not file.streams.audio:
                raise ValueError("holds no sound")
            for frame in [*file.decode(file.streams.audio[0]), None]:
                pieces += [piece.to_ndarray() for piece in resampler.resample(frame)]
    except (av.FFmpegError, OSError) as error:
        raise ValueError(f"cannot be decoded: {error.strerror}") from error
    if not pieces:
        raise ValueError("holds no sound")
    return np.concatenate(pieces, axis=1).astype(np.float32)


def write_opus(path: Path, samples: Samples) -> None:
    """Write an Opus file, whole or not at all. Equal samples give equal bytes."""
    with (
        written_whole(path) as temporary,
        av.open(temporary, "w", "ogg", container_options={"fflags": "+bitexact"}) as file,
    ):
        stream = file.add_stream("libopus", RATE, options={"vbr": "on", "application": "audio"})
        stream.layout = "mono"
        stream.format = "flt"
        stream.bit_rate = _OPUS
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", "mono")
        frame.sample_rate = RATE
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def resampled(samples: Samples, rate: int) -> Samples:
    """Samples of another rate at RATE."""
    from scipy.signal import resample_poly

    common = math.gcd(rate, RATE)
    return cast(Samples, resample_poly(samples, RATE // common, rate // common).astype(np.float32))


def loudness(samples: Samples) -> float:
    """Integrated loudness in LUFS of a film with these samples on both channels; -inf if silent."""
    import pyloudnorm  # type: ignore[import-untyped]

    if len(samples) < _BLOCK * RATE:
        samples = np.pad(samples, (0, math.ceil(_BLOCK * RATE) - len(samples)))
    meter = pyloudnorm.Meter(RATE)
    return float(meter.integrated_loudness(samples.astype(np.float64))) + _BOTH_CHANNELS


def true_peak(samples: Samples) -> float:
    """The highest level between samples too, in dBTP (four times oversampled)."""
    from scipy.signal import resample_poly

    if not len(samples):
        return -math.inf
    peak = float(np.abs(resample_poly(samples, _OVERSAMPLED, 1)).max())
    return 20 * math.log10(peak) if peak else -math.inf


def levelled(samples: Samples, target: float, ceiling: float = CEILING) -> Samples:
    """Samples brought to a loudness, no peak above the ceiling (dBTP); silence stays as it is."""
    if math.isinf(loudness(samples)):
        return samples
    gain = 0.0
    made = samples
    for _ in range(6):  # limiting takes loudness away: measured, and given back
        off = target - loudness(made)
        if abs(off) < 0.05 and true_peak(made) <= ceiling + 0.05:
            break
        gain += off
        made = _limited(samples * np.float32(10 ** (gain / 20)), ceiling)
    return made


def _limited(samples: Samples, ceiling: float) -> Samples:
    """Turned down around each peak, by a smooth curve that reaches what is needed at the peak."""
    from scipy.ndimage import convolve1d, minimum_filter1d
    from scipy.signal import resample_poly

    limit = 10 ** (ceiling / 20)
    fine = np.abs(resample_poly(samples, _OVERSAMPLED, 1))
    peaks = fine.reshape(-1, _OVERSAMPLED).max(axis=1)
    needed = np.minimum(1.0, limit / np.maximum(peaks, 1e-9))
    if needed.min() == 1.0:
        return samples
    half = round(_LOOK_AHEAD * RATE)
    lowest = minimum_filter1d(needed, 2 * half + 1)
    window = np.hanning(2 * half + 3)[1:-1]
    gain = convolve1d(lowest, window / window.sum(), mode="nearest")
    return np.asarray(samples * gain, np.float32)


def faded(samples: Samples, fade_in: float = 0.01, fade_out: float = 0.04) -> Samples:
    """Samples that begin and end in silence, without a click; fades in seconds."""
    made = samples.copy()
    first, last = (min(round(s * RATE), len(made) // 2) for s in (fade_in, fade_out))
    made[:first] *= np.linspace(0, 1, first, endpoint=False, dtype=np.float32)
    if last:
        made[-last:] *= np.linspace(1, 0, last, dtype=np.float32)
    return made


def laid_out(pieces: Sequence[tuple[float, Samples]], seconds: float) -> Samples:
    """Pieces, each at its time in seconds, in a silence of a given length."""
    track = np.zeros(round(seconds * RATE), np.float32)
    for start, samples in pieces:
        first = round(start * RATE)
        part = samples[: max(0, len(track) - first)]
        track[first : first + len(part)] += part
    return track
