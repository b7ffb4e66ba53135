"""Pictures to video segments, segments to films, and what is really inside a film."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, cycle, islice, pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from av.video.stream import VideoStream

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown, written_whole

_MP4 = {
    # Frames are decoded in the order in which they are shown, so no edit list is needed: players
    # disagree on those.
    # Chapters are a text track; Nero's box beside it would cut Hindi titles within a letter.
    "movflags": "+faststart+disable_chpl",
    "use_editlist": "0",
    "fflags": "+bitexact",  # no library version in the file: same pictures, same bytes
}


SOUND_RATE = 48000
SOUND_BITS = 192_000  # a second, of one voice on two equal channels
_AAC_FRAME = 1024  # samples


@dataclass(frozen=True)
class Picture:
    """What all segments of a film share: size in pixels (even), frames per second."""

    width: int
    height: int
    fps: int

    @property
    def gop(self) -> int:
        """Frames from one keyframe to the next: half a second, as YouTube asks for."""
        return self.fps // 2


def _x264(picture: Picture) -> dict[str, str]:
    """Encoder options for drawn pictures: flat areas, thin coloured lines, long holds."""
    parameters = {
        # Every half second a closed GOP begins, wherever a cut would fall: segments join anywhere.
        "keyint": picture.gop,
        "scenecut": 0,
        "open-gop": 0,
        # B-frames, reference frames and a search for motion that a drawing hardly has cost most of
        # an encoder's time and save little. Between keyframes, nearly all of a frame is skipped.
        "bframes": 0,
        "ref": 1,
        "me": "dia",
        "weightp": 0,
        # What is not skipped are a few edges: for these, the best tools cost nothing worth noting.
        "subme": 2,
        "trellis": 2,
        "partitions": "all",
        # What rests keeps the quality of its keyframe for half a second: it is to be high.
        "ipratio": 2.0,
        # Half-resolution chroma is where thin coloured lines suffer.
        "chroma-qp-offset": -2,
        # Segments are encoded apart and share one header; delimiters keep two keyframes apart
        # that meet at the end of a segment of one frame.
        "stitchable": 1,
        "force-cfr": 1,
        "aud": 1,
        # swscale averages 2×2 pixels, which puts chroma in their centre, not at the left.
        "chromaloc": 1,
        "colorprim": "bt709",
        "transfer": "bt709",
        "colormatrix": "bt709",
        "range": "tv",
    }
    return {
        # One quantiser for all: to choose it frame by frame means to look at each twice. This one
        # is a little better than stock Manim's films, in PSNR, SSIM and chroma.
        "preset": "superfast",
        "profile": "high",
        "qp": "29",
        "x264-params": ":".join(f"{name}={value}" for name, value in parameters.items()),
    }


class SegmentWriter:
    """Encodes frames to the video file `path`, which appears whole at the end or not at all.

    with SegmentWriter(path, picture) as segment:
        segment.write(rgba, repeats=90)

    Equal frames give equal bytes. Raises ValueError if nothing was written.
    """

    def __init__(self, path: Path, picture: Picture) -> None:
        self._path = path
        self._picture = picture
        self._reformatter = VideoReformatter()
        self._yuv = VideoFrame(picture.width, picture.height, "yuv420p")
        self._fed = 0  # frames given to the encoder
        self._shown: dict[int, int] = {}  # fed GOP -> how many frames the file has of it
        self._gop: list[Packet[VideoStream]] = []  # the one under way
        self._gops = 0  # written
        self._written = 0  # frames in the file

    def __enter__(self) -> SegmentWriter:
        with ExitStack() as stack:
            temporary = stack.enter_context(written_whole(self._path))
            self._file = stack.enter_context(av.open(temporary, "w", "mp4", container_options=_MP4))
            self._stream = self._file.add_stream(
                "libx264", self._picture.fps, options=_x264(self._picture)
            )
            codec = self._stream.codec_context
            codec.width, codec.height = self._picture.width, self._picture.height
            codec.pix_fmt = "yuv420p"
            codec.time_base = Fraction(1, self._picture.fps)
            codec.thread_count = 1  # scenes render side by side
            codec.colorspace = Colorspace.ITU709
            codec.color_primaries = ColorPrimaries.BT709
            codec.color_trc = ColorTrc.BT709
            codec.color_range = ColorRange.MPEG
            stack.push(self._finish)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(
        self,
        rgba: npt.NDArray[np.uint8],
        repeats: int = 1,
        changed: Sequence[tuple[slice, slice]] | None = None,
    ) -> None:
        """Append a frame (height, width, 4), shown `repeats` times; alpha is ignored.

        `changed` names the rectangles (rows, columns) outside which it equals the frame before;
        without it all of it is converted. The array may be reused afterwards.
        """
        shape = (self._picture.height, self._picture.width, 4)
        if rgba.shape != shape or rgba.dtype != np.uint8:
            raise ValueError(f"rgba: got {rgba.dtype} {rgba.shape}, need uint8 {shape}")
        if repeats < 1:
            raise ValueError(f"repeats: got {repeats}, need at least 1")
        if changed is None or not self._fed:
            changed = [(slice(0, self._picture.height), slice(0, self._picture.width))]
        self._convert(rgba, changed)
        while repeats:
            place = self._fed % self._picture.gop
            length = min(repeats, self._picture.gop - place)
            # A GOP decodes on its own, so a hold encodes one whole GOP and repeats its packets.
            shown = repeats if not place and length == self._picture.gop else length
            self._shown[self._fed // self._picture.gop] = place + shown
            repeats -= shown
            for _ in range(length):
                self._yuv.pts = self._fed
                self._fed += 1
                self._collect(self._stream.encode(self._yuv))

    def _convert(
        self, rgba: npt.NDArray[np.uint8], rectangles: Sequence[tuple[slice, slice]]
    ) -> None:
        """Bring the picture that is encoded up to date; all rectangles at once, side by side."""
        areas = [area for area in map(_even, rectangles) if _pixels(area)]
        if not areas:
            return
        height = max(rows.stop - rows.start for rows, _ in areas)
        ends = list(accumulate(columns.stop - columns.start for _, columns in areas))
        packed = np.zeros((height, ends[-1], 4), np.uint8)
        places = [
            (slice(rows.stop - rows.start), slice(end - columns.stop + columns.start, end))
            for (rows, columns), end in zip(areas, ends, strict=True)
        ]
        for area, place in zip(areas, places, strict=True):
            packed[place] = rgba[area]
        converted = self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(packed, "rgba"),
            format="yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            # The mean of 2×2 pixels is exact on flat colour, unbiased and as fast as any; the
            # default filter is half a level off, sharper ones ring beside thin lines. It looks at
            # no neighbours, so a piece on even borders comes out as in the whole picture.
            interpolation=Interpolation.AREA,
            threads=1,
        )
        pairs = zip(_planes(self._yuv), _planes(converted), (1, 2, 2), strict=True)
        for target, source, step in pairs:
            for area, place in zip(areas, places, strict=True):
                target[_divided(area, step)] = source[_divided(place, step)]

    def _collect(self, packets: Sequence[Packet[VideoStream]]) -> None:
        for packet in packets:
            if packet.is_keyframe:
                self._write_gop()
            self._gop.append(packet)

    def _write_gop(self) -> None:
        if not self._gop:
            return
        # Copies follow in a circle: the first frames of a GOP are one as well.
        for packet in islice(cycle(self._gop), self._shown.pop(self._gops)):
            packet.time_base = Fraction(1, self._picture.fps)
            packet.pts = packet.dts = self._written
            packet.duration = 1
            self._file.mux(packet)
            self._written += 1
        self._gops += 1
        self._gop = []

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        if not self._fed:
            raise ValueError(f"{self._path}: no frame was written")
        self._collect(self._stream.encode(None))
        self._write_gop()


def _even(area: tuple[slice, slice]) -> tuple[slice, slice]:
    """The area widened to even borders: one chroma sample stands for 2×2 pixels."""
    rows, columns = (slice(span.start - span.start % 2, span.stop + span.stop % 2) for span in area)
    return rows, columns


def _divided(area: tuple[slice, slice], step: int) -> tuple[slice, slice]:
    """The area in a plane that has one sample for `step` pixels each way."""
    rows, columns = (slice((span.start or 0) // step, span.stop // step) for span in area)
    return rows, columns


def _pixels(area: tuple[slice, slice]) -> int:
    rows, columns = area
    return int(max(0, rows.stop - rows.start) * max(0, columns.stop - columns.start))


def _planes(frame: VideoFrame) -> list[npt.NDArray[np.uint8]]:
    """Views of a yuv420p frame's Y, U and V, without the padding at the end of their lines."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
            : plane.height, : plane.width
        ]
        for plane in frame.planes
    ]


