"""What is published is what lies in build/, whole and as new as its script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from publish.finished import build

from lessonkit.problems import LessonError
from lessonkit.publish import course
from lessonkit.publish.course import finished_lessons
from lessonkit.script import load_lessons

LESSON = "calculus_basics"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder with the files of the lesson's films, as long as its narration."""
    monkeypatch.setattr(course, "BUILD", tmp_path)
    return build(tmp_path / "high", LESSON).parent


@pytest.mark.usefixtures("built")
def test_scenes_follow_each_other_through_the_lessons_film() -> None:
    (lesson,) = finished_lessons([load_lessons()[LESSON]], "high")
    assert [scene.id for scene in lesson.scenes] == list(load_lessons()[LESSON].scenes)
    ends = [scene.start + scene.film.duration for scene in lesson.scenes]
    assert [scene.start for scene in lesson.scenes[1:]] == pytest.approx(ends[:-1])
    assert lesson.film.duration == pytest.approx(ends[-1])
    assert lesson.film.poster.is_file()
    assert lesson.film.captions_burned


def test_every_film_and_track_that_is_missing_is_named_with_the_command(built: Path) -> None:
    (built / LESSON / "c1_q1.words.vtt").unlink()
    (built / f"{LESSON}.mp4").unlink()
    with pytest.raises(LessonError) as caught:
        finished_lessons(load_lessons().values(), "high")
    files = [Path(problem.file).name for problem in caught.value.problems]
    assert f"{LESSON}.mp4" in files
    assert "c1_q1.words.vtt" in files
    assert "gradient_descent.mp4" in files, "the other lesson was never made"
    assert all("make render QUALITY=high" in p.fix for p in caught.value.problems)


def test_a_film_older_than_its_script_is_not_published(built: Path) -> None:
    path = built / LESSON / "c1_q1.json"
    told = json.loads(path.read_text())
    told["scenes"][0]["beats"][1]["end"] += 1.0
    path.write_text(json.dumps(told))
    with pytest.raises(LessonError, match=r"c1_q1.mp4: is older than its script"):
        finished_lessons([load_lessons()[LESSON]], "high")
