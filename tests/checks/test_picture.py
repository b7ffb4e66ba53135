"""Rules that no picture in today's shape of frame can break by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lessonkit.checks.finding import Box
from lessonkit.checks.picture import sizes
from lessonkit.checks.texts import Letter, Stage, Text

WIDE, WIDER = 1920.0, 2520.0  # pixels of a frame 1080 high: 16:9, 21:9


def stage(em: float) -> Stage:
    shape: Any = SimpleNamespace()
    drawing: Any = SimpleNamespace(markup="Loss")
    letter = Letter(shape, Box(0.0, 0.0, 1.0, 0.2), (1.0, 1.0, 1.0), 1.0)
    return Stage([shape], [Text(drawing, [letter], em)], frozenset())


@pytest.mark.parametrize(
    ("em", "width", "rules"),
    [
        (30.0, WIDE, []),
        (27.0, WIDE, ["size"]),
        (30.0, WIDER, ["phone"]),  # a film as wide as the phone is smaller in it
        (27.0, WIDER, ["size"]),  # the floor on the screen comes first
        (36.0, WIDER, []),
    ],
)
def test_text_has_a_floor_on_the_screen_and_one_on_a_phone(
    em: float, width: float, rules: list[str]
) -> None:
    assert [fault.rule for fault in sizes(stage(em), width)] == rules
