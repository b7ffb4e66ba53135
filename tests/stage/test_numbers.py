from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manim import RIGHT, UP, FadeIn, Scene, ValueTracker, tempconfig

from lessonkit.stage import LiveNumber, Readout, Typeset


def shown(number: LiveNumber) -> list[np.ndarray]:
    """What a viewer sees: the outlines that are there, left to right."""
    outlines = [m.points for m in number.family_members_with_points() if m.fill_opacity]
    return sorted(
        (o for o in outlines if np.ptp(o, axis=0).any()), key=lambda o: float(o[:, 0].min())
    )


def reads(number: LiveNumber, text: str) -> bool:
    """Whether it shows this text: each outline is that of the character, moved and scaled."""

    def form(points: np.ndarray) -> np.ndarray:
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return (points[:, :2] - low) / (high - low).max()

    seen = shown(number)
    expected = [glyph.points for glyph in Typeset(f'$"{text}"$')]
    return [len(a) for a in seen] == [len(b) for b in expected] and all(
        np.allclose(form(a), form(b), atol=0.01) for a, b in zip(seen, expected, strict=True)
    )


def set_to(number: LiveNumber, tracker: ValueTracker, value: float) -> LiveNumber:
    tracker.set_value(value)
    number.update()
    return number


@given(st.floats(-9999, 9999), st.integers(0, 3), st.booleans())
def test_it_shows_its_value_and_no_sign_before_zero(value: float, places: int, sign: bool) -> None:
    number = LiveNumber(lambda: value, places=places, sign=sign)
    rounded = round(value, places)
    expected = f"{abs(rounded):.{places}f}"
    if rounded < 0:
        expected = "−" + expected
    elif sign and rounded > 0:
        expected = "+" + expected
    assert reads(number, expected)


def test_digits_stay_where_they_are_through_a_change_of_sign() -> None:
    value = ValueTracker(0.25)
    number = LiveNumber(value.get_value, sign=True)
    ends = [shown(set_to(number, value, v))[-1][:, 0].max() for v in (0.5, 0.0, -0.5)]
    assert np.allclose(ends, ends[0], atol=0.02)


def test_it_follows() -> None:
    value = ValueTracker(6.0)
    number = LiveNumber(value.get_value)
    assert reads(number, "6.00")
    assert reads(set_to(number, value, -13.456), "−13.46")
    assert reads(set_to(number, value, 0.5), "0.50")
    assert not reads(number, "0.58")


def test_digits_do_not_tremble() -> None:
    value = ValueTracker()
    number = LiveNumber(value.get_value)
    last = [shown(set_to(number, value, digit + 0.07))[3] for digit in range(10)]
    for other in last:
        assert np.allclose(other, last[0], atol=1e-6)


def test_it_keeps_its_place_and_size_when_moved_scaled_and_changed() -> None:
    value = ValueTracker(8.0)
    number = LiveNumber(value.get_value, places=0, size=60)
    height = number.height
    number.scale(2).shift(UP * 2 + RIGHT)
    left, baseline = number.left, number.baseline
    for now in (8.0, 88.0, 8.0):
        set_to(number, value, now)
        assert (number.left, number.baseline) == pytest.approx((left, baseline))
        assert max(float(np.ptp(o[:, 1])) for o in shown(number)) == pytest.approx(2 * height)
        # Figures stand on the baseline; their overshoot is a percent or two of their height.
        assert min(float(o[:, 1].min()) for o in shown(number)) == pytest.approx(baseline, abs=0.03)


def test_it_has_one_size_for_manim_whatever_it_shows() -> None:
    # Manim lists the shapes to draw when a play begins.
    value = ValueTracker(1.0)
    number = LiveNumber(value.get_value)
    family = number.get_family()
    set_to(number, value, -1234.5)
    assert number.get_family() == family


def test_it_runs_while_it_fades_in() -> None:
    with tempconfig({"pixel_width": 160, "pixel_height": 90, "dry_run": True, "frame_rate": 15}):
        scene = Scene()
        value = ValueTracker(0.0)
        number = LiveNumber(value.get_value, places=0)
        scene.play(FadeIn(number, scale=0.5), value.animate.set_value(75.0), run_time=0.4)
        scene.wait(0.1)
        assert reads(number, "75")


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e9])
def test_a_number_it_cannot_show_is_told(value: float) -> None:
    with pytest.raises(ValueError, match=r"value: got (nan|inf|-1000000000)"):
        LiveNumber(lambda: value)


def test_a_readout_stands_on_one_baseline() -> None:
    label = Typeset("slope $=$").shift(UP * 1.3)
    readout = Readout(label, LiveNumber(lambda: 4.0))
    assert readout.number.baseline == pytest.approx(label.baseline)
    assert readout.number.left > label.get_right()[0]
    readout.scale(0.5).shift(RIGHT)
    assert readout.number.baseline == pytest.approx(label.baseline, abs=1e-3)
