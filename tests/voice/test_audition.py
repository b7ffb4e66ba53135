"""The page on which takes are heard, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessonkit.problems import LessonError
from lessonkit.script import load_script
from lessonkit.voice import audition
from lessonkit.voice.takes import narration
from tests.browser import PATIENCE, chromium, watched

LESSON, SCENE = "calculus_basics", "c1_q1"

PLAYING = "() => [...document.querySelectorAll('audio')].map(one => !one.paused)"


def test_a_word_is_shown_spoken_and_heard_from_where_it_is_clicked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audition, "AUDITION", tmp_path)
    script = load_script(LESSON, SCENE)
    takes = narration(script).takes
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        faults = watched(page)
        page.goto(audition.audition(script).as_uri())
        assert page.locator("h2").all_inner_texts() == [beat.id for beat in script.beats]
        for beat, section in zip(script.beats, page.locator("section").all(), strict=True):
            assert section.locator("b").all_inner_texts() == beat.text.split()
            assert section.locator("code").all_inner_texts() == list(takes[beat.id].phonemes)
            assert section.locator("rect").count() == len(takes[beat.id].words)
        assert page.evaluate("document.fonts.check('18px Hindi', 'अ')")
        first, second = page.locator("section").nth(0), page.locator("section").nth(1)
        start, _ = takes[script.beats[0].id].words[3]
        first.locator("button").nth(3).click()
        page.wait_for_function(
            "([start]) => document.querySelector('audio').currentTime >= start", arg=[start]
        )
        assert page.evaluate(PLAYING)[:2] == [True, False]
        # Clicked in its waveform, the second is heard from there, and the first falls silent.
        second.locator("svg").click(position={"x": audition._SECOND, "y": 20})
        page.wait_for_function(
            "document.querySelectorAll('audio')[1].currentTime > 1", timeout=PATIENCE
        )
        assert page.evaluate(PLAYING)[:2] == [False, True]
        assert not faults


def test_a_scene_without_sound_has_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE", "none")
    with pytest.raises(LessonError, match="no beat has a voice"):
        audition.audition(load_script(LESSON, SCENE))
