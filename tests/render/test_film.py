"""Segments and films, checked by probe and, independently, by decoding what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.frame import PictureType

from lessonkit.problems import LessonError
from lessonkit.render.film import Caption, Chapter, Film, Picture, SegmentWriter, join, probe

PICTURE = Picture(320, 180, 30)
DARK = (14, 17, 23)
BLOCK, BITS = 20, 16

Pixels = npt.NDArray[np.uint8]
Shot = tuple[Pixels, int]


def blank(colour: tuple[int, int, int] = DARK, picture: Picture = PICTURE) -> Pixels:
    frame = np.full((picture.height, picture.width, 4), 255, np.uint8)
    frame[..., :3] = colour
    return frame


def numbered(number: int) -> Pixels:
    """A dark moving gradient, thin coloured lines, and `number` as a row of blocks."""
    frame = blank()
    x = np.arange(PICTURE.width)
    frame[..., 2] = 23 + (60 * (1 + np.sin((x + 2 * number) / 60))).astype(np.uint8)
    frame[60:160, (7 * number) % 300, :3] = (255, 97, 84)
    frame[40 + number % 100, 20:300, :3] = (89, 184, 255)
    for bit in range(BITS):
        frame[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK, :3] = 235 if number >> bit & 1 else 0
    return frame


def number_in(luma: Pixels) -> int:
    centres = luma[BLOCK // 2, BLOCK // 2 : BITS * BLOCK : BLOCK]
    return sum(1 << bit for bit, level in enumerate(centres) if level > 128)


def write(path: Path, shots: Iterable[Shot], picture: Picture = PICTURE) -> Path:
    with SegmentWriter(path, picture) as segment:
        for frame, repeats in shots:
            segment.write(frame, repeats)
    return path


def film_of(*segments: Path, target: Path, chapters: Sequence[Chapter] = ()) -> Film:
    join(segments, target, title="Secant से Tangent तक", language="hin", chapters=chapters)
    return probe(target)


def lumas(path: Path) -> list[Pixels]:
    with av.open(path) as film:
        return [frame.to_ndarray()[: frame.height] for frame in film.decode(video=0)]


def rgb(path: Path) -> npt.NDArray[np.float64]:
    """The first frame as RGB 0..255, by the formulas of BT.709, chroma repeated 2x2."""
    with av.open(path) as film:
        frame = next(film.decode(video=0))
        planes = frame.to_ndarray().astype(np.float64)
        height, width = frame.height, frame.width
    luma = (planes[:height] - 16) / 219
    blue, red = (
        np.kron((plane - 128) / 224, np.ones((2, 2)))
        for plane in planes[height:].reshape(2, height // 2, width // 2)
    )
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return np.stack([r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b], axis=-1) * 255


SHOTS: dict[str, list[tuple[int, int]]] = {  # segment: (number burned in, repeats)
    "single": [(1, 1)],
    "moving": [(number, 1) for number in range(2, 25)],
    "long-hold": [(30, 1), (31, 1), (32, 1000), (33, 1)],
    "second-single": [(40, 1)],
    "one-gop-and-one": [(41, 15), (42, 1)],
    "hold-on-the-beat": [(43, 45), (44, 60), (45, 7)],
    "uneven": [(50 + number, 1 + number % 5) for number in range(31)],
}


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("segments")
    return [
        write(folder / f"{name}.mp4", ((numbered(number), count) for number, count in shots))
        for name, shots in SHOTS.items()
    ]


@pytest.fixture(scope="module")
def film(segments: list[Path]) -> Path:
    target = segments[0].parent / "film.mp4"
    film_of(*segments, target=target)
    return target


def shown_numbers(*names: str) -> list[int]:
    return [number for name in names for number, count in SHOTS[name] for _ in range(count)]


def test_every_frame_of_a_join_is_there_in_order(film: Path) -> None:
    assert [number_in(luma) for luma in lumas(film)] == shown_numbers(*SHOTS)


@pytest.mark.parametrize("name", SHOTS)
def test_a_segment_is_a_film_of_its_own(name: str, segments: list[Path], tmp_path: Path) -> None:
    (segment,) = (path for path in segments if path.stem == name)
    found = film_of(segment, target=tmp_path / "film.mp4")
    numbers = shown_numbers(name)
    assert [number_in(luma) for luma in lumas(tmp_path / "film.mp4")] == numbers
    assert (found.frames, found.fps, found.constant_rate) == (len(numbers), 30, True)
    assert found.duration == pytest.approx(len(numbers) / 30)


def test_a_film_has_every_property_uploads_ask_for(film: Path) -> None:
    frames = len(shown_numbers(*SHOTS))
    assert probe(film) == Film(
        frames=frames,
        fps=30,
        constant_rate=True,
        duration=pytest.approx(frames / 30),
        width=320,
        height=180,
        profile="High",
        pix_fmt="yuv420p",
        matrix=1,
        primaries=1,
        transfer=1,
        tv_range=True,
        longest_gop=15,
        closed_gops=True,
        longest_b_run=0,
        has_edit_list=False,
        moov_first=True,
        title="Secant से Tangent तक",
        language="hin",
        chapters=(),
    )


def test_times_are_exact_and_decoding_order_strict(film: Path) -> None:
    with av.open(film) as opened:
        (video,) = opened.streams.video
        tick = video.time_base
        packets = [packet for packet in opened.demux(video) if packet.dts is not None]
    assert [packet.pts * tick * 30 for packet in packets] == list(range(len(packets)))
    assert all(packet.dts == packet.pts for packet in packets)
    assert {packet.duration * tick * 30 for packet in packets} == {1}


def test_the_decoder_agrees_that_there_are_no_b_frames(film: Path) -> None:
    with av.open(film) as opened:
        kinds = [frame.pict_type for frame in opened.decode(video=0)]
    assert PictureType.B not in kinds
    assert probe(film).longest_b_run == 0


def test_every_gop_decodes_on_its_own(film: Path) -> None:
    whole = lumas(film)
    with av.open(film) as opened:
        (video,) = opened.streams.video
        header = video.codec_context.extradata
        packets = [packet for packet in opened.demux(video) if packet.size]
        keys = [place for place, packet in enumerate(packets) if packet.is_keyframe]
        assert keys[0] == 0
        for start, stop in zip(keys, [*keys[1:], len(packets)], strict=True):
            decoder = av.CodecContext.create("h264", "r")
            decoder.extradata = header
            decoder.thread_count = 1
            frames = [f for packet in packets[start:stop] for f in decoder.decode(packet)]
            frames += decoder.decode(None)
            assert len(frames) == stop - start
            for frame, expected in zip(frames, whole[start:stop], strict=True):
                np.testing.assert_array_equal(frame.to_ndarray()[: frame.height], expected)


def test_seeking_to_a_keyframe_shows_that_frame(film: Path) -> None:
    numbers = shown_numbers(*SHOTS)
    with av.open(film) as opened:
        (video,) = opened.streams.video
        starts = [p.pts for p in opened.demux(video) if p.is_keyframe and p.pts is not None]
        for pts in starts:
            opened.seek(pts, stream=video)
            frame = next(opened.decode(video))
            assert frame.pts == pts
            assert number_in(frame.to_ndarray()) == numbers[round(pts * video.time_base * 30)]


def test_colours_survive_the_round_trip(tmp_path: Path) -> None:
    colours = [
        (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), DARK,
        (255, 97, 84), (89, 184, 255), (250, 214, 77), (133, 222, 125), (204, 140, 255),
        (128, 128, 128), (255, 255, 0), (0, 255, 255), (255, 0, 255), (30, 60, 90),
    ]  # fmt: skip
    frame = blank()
    for column, colour in enumerate(colours):
        frame[:, column * 20 : (column + 1) * 20, :3] = colour
    found = rgb(write(tmp_path / "colours.mp4", [(frame, 3)]))
    np.testing.assert_allclose(found[90, 10::20], colours, atol=3)


def test_alpha_is_ignored(tmp_path: Path) -> None:
    frame = blank((200, 100, 50))
    frame[..., 3] = 0
    np.testing.assert_allclose(
        rgb(write(tmp_path / "clear.mp4", [(frame, 1)]))[90, 160], (200, 100, 50), atol=3
    )


def test_thin_lines_and_dark_gradients_stay_clean(tmp_path: Path) -> None:
    originals = [numbered(number) for number in range(30)]
    path = write(tmp_path / "drawn.mp4", ((frame, 1) for frame in originals))
    with av.open(path) as film:
        found = [frame.to_ndarray().astype(np.float64) for frame in film.decode(video=0)]
    weights = np.array([0.2126, 0.7152, 0.0722])
    noise, fringes = [], []  # a frame each: decibels below white, levels
    for original, planes in zip(originals, found, strict=True):
        error = planes[:180] - (16 + (original[..., :3] @ weights) * 219 / 255)
        noise.append(10 * np.log10(255**2 / np.mean(error**2)))
        assert np.mean(np.abs(error[165:])) < 0.6  # gradient alone: rounding, and no steps added
        halved = original[..., :3].reshape(90, 2, 160, 2, 3).mean(axis=(1, 3))
        red = 128 + 224 * (halved[..., 0] - halved @ weights) / 1.5748 / 255
        line = np.abs(red - 128) > 15
        fringe = planes[180:].reshape(2, 90, 160)[1][line] - red[line]
        fringes.append(np.sqrt(np.mean(fringe**2)))
    assert np.mean(noise) > 50
    assert np.mean(fringes) < 5  # where the coloured lines are; 4 with stock Manim's encoder


def test_equal_frames_give_equal_bytes(segments: list[Path], film: Path, tmp_path: Path) -> None:
    again = [
        write(tmp_path / path.name, ((numbered(n), count) for n, count in SHOTS[path.stem]))
        for path in segments
    ]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in segments]
    film_of(*again, target=tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == film.read_bytes()
    assert b"Lavf" not in film.read_bytes()  # nor does another release of the library change them


def test_the_callers_array_may_be_reused_and_strided(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path / "reused.mp4", PICTURE) as segment:
        canvas = np.empty((180, 320, 4), np.uint8)
        for number in range(20):
            canvas[..., [2, 1, 0, 3]] = numbered(number)  # cairo's byte order
            segment.write(canvas[..., [2, 1, 0, 3]])
            canvas[:] = 0
        flipped = numbered(20)[:, ::-1].copy()
        segment.write(flipped[:, ::-1])
    assert [number_in(luma) for luma in lumas(tmp_path / "reused.mp4")] == list(range(21))


def test_chapters_come_back_whole(segments: list[Path], tmp_path: Path) -> None:
    chapters = (
        Chapter(0.0, 2.4, "परिचय"),
        Chapter(2.4, 20.0, "क्षेत्र, त्रिज्या और Gradient Descent: " * 20 + "अंत"),
        Chapter(20.0, 41.6, "=;#\\ \"अभ्यास\" 'h → 0'"),
    )
    assert film_of(*segments, target=tmp_path / "film.mp4", chapters=chapters).chapters == chapters
    # Players that know only Nero's chapters, of 255 bytes a title, must not find half letters.
    assert b"chpl" not in (tmp_path / "film.mp4").read_bytes()


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        with SegmentWriter(path, PICTURE) as segment:
            segment.write(numbered(1), 40)
            raise RuntimeError("the scene broke")

    with pytest.raises(RuntimeError, match="the scene broke"):
        fail(tmp_path / "new.mp4")
    assert only(tmp_path) == []
    (tmp_path / "old.mp4").write_bytes(b"as it was")
    with pytest.raises(RuntimeError, match="the scene broke"):
        fail(tmp_path / "old.mp4")
    assert only(tmp_path) == ["old.mp4"]
    assert (tmp_path / "old.mp4").read_bytes() == b"as it was"


def test_the_target_is_untouched_until_the_segment_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "segment.mp4"
    target.write_bytes(b"as it was")
    with SegmentWriter(target, PICTURE) as segment:
        segment.write(numbered(1), 40)
        assert target.read_bytes() == b"as it was"
    assert probe(target).frames == 40
    assert only(tmp_path) == ["segment.mp4"]


def test_a_segment_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"empty\.mp4: no frame"):
        write(tmp_path / "empty.mp4", [])
    assert only(tmp_path) == []


@pytest.mark.parametrize(
    ("frame", "repeats", "message"),
    [
        (blank()[:, :-2], 1, "rgba"),
        (blank()[..., :3], 1, "rgba"),
        (blank().astype(np.float32), 1, "float32"),
        (blank(), 0, "repeats: got 0"),
    ],
)
def test_wrong_frames_are_refused(
    frame: Pixels, repeats: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "segment.mp4", [(frame, repeats)])


def smaller(folder: Path) -> Path:
    picture = Picture(160, 90, 30)
    return write(folder / "odd.mp4", [(blank(picture=picture), 3)], picture)


def faster(folder: Path) -> Path:
    return write(folder / "odd.mp4", [(blank(), 3)], Picture(320, 180, 60))


def other_codec(folder: Path) -> Path:
    return foreign(folder / "odd.mp4", codec="mpeg4")


def no_film(folder: Path) -> Path:
    (folder / "odd.mp4").write_text("not a film")
    return folder / "odd.mp4"


def sound_only(folder: Path) -> Path:
    with av.open(folder / "odd.mp4", "w") as file:
        stream = file.add_stream("aac", 48000)
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, "fltp", "mono")
        frame.sample_rate = 48000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return folder / "odd.mp4"


def missing(folder: Path) -> Path:
    return folder / "odd.mp4"


def cut_short(folder: Path) -> Path:
    path = write(folder / "odd.mp4", ((numbered(number), 1) for number in range(40)))
    path.write_bytes(path.read_bytes()[:-5000])
    return path


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (smaller, "not encoded like"),
        (faster, "not encoded like"),
        (other_codec, "not encoded like"),
        (no_film, "cannot be read"),
        (sound_only, "holds no video"),
        (missing, "cannot be read"),
        (cut_short, r"cut short: \d+ of 40 frames"),
    ],
)
def test_join_refuses_segments_that_do_not_fit(
    odd: Callable[[Path], Path], why: str, segments: list[Path], tmp_path: Path
) -> None:
    bad = odd(tmp_path)
    before = only(tmp_path)
    (tmp_path / "films").mkdir()
    target = tmp_path / "films" / "film.mp4"
    target.write_bytes(b"as it was")
    with pytest.raises(LessonError, match=why) as caught:
        join([segments[0], bad, segments[1]], target, title="x", language="hin")
    assert "odd.mp4" in caught.value.problems[0].file
    assert target.read_bytes() == b"as it was"
    assert only(target.parent) == ["film.mp4"]
    assert only(tmp_path) == sorted([*before, "films"])


def test_join_needs_a_segment(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="segments: got none"):
        join([], tmp_path / "film.mp4", title="x", language="hin")


def foreign(path: Path, codec: str = "libx264") -> Path:
    """A film as other programs write it: everything that ours must not be."""
    options = {"x264-params": "open-gop=1:keyint=20:bframes=3:b-adapt=0:scenecut=0:range=pc"}
    with av.open(path, "w") as file:
        stream = file.add_stream(codec, 30, options=options if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(numbered(number), "rgba")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def test_probe_sees_what_is_wrong_with_a_film(tmp_path: Path) -> None:
    found = probe(foreign(tmp_path / "foreign.mp4"))
    assert found.frames == 60
    assert not found.moov_first
    assert found.has_edit_list
    assert not found.closed_gops
    assert found.longest_b_run == 3
    assert found.longest_gop > 15
    assert (found.matrix, found.primaries, found.transfer) == (2, 2, 2)
    assert not found.tv_range
    assert (found.title, found.language, found.chapters) == ("", "und", ())


def test_probe_sees_an_uneven_frame_rate(tmp_path: Path) -> None:
    path = tmp_path / "uneven.mp4"
    with av.open(path, "w") as file:
        stream = file.add_stream("libx264", 30, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number, pts in enumerate([0, 1, 2, 4, 5, 6]):
            frame = av.VideoFrame.from_ndarray(numbered(number), "rgba")
            frame.pts = pts
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert not probe(path).constant_rate


def test_probe_refuses_what_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a film, but long enough for the header of a box")
    with pytest.raises(ValueError, match=r"text\.mp4"):
        probe(tmp_path / "text.mp4")
    with pytest.raises(ValueError, match=r"odd\.mp4: no video"):
        probe(sound_only(tmp_path))


def test_caption_tracks_come_back_whole(tmp_path: Path) -> None:
    segment = tmp_path / "segment.mp4"
    write(segment, [(blank(), 3 * PICTURE.fps)])
    said = {
        "hin": [Caption(0.0, 1.0, "क्षेत्र और ढाल"), Caption(1.1, 2.5, "f′(x) = 2x\n<b> & नहीं")],
        "eng": [Caption(0.5, 2.0, "Area and slope")],
    }
    target = tmp_path / "film.mp4"
    join([segment], target, title="t", language="hin", captions=said)
    with av.open(str(target)) as film:
        assert film.streams[0].type == "video"
        assert [track.language for track in film.streams.subtitles] == list(said)
        for track, captions in zip(film.streams.subtitles, said.values(), strict=True):
            film.seek(0)
            read = [
                Caption(
                    float(packet.pts * packet.time_base),
                    float((packet.pts + packet.duration) * packet.time_base),
                    bytes(packet)[2:].decode(),
                )
                for packet in film.demux(track)
                if packet.size > 2  # an empty text is the time between two captions
            ]
            assert read == captions
    assert not probe(target).has_edit_list
