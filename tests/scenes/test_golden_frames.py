"""Each scene's picture at the end of every beat, as it was when it was last looked at."""

from __future__ import annotations

import numpy as np
import pytest
from golden import Compare, Frame

from lessonkit.project import SCENES
from lessonkit.render.build import QUALITIES
from lessonkit.render.draw import run, scene_class
from lessonkit.script import load_lessons, load_script
from lessonkit.timeline import estimate

DRAWN = [
    (lesson.id, scene)
    for lesson in load_lessons().values()
    for scene in lesson.scenes
    if (SCENES / lesson.id / f"{scene}.py").is_file()
]


@pytest.mark.parametrize(("lesson", "scene"), DRAWN, ids=[scene for _, scene in DRAWN])
def test_every_beat_ends_on_its_golden_frame(lesson: str, scene: str, golden: Compare) -> None:
    picture = QUALITIES["preview"]
    beats = estimate(load_script(lesson, scene)).beats
    last_frames = {round(beat.end * picture.fps) - 1: beat.id for beat in beats}
    shown: dict[str, Frame] = {}
    drawn = 0

    def take(frame: Frame, repeats: int) -> None:
        nonlocal drawn
        for number in range(drawn, drawn + repeats):
            if number in last_frames:
                shown[last_frames[number]] = frame.copy()
        drawn += repeats

    run(scene_class(lesson, scene), picture, take)
    assert list(shown) == [beat.id for beat in beats]
    for beat, frame in shown.items():
        band = frame[-round(0.165 * picture.height) :]
        assert np.ptp(band[..., :3], axis=(0, 1)).max() == 0, f"{beat}: something in the captions"
        golden(f"{scene}/{beat}", frame)