@dataclass(frozen=True)
class Chapter:
    """A named part of a film; times in seconds from its start."""

    start: float
    end: float
    title: str


@dataclass(frozen=True)
class Caption:
    """One text of a caption track; times in seconds from the film's start."""

    start: float
    end: float
    text: str


def join(
    segments: Sequence[Path],
    target: Path,
    *,
    title: str,
    language: str,
    chapters: Sequence[Chapter] = (),
    captions: Mapping[str, Sequence[Caption]] | None = None,
    sound: Path | None = None,
) -> None:
    """Put segments one after another into an MP4 film, without encoding again.

    `sound` was written by `write_sound`, as long as the picture. Languages are ISO 639-2 codes
    (`hin`): of the picture and the sound, and of the caption tracks that the viewer may switch on.
    Raises LessonError naming the segment that is no video, or that was not encoded like the first
    one.
    """
    if not segments:
        raise ValueError("segments: got none, need at least one")
    with (
        written_whole(target) as temporary,
        av.open(temporary, "w", "mp4", container_options=_MP4) as film,
        av.open(sound) if sound else nullcontext() as spoken,
    ):
        film.metadata["title"] = title
        film.set_chapters(
            [
                {
                    "id": number,
                    "start": round(chapter.start * 1000),
                    "end": round(chapter.end * 1000),
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(chapters)
            ]
        )
        track: VideoStream | None = None
        heard: _SoundTrack | None = None
        shared: object = None
        end = 0  # of what is written, in the segments' time base
        for path in segments:
            with _opened(path) as segment:
                video = segment.streams.video[0]
                # The header holds size, profile, colour and frame rate.
                header = (video.codec.name, video.codec_context.extradata, video.time_base)
                if track is None:
                    shared = header
                    track = film.add_stream_from_template(video)
                    track.metadata["language"] = language
                    if spoken:
                        heard = _SoundTrack(film, spoken, language)
                    _write_captions(film, captions or {})
                elif header != shared:
                    raise _unusable(path, f"was not encoded like {shown(segments[0])}")
                start, frames = end, 0
                for packet in segment.demux(video):
                    if packet.pts is None or packet.duration is None:
                        continue  # the empty packet that ends a stream
                    frames += not packet.is_corrupt
                    packet.stream = track
                    packet.pts += start
                    packet.dts = packet.pts
                    end += packet.duration
                    if heard:
                        heard.write(
                            until=float((end - packet.duration) * cast(Fraction, video.time_base))
                        )
                    film.mux(packet)
                if frames != video.frames:
                    raise _unusable(path, f"is cut short: {frames} of {video.frames} frames")
        if heard:
            heard.write(until=math.inf)


def write_sound(target: Path, sound: Iterable[npt.NDArray[np.float32]]) -> None:
    """Encode sound as AAC, to be joined with pictures.

    `sound` is mono, 48 kHz, float32, in pieces that follow each other.
    """
    with (
        written_whole(target) as temporary,
        av.open(temporary, "w", "mp4", container_options=_MP4) as file,
    ):
        track = file.add_stream("aac", SOUND_RATE)
        track.layout = "stereo"
        track.bit_rate = SOUND_BITS
        track.codec_context.flags |= Flags.bitexact  # no library version in the stream
        # The encoder begins with a frame of silence, which an edit list would hide. Left out, what
        # follows plays where it belongs: of the first real frame only the overlap is missing, and
        # that lies in the silence in which every beat begins.
        total, start = 0, -_AAC_FRAME

        def write(packets: Iterable[Packet[AudioStream]]) -> None:
            nonlocal start
            for packet in packets:
                packet.time_base = Fraction(1, SOUND_RATE)
                packet.pts = packet.dts = start
                packet.duration = min(_AAC_FRAME, total - start)
                start += _AAC_FRAME
                # Players play packets whole: the last one counts if half of it is sound. So sound
                # and picture end within half a packet, which is less than a frame.
                if 0 <= packet.pts <= total - _AAC_FRAME // 2:
                    file.mux(packet)

        for samples in sound:
            frame = AudioFrame.from_ndarray(np.stack([samples, samples]), "fltp", "stereo")
            frame.sample_rate = SOUND_RATE
            frame.pts = total
            total += len(samples)
            write(track.encode(frame))
        write(track.encode(None))


class _SoundTrack:
    """Copies sound into a film, between the pictures, which it plays beside."""

    def __init__(self, film: OutputContainer, sound: InputContainer, language: str) -> None:
        self._film = film
        self._track = film.add_stream_from_template(sound.streams.audio[0])
        self._track.metadata["language"] = language
        # The empty packet that ends a stream has no time.
        self._packets = (p for p in sound.demux(audio=0) if p.pts is not None)
        self._written = 0.0  # seconds

    def write(self, until: float) -> None:
        """Write what is heard before a time in seconds."""
        while self._written < until and (packet := next(self._packets, None)):
            packet.stream = self._track
            self._written = (cast(int, packet.pts) + cast(int, packet.duration)) / SOUND_RATE
            self._film.mux(packet)


def _write_captions(film: OutputContainer, captions: Mapping[str, Sequence[Caption]]) -> None:
    """Add a track a language. They come before the pictures, which need not wait for them."""
    tracks = [film.add_stream("mov_text") for _ in captions]
    for track, language in zip(tracks, captions, strict=True):
        track.metadata["language"] = language
        track.codec_context.time_base = Fraction(1, 1000)
        track.codec_context.subtitle_header = _CAPTION_STYLE
    for track, cues in zip(tracks, captions.values(), strict=True):
        for cue in cues:
            text = cue.text.encode()
            packet = Packet(struct.pack(">H", len(text)) + text)
            packet.stream = track
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = round(cue.start * 1000)
            packet.duration = round(cue.end * 1000) - packet.pts
            film.mux(packet)


# FFmpeg's text track wants a style sheet of the kind that it reads subtitles in.
_CAPTION_STYLE = b"""\
[Script Info]\r
ScriptType: v4.00+\r
[V4+ Styles]\r
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment\r
Style: Default,sans-serif,16,&Hffffff,2\r
[Events]\r
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r
"""


def _unusable(path: Path, why: str) -> LessonError:
    return LessonError(
        [Problem(shown(path), f"this segment {why}", "delete it and render the scene again")]
    )


def _opened(path: Path) -> InputContainer:
    try:
        file = av.open(path)
    except av.FFmpegError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from error
    if not file.streams.video:
        file.close()
        raise _unusable(path, "holds no video")
    return file


@dataclass(frozen=True)
class Film:
    """What is inside an MP4 film, read from its boxes and packets; nothing is decoded.

    Colour numbers are those of ITU-T H.273 (1 is BT.709, 2 is unspecified).
    """

    frames: int
    fps: float
    constant_rate: bool  # every frame is shown equally long, the first one at 0
    duration: float  # seconds, of the picture
    width: int
    height: int
    profile: str
    pix_fmt: str
    matrix: int
    primaries: int
    transfer: int
    tv_range: bool
    longest_gop: int  # frames
    closed_gops: bool
    longest_b_run: int  # most frames in a row that were coded after a later one
    has_edit_list: bool
    moov_first: bool
    title: str
    language: str
    chapters: tuple[Chapter, ...]


def probe(path: Path) -> Film:
    """Look into an MP4 film. Raises ValueError where it is no MP4 with a picture."""
    with path.open("rb") as file:
        boxes = list(_boxes(file, path.stat().st_size))
    if not {"moov", "mdat"} <= set(boxes):
        raise ValueError(f"{path}: no whole MP4 film, its boxes are {boxes}")
    with av.open(path) as film:
        if not film.streams.video:
            raise ValueError(f"{path}: no video in it")
        video = film.streams.video[0]
        codec = video.codec_context
        times: list[int] = []  # in decoding order, as are the next two
        decoding: list[int] = []
        keys: list[int] = []  # positions of keyframes
        for packet in film.demux(video):
            if packet.pts is not None and packet.dts is not None:
                decoding.append(packet.dts)
                if packet.is_keyframe:
                    keys.append(len(times))
                times.append(packet.pts)
        tick = cast(Fraction, video.time_base)
        chapters = tuple(
            Chapter(
                float(chapter["start"] * cast(Fraction, chapter["time_base"])),
                float(chapter["end"] * cast(Fraction, chapter["time_base"])),
                chapter["metadata"].get("title", ""),
            )
            for chapter in film.chapters()
        )
        b_run = longest_b_run = 0
        newest = -1
        for time in times:
            b_run = b_run + 1 if time < newest else 0
            longest_b_run = max(longest_b_run, b_run)
            newest = max(newest, time)
        return Film(
            frames=len(times),
            fps=float(video.average_rate or 0),
            constant_rate=min(times, default=0) == 0
            and len({b - a for order in (sorted(times), decoding) for a, b in pairwise(order)})
            <= 1,
            duration=float((video.duration or 0) * tick),
            width=video.width,
            height=video.height,
            profile=video.profile or "",
            pix_fmt=video.pix_fmt or "",
            matrix=codec.colorspace,
            primaries=codec.color_primaries,
            transfer=codec.color_trc,
            tv_range=codec.color_range == ColorRange.MPEG,
            longest_gop=max((b - a for a, b in pairwise([*keys, len(times)])), default=0),
            closed_gops=all(min(times[key:]) == times[key] for key in keys),
            longest_b_run=longest_b_run,
            has_edit_list=any(box.endswith("/elst") for box in boxes),
            moov_first=boxes.index("moov") < boxes.index("mdat"),
            title=film.metadata.get("title", ""),
            language=video.language or "",
            chapters=chapters,
        )


def _boxes(file: BinaryIO, end: int, parent: str = "") -> Iterator[str]:
    """Paths of the MP4 boxes up to `end`, in the order of the file, as far as edit lists lie."""
    while (start := file.tell()) + 8 <= end:
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # the real one follows
            (size,) = struct.unpack(">Q", file.read(8))
        stop = start + size if size else end
        if not file.tell() <= stop <= end:
            return  # no box, or one cut off
        box = parent + kind.decode("latin-1")
        yield box
        if kind in (b"moov", b"trak", b"edts"):
            yield from _boxes(file, stop, f"{box}/")
        file.seek(stop)
