"""The preview page in a real browser: edits show, mistakes show, and are forgotten when mended."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Page
from small_project import LESSON, SECOND, SmallProject, edit

PATIENCE = 90_000  # ms; a busy machine


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    return SmallProject.make(tmp_path_factory.mktemp("preview"))


@pytest.fixture(scope="module")
def address(project: SmallProject) -> Iterator[str]:
    server = subprocess.Popen(
        project.command("preview", "--scene", SECOND), stdout=subprocess.PIPE, **project.setting
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert found, said
    yield found[0]
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=30) == 0
    server.stdout.close()


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_function("document.body.dataset.film")
        yield page


def run_of(page: Page, what: str = "film") -> int:
    return int(page.evaluate(f"document.body.dataset.{what} ?? 0"))


def time_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video:not([hidden])').currentTime"))


def wait_for_dot(page: Page, at: float) -> None:
    """Until the white dot is seen this far across the film's picture, from 0 to 1."""
    page.wait_for_function(
        """(at) => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [854, 480];
            const pen = canvas.getContext("2d");
            pen.drawImage(document.querySelector("video:not([hidden])"), 0, 0, 854, 480);
            const row = pen.getImageData(0, 240, 854, 1).data;
            const bright = [...Array(854).keys()].filter((x) => row[4 * x] > 200);
            const middle = bright.reduce((a, b) => a + b, 0) / bright.length / 854;
            return Math.abs(middle - at) < 0.01;
        }""",
        arg=at,
    )


def saved(page: Page, path: Path, old: str, new: str) -> int:
    """Edit a file; returns the run that its save starts."""
    before = run_of(page, "run")
    edit(path, old, new)
    page.wait_for_function(f"+document.body.dataset.run > {before}")
    return run_of(page, "run")


def test_the_scene_is_there_with_its_beats_cues_and_storyboard(page: Page) -> None:
    assert page.locator("#beats > *").all_inner_texts() == ["move", "rest"]
    assert page.locator("#cues > *").count() == 2
    assert page.locator("#plays > *").count() == 2
    page.wait_for_selector("#storyboard img")
    assert page.locator("#storyboard img").count() == 2
    page.wait_for_function("document.getElementById('count').textContent === 'none'")
    assert "बिंदु" in page.inner_text("#text")
    assert "dot" in page.inner_text("#english")


def test_keys_and_clicks_move_about(page: Page) -> None:
    page.keyboard.press("n")
    page.wait_for_function("document.getElementById('beat').textContent === 'rest'")
    start = time_of(page)
    page.keyboard.press("ArrowRight")
    assert time_of(page) == pytest.approx(start + 1, abs=0.05)
    page.keyboard.press("ArrowLeft")
    assert time_of(page) == pytest.approx(start, abs=0.05)
    page.keyboard.press("p")
    page.wait_for_function("document.getElementById('beat').textContent === 'move'")
    assert time_of(page) == pytest.approx(0, abs=0.05)
    page.locator("#storyboard button").last.click()
    page.wait_for_function("document.getElementById('beat').textContent === 'rest'")
    page.locator("#beats > *").first.click(position={"x": 3, "y": 5})
    page.wait_for_function("document.getElementById('beat').textContent === 'move'")


def test_space_plays_and_pauses(page: Page) -> None:
    page.keyboard.press("p")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('video:not([hidden])').currentTime > 0.2")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('video:not([hidden])').paused")


def test_an_edit_shows_at_the_same_place(page: Page, project: SmallProject) -> None:
    page.keyboard.press("p")
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    before = time_of(page)
    wait_for_dot(page, 0.5 + 1 / 14.2)
    page.wait_for_timeout(700)  # the page has told the server where it is
    run = saved(page, project.scene(SECOND), "shift(RIGHT)", "shift(3 * RIGHT)")
    page.wait_for_function(
        f"+document.body.dataset.picture === {run} || +document.body.dataset.film === {run}"
    )
    page.wait_for_function(f"+document.body.dataset.film === {run}")
    wait_for_dot(page, 0.5 + 3 / 14.2)
    assert time_of(page) == pytest.approx(before, abs=0.1)
    assert page.inner_text("#beat") == "rest"


def test_a_changed_word_shows_in_the_text_and_the_picture_first(
    page: Page, project: SmallProject
) -> None:
    page.wait_for_timeout(700)
    run = saved(page, project.script(LESSON, SECOND), "अब वह रुक जाता है।", "अब वह यहाँ रुक जाता है।")
    page.wait_for_function(f"+document.body.dataset.film === {run}")
    assert "यहाँ" in page.inner_text("#text")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dot = Dot()", "dot = Dot(", "was never closed"),
        ("dot = Dot()", "dot = Dott()", "NameError"),
        ("run_time=beat.remaining)", "run_time=60)", "past the end of the beat"),
        ('with self.beat("rest"):\n            pass', "os._exit(3)", "ended"),
    ],
)
def test_a_mistake_shows_with_its_line_and_is_forgotten_when_mended(
    page: Page, project: SmallProject, old: str, new: str, told: str
) -> None:
    source = project.scene(SECOND)
    number = next(
        n for n, line in enumerate(source.read_text().splitlines(), 1) if old.split("\n")[0] in line
    )
    good = run_of(page)
    saved(page, source, old, new)
    page.wait_for_selector("#problems:not([hidden])")
    said = page.inner_text("#problems")
    assert told in said
    if told != "ended":
        assert f"{SECOND}.py:{number}" in said
    assert run_of(page) == good, "the last good film stays"
    wait_for_dot(page, 0.5 + 3 / 14.2)
    run = saved(page, source, new, old)
    page.wait_for_function(f"+document.body.dataset.film === {run}")
    assert page.locator("#problems").is_hidden()


def test_the_theme_is_read_anew(page: Page, project: SmallProject) -> None:
    theme = project.root / "lessonkit" / "stage" / "theme.py"
    run = saved(page, theme, 'BACKGROUND = "#10141A"', 'BACKGROUND = "#A01010"')
    page.wait_for_function(f"+document.body.dataset.film === {run}")
    red = page.evaluate(
        """() => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 1;
            const pen = canvas.getContext("2d");
            pen.drawImage(document.querySelector("video:not([hidden])"), 0, 0, 1, 1);
            return [...pen.getImageData(0, 0, 1, 1).data];
        }"""
    )
    assert red[0] > 120
    assert red[1] < 60


def test_other_names_for_this_machine_are_refused(address: str) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    with pytest.raises(HTTPError, match="400"):
        urlopen(Request(address, headers={"Host": "attacker.example"}))  # noqa: S310
    with urlopen(Request(address + "page/page.js", headers={"Range": "bytes=0-9"})) as part:  # noqa: S310
        assert part.status == 206
