"""The site as people meet it: in a real browser, by mouse and keys, framed, and without scripts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import watched
from playwright.sync_api import Browser, Page, Response

from lessonkit.project import ROOT
from lessonkit.publish.course import FinishedLesson
from lessonkit.publish.site import build_site

PATIENCE = 60_000  # ms; a busy machine
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
LESSON = "calculus_basics/index.html"
SCENE = "calculus_basics/c1_02_secant_tangent.html"
KINDS = {
    "course": "index.html",
    "lesson": LESSON,
    "figure": SCENE,
    "table": "calculus_basics/c1_10_real_use.html",
    "program": "calculus_basics/c1_09_autograd.html",
    "questions": "gradient_descent/c2_q2.html",
    "player": "gradient_descent/c2_07_adam.player.html",
}
HEAVIEST = 150_000  # bytes of a page with all it loads, without its film


@pytest.fixture(scope="module")
def address(
    finished: list[FinishedLesson], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where `make serve`'s server shows the site, below a path, beside a page that frames it."""
    web = tmp_path_factory.mktemp("web")
    build_site(finished, target=web / "some" / "where")
    (web / "index.html").write_text(
        '<!doctype html><html lang="en"><title>A course elsewhere</title>'
        '<link rel="icon" href="data:,"><body></body>'
    )
    run = (
        "import sys, pathlib, lessonkit.publish.site as s; s.serve_site(pathlib.Path(sys.argv[1]))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", run, str(web)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
    assert found
    yield f"{found[0]}some/where/"
    server.send_signal(signal.SIGINT)
    server.wait(timeout=30)
    server.stdout.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from _opened(browser, viewport=DESK)


def _opened(browser: Browser, **options: Any) -> Iterator[Page]:
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    faults = watched(opened)
    yield opened
    context.close()
    assert faults == []


def now(page: Page) -> float:
    return float(page.evaluate("film.currentTime"))


def words(page: Page) -> list[dict[str, Any]]:
    """The track's words with their times."""
    listed: list[dict[str, Any]] = page.evaluate(
        """() => [...film.textTracks].find((t) => t.kind === "metadata").cues
            && [...[...film.textTracks].find((t) => t.kind === "metadata").cues]
                .sort((a, b) => a.id - b.id)
                .map((c) => ({text: c.text, start: c.startTime, end: c.endTime}))"""
    )
    return listed


def play(page: Page) -> None:
    page.evaluate("film.muted = true; film.play()")
    page.wait_for_function("film.currentTime > 0.3 && !film.paused")


# -- the film ----------------------------------------------------------------------------------


def test_the_film_plays_and_its_words_are_marked_as_they_are_said(page: Page, address: str) -> None:
    page.goto(address + SCENE)
    play(page)
    page.wait_for_function("document.documentElement.dataset.words === 'timed'")
    heard: set[str] = set()
    for _ in range(4):
        page.wait_for_function("(n) => film.currentTime > n", arg=now(page) + 0.4)
        at, marked = page.evaluate(
            """() => [film.currentTime, [...document.querySelectorAll(".word.now")]
                .map((piece) => piece.textContent).join("")]"""
        )
        said = [w for w in words(page) if w["start"] - 0.1 <= at <= w["end"] + 0.7]
        if marked:
            assert marked in [w["text"] for w in said], (at, marked)
            heard.add(marked)
    assert len(heard) >= 2
    assert page.locator(".beat.now").count() == 1
    page.evaluate("film.pause()")


def test_a_click_on_a_word_plays_from_it(page: Page, address: str) -> None:
    page.goto(address + SCENE)
    word = page.locator(".word", has_text="tangent").first
    word.click()
    page.wait_for_function(
        "document.documentElement.dataset.words === 'timed' && film.currentTime > 1"
    )
    page.evaluate("film.pause()")
    number = int(word.get_attribute("data-word") or -1)
    cue = words(page)[number]
    assert "tangent" in cue["text"]
    assert cue["start"] - 0.05 <= now(page) < cue["start"] + 3
    page.evaluate("(t) => { film.currentTime = t }", cue["start"])
    page.wait_for_function(
        "(t) => document.querySelector('.word.now')?.textContent.includes(t)", arg="tangent"
    )


def test_every_word_of_every_transcript_has_its_time(page: Page, address: str) -> None:
    for path in (LESSON, "gradient_descent/index.html"):
        page.goto(address + path)
        page.locator(".word").first.click()
        page.wait_for_function("document.documentElement.dataset.words")
        page.evaluate("film.pause()")
        shown = page.evaluate(
            """() => {
                const words = [];
                for (const e of document.querySelectorAll(".word"))
                    words[e.dataset.word] = (words[e.dataset.word] ?? "") + e.textContent;
                return words;
            }"""
        )
        assert shown == [unescape(word["text"]) for word in words(page)]
        assert len(shown) > 1000


def test_times_and_chapters_seek(page: Page, address: str) -> None:
    page.goto(address + LESSON)
    chapter = page.locator(".chapters .time").nth(4)
    asked = float((chapter.get_attribute("href") or "").split("#t=")[1])
    chapter.click()
    page.wait_for_function("(t) => Math.abs(film.currentTime - t) < 3", arg=asked)
    page.evaluate("film.pause()")
    assert LESSON in page.url
    number = "[...document.querySelectorAll('.beat')].indexOf(document.querySelector('.beat.now'))"
    assert page.evaluate(number) > 20
    page.wait_for_function(  # the transcript comes along
        """() => {
            const beat = document.querySelector(".beat.now").getBoundingClientRect();
            const panel = document.querySelector(".words").getBoundingClientRect();
            return beat.top >= panel.top - 1 && beat.bottom <= panel.bottom + 1;
        }"""
    )


def test_a_page_asked_for_a_moment_begins_there(page: Page, address: str) -> None:
    page.goto(address + SCENE + "?t=12")
    page.wait_for_function("Math.abs(film.currentTime - 12) < 0.1")


def test_captions_switch(page: Page, address: str) -> None:
    def showing() -> list[str]:
        listed: list[str] = page.evaluate(
            "[...film.textTracks].filter((t) => t.mode === 'showing').map((t) => t.language)"
        )
        return listed

    page.goto(address + SCENE)
    assert showing() == [], "burned into the picture"
    page.select_option("[name=captions]", "en")
    page.evaluate("film.currentTime = 2")
    page.wait_for_function(
        "[...film.textTracks].some((t) => t.mode === 'showing' && t.activeCues?.length)"
    )
    assert showing() == ["en"]
    said = page.evaluate(
        "[...film.textTracks].find((t) => t.mode === 'showing').activeCues[0].text"
    )
    assert said.startswith("Look at the graph")
    page.select_option("[name=captions]", "hi")
    assert showing() == ["hi"]
    page.select_option("[name=captions]", "")
    assert showing() == []
    page.goto(address + "gradient_descent/c2_07_adam.html")
    assert showing() == ["hi"], "not in this picture"
    assert page.input_value("[name=captions]") == "hi"


# -- keys --------------------------------------------------------------------------------------


def test_keys_work_beside_the_film_and_nowhere_else(page: Page, address: str) -> None:
    page.goto(address + SCENE)
    page.wait_for_function("film.readyState > 0")
    page.locator(".home").focus()
    page.keyboard.press("n")
    assert now(page) == 0, "a single letter acts only where the film is"
    page.locator("[data-step='1']").focus()
    starts = [
        float((link.get_attribute("href") or "").split("=")[1])
        for link in page.locator(".beat .time").all()
    ]
    page.keyboard.press("n")
    assert now(page) == pytest.approx(starts[0] if starts[0] > 0 else starts[1], abs=0.05)
    page.keyboard.press("n")
    assert now(page) == pytest.approx(starts[2], abs=0.05)
    page.keyboard.press("p")
    assert now(page) == pytest.approx(starts[1], abs=0.05)
    page.keyboard.press("l")
    assert now(page) == pytest.approx(starts[1] + 5, abs=0.05)
    page.keyboard.press("j")
    assert now(page) == pytest.approx(starts[1], abs=0.05)
    page.keyboard.press(">")
    assert page.evaluate("film.playbackRate") == 1.25
    assert page.input_value("[name=rate]") == "1.25"
    page.keyboard.press("<")
    assert page.evaluate("film.playbackRate") == 1
    page.keyboard.press("c")
    assert page.input_value("[name=captions]") == "hi"
    page.keyboard.press("k")
    page.wait_for_function("!film.paused")
    page.keyboard.press("k")
    page.wait_for_function("film.paused")


@pytest.mark.parametrize("kind", ["course", "lesson", "figure", "program", "questions"])
def test_the_whole_page_is_walked_by_tab_with_the_focus_seen(
    page: Page, address: str, kind: str
) -> None:
    page.goto(address + KINDS[kind])
    # What can be used, but for the group of a radio button, which is one stop.
    wanted = page.evaluate(
        """() => [...document.querySelectorAll(
            "a[href], button, select, summary, input, video, [tabindex='0']")]
            .filter((e) => e.checkVisibility() && e.tabIndex >= 0 && !e.disabled)
            .filter((e) => e.type !== "radio"
                || e === document.querySelector(`[name="${e.name}"]`))
            .map((e, n) => (e.dataset.stop = n, n))"""
    )
    reached: dict[int, bool] = {}
    for _ in range(len(wanted) * 2 + 40):
        page.keyboard.press("Tab")
        stop, seen = page.evaluate(
            """() => {
                const e = document.activeElement;
                const ring = (x) => x && getComputedStyle(x).outlineStyle !== "none";
                return [e.dataset.stop, ring(e) || ring(e.closest("label")) || e.matches("video")];
            }"""
        )
        if stop is not None:
            reached[int(stop)] = seen
        if len(reached) == len(wanted):
            break
    assert sorted(reached) == wanted
    assert all(reached.values())


def test_by_keys_alone_a_film_is_found_and_played(page: Page, address: str) -> None:
    page.goto(address + "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if "c1_02" in (page.evaluate("document.activeElement.href") or ""):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{SCENE}")
    page.wait_for_function("film.readyState > 0")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === film"):
            break
    page.evaluate("film.muted = true")
    page.keyboard.press("k")
    page.wait_for_function("!film.paused && film.currentTime > 0.2")


# -- progress ----------------------------------------------------------------------------------


def test_what_was_watched_is_remembered(page: Page, address: str) -> None:
    page.goto(address + SCENE)
    page.wait_for_function("film.duration > 0")
    page.evaluate("film.muted = true; film.currentTime = film.duration * 0.93; film.play()")
    page.wait_for_function("document.querySelector('.seen [aria-current]')")
    page.evaluate("film.currentTime = 20; film.play()")
    page.wait_for_function("Object.values(JSON.parse(Object.values(localStorage)[0]).at)[0] > 20")
    page.goto(address + "index.html")
    assert page.locator("[data-scene='calculus_basics/c1_02_secant_tangent'].seen").count() == 1
    assert page.locator(".seen").count() == 1
    assert page.locator(".progress").first.inner_text() == "12 में से 1 भाग देखे"
    assert page.locator("progress").first.get_attribute("value") in ("1", None)
    resume = page.locator("[data-resume]")
    assert "Secant" in resume.inner_text()
    resume.click()
    page.wait_for_url(f"**/{SCENE}")
    again = page.locator(".resume")
    assert again.is_visible()
    page.evaluate("film.muted = true")
    again.click()
    page.wait_for_function("film.currentTime > 20")


# -- where it stands ---------------------------------------------------------------------------


def test_it_works_in_a_frame_of_another_site(page: Page, address: str) -> None:
    elsewhere = re.sub(r"127\.0\.0\.1(:\d+)/.*", r"localhost\1/", address)
    page.goto(elsewhere)
    page.evaluate(
        """(src) => {
            const frame = document.createElement("iframe");
            Object.assign(frame, { src, width: 700, height: 600, title: "lesson" });
            document.body.append(frame);
        }""",
        address + SCENE,
    )
    page.wait_for_function("document.querySelector('iframe')")
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    frame.wait_for_selector(".word")
    assert frame.evaluate("window.origin") != page.evaluate("window.origin")
    assert not frame.locator(".bar").is_visible()
    frame.evaluate("film.muted = true; film.play()")
    frame.wait_for_function("film.currentTime > 0.5 && document.querySelector('.word.now')")
    frame.evaluate("film.pause()")


def test_the_player_alone_in_a_frame_of_another_site(page: Page, address: str) -> None:
    elsewhere = re.sub(r"127\.0\.0\.1(:\d+)/.*", r"localhost\1/", address)
    page.goto(address + SCENE)
    page.locator(".embedding summary").click()
    snippet = page.locator(".embedding code").first.inner_text()
    assert f'src="{address}calculus_basics/c1_02_secant_tangent.player.html"' in snippet
    page.goto(elsewhere)
    page.evaluate("(html) => { document.body.innerHTML = html }", snippet)
    page.locator("iframe").scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    frame.wait_for_function("document.querySelector('#film')?.readyState > 0")
    box = frame.evaluate("film.getBoundingClientRect().toJSON()")
    assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.02)
    frame.evaluate("film.muted = true; film.play()")
    frame.wait_for_function("film.currentTime > 0.3")


