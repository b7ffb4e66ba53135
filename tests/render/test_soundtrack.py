"""A film's sound is made once of its takes, and again when they or the file change."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessonkit.render.slices import SliceFolder
from lessonkit.render.soundtrack import soundtrack
from lessonkit.script import load_script
from lessonkit.voice.sound import LOUDNESS, RATE, loudness, read
from lessonkit.voice.takes import Narration, narration


@pytest.fixture(scope="module")
def spoken() -> Narration:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("VOICE", raising=False)
        return narration(load_script("calculus_basics", "c1_q1"))


def test_it_is_made_once_and_again_if_damaged(spoken: Narration, tmp_path: Path) -> None:
    folder = SliceFolder(tmp_path)
    scenes = [(spoken.timeline, spoken.takes)]
    made = soundtrack(scenes, folder)
    assert made is not None
    whole, inode = made.read_bytes(), made.stat().st_ino
    heard = read(made)
    assert len(heard) / RATE == pytest.approx(spoken.timeline.duration, abs=1 / 60)
    assert loudness(heard) == pytest.approx(LOUDNESS, abs=0.5)

    assert soundtrack(scenes, folder) == made
    assert made.stat().st_ino == inode  # not written again
    made.write_bytes(whole[: len(whole) // 2])
    assert soundtrack(scenes, folder) == made
    assert made.read_bytes() == whole


def test_each_order_of_takes_has_its_own_and_silence_has_none(
    spoken: Narration, tmp_path: Path
) -> None:
    folder = SliceFolder(tmp_path)
    alone = soundtrack([(spoken.timeline, spoken.takes)], folder)
    before_silence = soundtrack([(spoken.timeline, spoken.takes), (spoken.timeline, {})], folder)
    assert alone is not None
    assert before_silence not in (None, alone)
    assert soundtrack([(spoken.timeline, {})], folder) is None
