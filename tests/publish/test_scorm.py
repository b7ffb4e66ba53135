"""SCORM packages: valid by the standard's schemas, and at work in a system that is strict."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xmlschema
from axe_playwright_python.sync_playwright import Axe
from browser import PATIENCE, served, watched
from playwright.sync_api import Browser, Frame, Page

from lessonkit.__main__ import main
from lessonkit.problems import LessonError, Problem
from lessonkit.publish import course, scorm
from lessonkit.publish.course import FinishedLesson
from lessonkit.publish.questions import load_questions
from lessonkit.publish.scorm import build_packages, manifest
from lessonkit.script import load_lessons

HERE = Path(__file__).parent / "scorm12"
LESSON = load_lessons()["calculus_basics"]
QUESTIONS = load_questions(LESSON)
SEEN = "cmi.suspend_data"


@pytest.fixture(scope="module")
def lesson(finished: list[FinishedLesson]) -> FinishedLesson:
    return next(each for each in finished if each.id == LESSON.id)


@pytest.fixture(scope="module")
def package(lesson: FinishedLesson, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (made,) = build_packages([lesson], tmp_path_factory.mktemp("scorm"))
    return made


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(HERE / "adlcp_rootv1p2.xsd", allow="local")  # takes in IMS's own


def test_the_manifest_is_valid_and_lists_what_is_there(
    package: Path, schema: xmlschema.XMLSchema
) -> None:
    assert package.name == f"{LESSON.id}.zip"
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        told = opened.read("imsmanifest.xml").decode()
        page = opened.read("index.html").decode()
    schema.validate(told)
    assert names[0] == "imsmanifest.xml", "some systems look at the first entries only"
    listed = re.findall(r'<file href="([^"]+)"', told)
    assert sorted(listed) == sorted(names[1:])
    assert f"<title>{LESSON.title['hi']}</title>" in told
    linked = re.findall(r'(?:href|src|poster)="([^"#]*)', page)
    assert {address for address in linked if address} <= {*listed, "data:,"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('adlcp:scormtype="sco"', 'adlcp:scormtype="page"'),
        ('type="webcontent" ', ""),
        ('identifier="lesson.primer"', 'identifier="1 lesson"'),
        (' identifier="item"', ""),
        ("<organizations default", "<metadata/><organizations default"),
    ],
)
def test_the_schemas_refuse_what_is_wrong(schema: xmlschema.XMLSchema, old: str, new: str) -> None:
    good = manifest("primer", "पाठ <1>", ["film.mp4"]).decode()
    schema.validate(good)
    assert old in good
    assert not schema.is_valid(good.replace(old, new, 1))


def test_equal_lessons_make_equal_packages(lesson: FinishedLesson, package: Path, tmp_path: Path):
    (again,) = build_packages([lesson], tmp_path)
    assert again.read_bytes() == package.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [package.name]


def test_what_is_wrong_is_told_and_the_last_good_package_stays(
    lesson: FinishedLesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"{LESSON.id}.zip"
    target.write_bytes(b"the last good one")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scorm, "copy_film", fail)
    with pytest.raises(OSError, match="No space"):
        list(build_packages([lesson], tmp_path))
    wrong = LessonError([Problem("assets/site/primer.toml", "about is missing", "add it")])

    def refuse(_: object) -> None:
        raise wrong

    monkeypatch.setattr(scorm, "load_contents", refuse)
    with pytest.raises(LessonError, match="about is missing"):
        list(build_packages([lesson], tmp_path))
    assert target.read_bytes() == b"the last good one"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.fixture(scope="module")
def address(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("system")
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder / "package")
    shutil.copyfile(HERE / "system.html", folder / "index.html")
    nested = (
        '<!doctype html><title>x</title><link rel="icon" href="data:,"><iframe src="{}"></iframe>'
    )
    (folder / "inner.html").write_text(nested.format("package/index.html"))
    (folder / "outer.html").write_text(nested.format("inner.html"))
    with served(folder) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.set_default_timeout(PATIENCE)
    faults = watched(page)
    yield page
    assert page.evaluate("window.faults ?? []") == []
    assert not faults
    page.close()


def launch(page: Page, address: str, asked: str = "") -> Frame:
    page.goto(address + asked)
    page.wait_for_function("state() === 'open' && 'cmi.suspend_data' in sent || state() === 'gone'")
    (lesson,) = [frame for frame in page.frames if frame.url.endswith("package/index.html")]
    lesson.wait_for_function("document.getElementById('film').readyState >= 1")
    return lesson


def sent(page: Page, name: str) -> str:
    return str(page.evaluate("(name) => sent[name] ?? ''", name))


def close(page: Page) -> dict[str, str]:
    """Close the lesson as a learner does; returns what the system has kept."""
    page.evaluate("document.querySelector('iframe').remove()")
    page.wait_for_function("state() === 'finished'")
    return dict(page.evaluate("kept"))


def answer(lesson: Frame, number: int, *, right: bool) -> None:
    question = QUESTIONS[number]
    choice = next(n for n, c in enumerate(question.choices) if c.right == right)
    asked = lesson.locator(f"#question-{question.id}")
    asked.locator("input").nth(choice).check()
    asked.locator(".check").click()


def test_a_first_visit_is_reported_and_taken_up_the_next_time(page: Page, address: str) -> None:
    lesson = launch(page, address)
    assert sent(page, "cmi.core.lesson_status") == "incomplete"
    assert sent(page, "cmi.core.score.raw") == "", "no score where nothing is answered"
    answer(lesson, 0, right=True)
    answer(lesson, 1, right=False)
    assert sent(page, "cmi.core.score.raw") == str(round(100 / len(QUESTIONS)))
    assert (sent(page, "cmi.core.score.min"), sent(page, "cmi.core.score.max")) == ("0", "100")
    lesson.evaluate("document.getElementById('film').currentTime = 123.4")
    lesson.wait_for_function("!document.getElementById('film').seeking")
    kept = close(page)
    assert kept["cmi.core.lesson_location"] == "123.4"
    assert kept["cmi.core.exit"] == "suspend"
    assert re.fullmatch(r"0000:00:\d\d\.\d\d", kept["cmi.core.session_time"])

    lesson = launch(page, address)
    assert lesson.evaluate("document.getElementById('film').currentTime") == pytest.approx(123.4)
    first, second = (lesson.locator(f"#question-{q.id}") for q in QUESTIONS[:2])
    assert first.get_attribute("data-state") == "right"
    assert second.get_attribute("data-state") == "wrong"
    assert lesson.evaluate("localStorage.length") == 0, "the browser may be another learner's next"
    close(page)


def test_all_answered_well_is_passed_and_stays_so(page: Page, address: str) -> None:
    lesson = launch(page, address)
    for number in range(len(QUESTIONS)):
        assert sent(page, "cmi.core.lesson_status") == "incomplete"
        answer(lesson, number, right=number > 0)
    best = str(round(100 * (len(QUESTIONS) - 1) / len(QUESTIONS)))
    assert sent(page, "cmi.core.score.raw") == best
    assert sent(page, "cmi.core.lesson_status") == "passed"
    lesson.locator(".afresh").click()
    answer(lesson, 0, right=False)
    assert sent(page, "cmi.core.score.raw") == best, "the best so far"
    assert close(page)["cmi.core.lesson_status"] == "passed"
    launch(page, address)
    assert sent(page, "cmi.core.lesson_status") == "passed"
    close(page)


def test_watched_and_answered_is_completed_though_not_passed(page: Page, address: str) -> None:
    page.goto(address + "?window")
    before = {"seen": "1" * 88 + "0" * 12, "answers": {}}
    kept = {"cmi.suspend_data": json.dumps(before), "cmi.core.lesson_status": "incomplete"}
    page.evaluate("(kept) => sessionStorage.setItem('kept', JSON.stringify(kept))", kept)
    lesson = launch(page, address)
    for number in range(len(QUESTIONS)):
        answer(lesson, number, right=False)
    assert sent(page, "cmi.core.score.raw") == "0"
    assert sent(page, "cmi.core.lesson_status") == "incomplete", "most of it was watched, not all"
    lesson.evaluate(
        """async () => {
            const film = document.getElementById("film");
            film.muted = true;
            film.currentTime = 0.905 * film.duration;
            film.playbackRate = 16;
            await film.play();
        }"""
    )
    page.wait_for_function("(sent['cmi.suspend_data'] ?? '').includes('seen')")
    lesson.wait_for_function(
        "film => { film = document.getElementById('film'); "
        "return film.currentTime > 0.93 * film.duration; }"
    )
    lesson.evaluate("document.getElementById('film').pause()")
    page.wait_for_function("sent['cmi.core.lesson_status'] === 'completed'")
    seen = json.loads(sent(page, SEEN))["seen"]
    assert len(seen) == 100
    assert seen.startswith("1" * 88 + "00" + "111")
    assert seen.endswith("00000")
    close(page)


@pytest.mark.parametrize("asked", ["?frame=outer.html", "?mode=normal"])
def test_the_system_is_found_around_frames_within_frames(
    page: Page, address: str, asked: str
) -> None:
    launch(page, address, asked)
    assert sent(page, "cmi.core.lesson_status") == "incomplete"


def test_the_system_is_found_behind_a_window_that_it_opened(page: Page, address: str) -> None:
    page.goto(address + "?window")
    with page.expect_popup() as opened:
        page.evaluate("void open('outer.html')")
    page.wait_for_function("sent['cmi.core.lesson_status'] === 'incomplete'")
    opened.value.close()
    page.wait_for_function("state() === 'finished'")


def test_a_review_changes_nothing(page: Page, address: str) -> None:
    page.goto(address + "?window")
    kept = {"cmi.core.lesson_location": "60.0", "cmi.core.lesson_status": "passed"}
    page.evaluate("(kept) => sessionStorage.setItem('kept', JSON.stringify(kept))", kept)
    page.goto(address + "?mode=review")
    page.wait_for_function("state() === 'open'")
    (lesson,) = [frame for frame in page.frames if frame.url.endswith("package/index.html")]
    lesson.wait_for_selector(".question[data-state=open]")
    answer(lesson, 0, right=True)
    assert page.evaluate("sent") == {}
    assert lesson.evaluate("document.getElementById('film').currentTime") == pytest.approx(60)


def test_a_phone_that_puts_the_page_aside_loses_nothing(page: Page, address: str) -> None:
    lesson = launch(page, address)
    lesson.evaluate("document.getElementById('film').currentTime = 77")
    lesson.wait_for_function("!document.getElementById('film').seeking")
    lesson.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    assert page.evaluate("kept['cmi.core.lesson_location']") == "77.0"


def test_without_a_system_the_page_is_a_page(browser: Browser, address: str) -> None:
    page = browser.new_page()
    faults = watched(page)
    page.goto(address + "package/index.html")
    page.wait_for_selector(".question[data-state=open]")
    answer(page.main_frame, 0, right=True)
    assert page.locator(".question[data-state=right]").count() == 1
    page.wait_for_selector(".figure .controls:not([hidden])")
    assert not faults
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_in_use(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(address + "package/index.html")
    page.wait_for_selector(".figure .controls:not([hidden])")
    for number, right in ((0, True), (1, False)):
        answer(page.main_frame, number, right=right)
        page.locator(f"#question-{QUESTIONS[number].id} summary").click()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()


def test_an_answer_leads_to_its_place_in_the_film(
    page: Page, address: str, lesson: FinishedLesson
) -> None:
    launched = launch(page, address)
    question = QUESTIONS[1]
    answer(launched, 1, right=True)
    asked = launched.locator(f"#question-{question.id}")
    asked.locator("summary").click()
    asked.locator(".answered a").click()
    scene = next(each for each in lesson.scenes if each.id == question.scene)
    beat = next(each for each in scene.timeline.beats if each.id == question.beat)
    launched.wait_for_function(
        "at => Math.abs(document.getElementById('film').currentTime - at) < 2",
        arg=scene.start + beat.start,
    )


def test_missing_films_are_named_with_the_command_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "BUILD", tmp_path)
    assert main(["scorm", "--lesson", LESSON.id, "--quality", "draft"]) == 1
    said = capsys.readouterr().err
    assert f"{LESSON.id}.mp4: this film is missing" in said
    assert "make it: make render QUALITY=draft" in said
    assert list(tmp_path.iterdir()) == []
