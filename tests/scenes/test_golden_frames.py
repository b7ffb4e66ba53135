"""Each scene's picture at the end of every beat, as it was when it was last looked at."""

from __future__ import annotations

import numpy as np
import pytest
from golden import Compare

from lessonkit.project import SCENES
from lessonkit.render.build import QUALITIES
from lessonkit.render.sketch import sketch
from lessonkit.script import load_lessons

DRAWN = [
    (lesson.id, scene)
    for lesson in load_lessons().values()
    for scene in lesson.scenes
    if (SCENES / lesson.id / f"{scene}.py").is_file()
]


@pytest.mark.parametrize(("lesson", "scene"), DRAWN, ids=[scene for _, scene in DRAWN])
def test_every_beat_ends_on_its_golden_frame(lesson: str, scene: str, golden: Compare) -> None:
    picture = QUALITIES["preview"]
    seen = sketch(lesson, scene, picture)
    assert not seen.problems
    assert len(seen.timeline.beats) == len(seen.script.beats)
    for beat in seen.timeline.beats:
        frame = seen.draw(round(beat.end * picture.fps) - 1, caption=False)
        band = frame[-round(0.165 * picture.height) :]
        assert np.ptp(band[..., :3], axis=(0, 1)).max() == 0, f"{beat.id}: drawn in the captions"
        golden(f"{scene}/{beat.id}", frame)