def test_film_captions_and_transcript_are_there_without_scripts(
    browser: Browser, address: str
) -> None:
    for page in _opened(browser, viewport=PHONE, java_script_enabled=False):
        page.goto(address + "gradient_descent/c2_03_learning_rate.html")
        assert page.locator("video[controls]").is_visible()
        assert page.locator("track[kind=captions][default]").count() == 1
        assert page.locator(".beat").count() == 10
        assert page.locator(".beat").first.is_visible()
        assert page.locator("table").first.is_visible()
        assert not page.locator(".player .controls").is_visible(), "they would do nothing"
        link = page.locator(".beat .time").nth(3).get_attribute("href") or ""
        assert re.fullmatch(r"c2_03_learning_rate\.mp4#t=\d+\.\d\d", link)


def test_bytes_of_a_film_are_served_by_range(address: str) -> None:
    film = address + SCENE.replace(".html", ".mp4")
    with urlopen(Request(film, headers={"Range": "bytes=4-11"})) as part:  # noqa: S310
        assert part.status == 206
        assert part.headers["Content-Type"] == "video/mp4"
        assert part.read()[:4] == b"ftyp"


# -- for whom ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(browser: Browser, address: str, kind: str) -> None:
    for scheme, size in (("light", PHONE), ("dark", DESK)):
        for page in _opened(browser, viewport=size, color_scheme=scheme):
            page.goto(address + KINDS[kind])
            page.wait_for_load_state("networkidle")
            for summary in page.locator("summary:visible").all():
                summary.click()
            found = Axe().run(page).response["violations"]
            told = [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found]
            assert told == [], (scheme, told)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_fit_a_phone_and_weigh_little(browser: Browser, address: str, kind: str) -> None:
    for page in _opened(browser, viewport=PHONE):
        answers: list[Response] = []
        page.on("response", lambda answer, kept=answers: kept.append(answer))
        page.goto(address + KINDS[kind])
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        sizes = {a.url: len(a.body()) for a in answers if not a.url.endswith(".mp4")}
        assert sum(sizes.values()) < HEAVIEST, sizes


