from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Browser
from publish.standin_films import make_films

from lessonkit.publish import course
from lessonkit.publish.course import FinishedLesson, finished_lessons
from lessonkit.script import load_lessons


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[FinishedLesson]:
    """Both lessons with films that play; the second has its captions as tracks."""
    folder: Path = tmp_path_factory.mktemp("films")
    lessons = list(load_lessons().values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "BUILD", folder)
        for lesson, captions in zip(lessons, ("burned", "soft"), strict=True):
            make_films(lesson, folder / "draft", captions)
        return finished_lessons(lessons, "draft")
