from __future__ import annotations

import numpy as np
import pytest
from manim import PI, RIGHT, UP

from lessonkit.stage import Countdown, LiveNumber


def at(ring: Countdown, share: float, seconds: float = 5.0) -> Countdown:
    """The countdown after a share of its time, as the renderer would bring it there."""
    animation = ring.run(seconds)
    animation.begin()
    animation.interpolate(share)
    ring.update()
    return ring


def angles(ring: Countdown) -> np.ndarray:
    """Clockwise angles from the top of the points of the ring."""
    x, y = (ring.ring.points - ring.track.get_center())[:, :2].T
    return np.arctan2(x, y) % (2 * PI)


@pytest.mark.parametrize(
    ("share", "second"), [(0, 5), (0.1, 5), (0.2, 4), (0.59, 3), (0.9, 1), (1, 0)]
)
def test_it_tells_the_seconds_begun(share: float, second: int) -> None:
    number, expected = at(Countdown(5.0), share).number, LiveNumber(lambda: second, places=0)
    expected.scale(number.height / expected.height).move_to(number)
    for seen, glyph in zip(number[1], expected[1], strict=True):
        assert seen.points == pytest.approx(glyph.points, abs=0.01)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_the_ring_has_emptied_by_the_share_clockwise_from_the_top(share: float) -> None:
    ring = at(Countdown(5.0).scale(0.7).shift(2 * RIGHT + UP), share)
    anchors = angles(ring)[::4]
    assert anchors.min() == pytest.approx(2 * PI * share, abs=1e-6)
    distance = np.linalg.norm(ring.ring.get_anchors() - ring.track.get_center(), axis=1)
    assert distance == pytest.approx(ring.track.width / 2)


def test_when_the_time_is_up_the_ring_is_empty() -> None:
    assert not np.ptp(at(Countdown(5.0), 1.0).ring.points, axis=0).any()


def test_the_number_stays_in_the_middle() -> None:
    ring = Countdown(12.0).shift(RIGHT)
    for share in (0.0, 0.5, 0.95):
        number = at(ring, share, 12.0).number
        assert number.get_x() == pytest.approx(ring.track.get_x(), abs=0.02)
        assert number.get_y() == pytest.approx(ring.track.get_y(), abs=0.02)


def test_there_must_be_time() -> None:
    with pytest.raises(ValueError, match="seconds: got 0"):
        Countdown(0)