def test_who_wants_less_motion_gets_none(browser: Browser, address: str) -> None:
    moved = """() => {
        const asked = [];
        for (const way of ["scrollTo", "scrollIntoView"])
            Element.prototype[way] = (how) => asked.push(how.behavior);
        window.asked = asked;
    }"""
    for wish, behavior in (("reduce", "instant"), ("no-preference", "smooth")):
        for page in _opened(browser, viewport=DESK, reduced_motion=wish):
            page.goto(address + SCENE)
            page.evaluate(moved)
            page.evaluate("film.currentTime = 1")
            page.wait_for_function("document.querySelector('.beat.now')")
            page.evaluate("film.currentTime = 30")
            page.wait_for_function("window.asked.length >= 2")
            assert set(page.evaluate("window.asked")) == {behavior}
            lasting = page.evaluate(
                """() => [...document.querySelectorAll("body, body *")].filter((e) => {
                    if (e.closest("video")?.contains(e.parentNode)) return false;
                    const style = getComputedStyle(e);
                    const moves = parseFloat(style.transitionDuration) > 0;
                    return moves || style.animationName !== "none";
                }).map((e) => e.tagName + e.className + getComputedStyle(e).transition)"""
            )
            assert (lasting == []) == (wish == "reduce"), lasting


def test_the_copied_program_is_the_file(browser: Browser, address: str) -> None:
    for page in _opened(browser, permissions=["clipboard-read", "clipboard-write"]):
        page.goto(address + KINDS["program"])
        page.locator(".program .copy").first.click()
        page.wait_for_function("document.querySelector('.copy').textContent === 'कॉपी हो गया'")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == (ROOT / "mathcore/snippets/autograd.py").read_text(encoding="utf-8")


def test_print_has_the_words_and_no_player(page: Page, address: str) -> None:
    page.goto(address + KINDS["table"])
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("video").is_visible()
    hidden = page.evaluate(
        """() => {
            const words = document.querySelector(".words");
            return words.scrollHeight - words.clientHeight;
        }"""
    )
    assert hidden <= 1, "the whole transcript is on paper"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
