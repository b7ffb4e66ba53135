"""The practice questions: their file's faults, their numbers and outputs, and how they behave."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, served, watched
from playwright.sync_api import Browser, Page

from lessonkit.problems import LessonError
from lessonkit.publish.pages import PAGE, templates
from lessonkit.publish.questions import SITE, Question, load_questions
from lessonkit.script import load_lessons
from mathcore import Snippet, chain_rule, contraction, function, lr_bound, snippet

LESSONS = load_lessons()
QUESTIONS = [question for lesson in LESSONS.values() for question in load_questions(lesson)]
BY_ID = {question.id: question for question in QUESTIONS}
FIRST = LESSONS["calculus_basics"]


def test_the_courses_questions_are_all_asked_and_name_where_the_film_answers() -> None:
    assert [q.number for q in QUESTIONS] == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5]
    answered = {f"{q.scene}/{q.beat}" for q in QUESTIONS if q.scene.startswith(("c1_q", "c2_q"))}
    assert len(answered) == len(QUESTIONS) - 1, "one question repeats what a lesson's scene shows"


@pytest.mark.parametrize(
    ("asked", "name"), [("output-twice", "autograd_twice"), ("output-cube", "cube")]
)
def test_the_right_answer_about_a_program_is_what_it_prints(asked: str, name: str) -> None:
    question = BY_ID[asked]
    assert question.code == snippet(name).source.rstrip()
    printed = snippet(name).run().output
    assert question.right.text.split("`")[1::2] == list(printed)
    for choice in question.choices:
        assert choice.right == (choice.text.split("`")[1::2] == list(printed))


def test_what_explanations_say_of_programs_is_so() -> None:
    said = {choice.text: choice.why for choice in BY_ID["output-cube"].choices}
    source = snippet("cube").source
    of_y = Snippet(source.replace("print(x.grad)", "print(y)")).run().output
    assert "print(y)" in said[f"`{of_y[0]}`"]
    number = Snippet(source.replace("print(x.grad)", "print(x.grad.item())")).run().output
    assert "x.grad.item()" in said[f"`{number[0]}`"]
    lines = BY_ID["three-lines"].code.splitlines()
    assert lines == list(snippet("training_loop").excerpt("zero_grad", "backward", "step()"))


def test_numbers_in_explanations_are_computed() -> None:
    slopes = [link.slope for link in chain_rule(function("(3*x + 1)**2"), at=1)]
    assert slopes == [3, 8]
    assert "3 × 8 = 24" in BY_ID["chain-rule"].choices[2].why
    assert BY_ID["cubic"].right.text == "3x²"
    assert function("x**3").derivative().typst == "3 x^2"
    right = BY_ID["rate-too-high"].right.why
    assert f"सीमा {lr_bound([[2]]):g};" in right
    assert f"{contraction(2, 1.1):g} गुना" in right


GOOD = (SITE / f"{FIRST.id}.questions.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'beat = "a-rate"',
            'beat = "a-rat"',
            "question 'derivative': beat 'a-rat' is not in scene",
        ),
        ('"c1_q1"', '"c9_q1"', "question 'derivative': scene 'c9_q1' is not in the lesson"),
        ("right = true\n", "", "question 'derivative': 0 of its choices are right"),
        ('id = "derivative"', 'id = "gradient"', "id 'gradient' is used by 2 questions"),
        ('id = "derivative"', 'id = "The Derivative"', "is not kebab-case"),
        ('ask = "Deep', 'asks = "Deep', "unknown key 'asks'"),
        ('ask = "Deep', 'ask = "  Deep', "double space"),
        (
            'why = "Derivative बदलाव',
            'reason = "Derivative बदलाव',
            "choice 1: why is missing or empty",
        ),
        ("right = true\n", 'right = "yes"\n', "choice 2: right = 'yes' is a text"),
        ("snippets/cube.py", "snippets/sphere.py", "code 'mathcore/snippets/sphere.py' is no file"),
        ("snippets/cube.py", "../../etc/passwd", "is no file"),
        ('cube.py"', 'cube.py"\nlines = [2, 9]', "question 'output-cube': lines = [2, 9]"),
        ('"`tensor(9.)`"', '"`tensor(27.)`"', "choice '`tensor(27.)`' stands there 2 times"),
        ("[[question.choice]]", "[[question.choices]]", "unknown key 'choices'"),
    ],
)
def test_a_fault_is_named_with_file_question_value_and_fix(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    path = tmp_path / f"{FIRST.id}.questions.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        load_questions(FIRST, tmp_path)
    said = str(caught.value)
    assert told in said
    assert f"{path}:" in said
    assert said.count("fix: ") == len(caught.value.problems)


def test_a_fault_names_its_line_and_a_lesson_without_questions_has_none(tmp_path: Path) -> None:
    path = tmp_path / f"{FIRST.id}.questions.toml"
    lines = GOOD.splitlines()
    nth = lines.index('id = "gradient"')
    choice = next(n for n in range(nth, len(lines)) if lines[n] == "[[question.choice]]")
    del lines[choice + 2]  # its why
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        load_questions(FIRST, tmp_path)
    assert f"{path}:{choice + 1}: question 'gradient', choice 1: why" in str(caught.value)
    path.unlink()
    assert load_questions(FIRST, tmp_path) == ()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("questions") / "page"
    shutil.copytree(PAGE, folder)
    page = templates().from_string(
        '<!doctype html><html lang="hi"><meta charset="utf-8"><title>x</title>'
        '<link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="palette.css"><link rel="stylesheet" href="questions.css">'
        '{% import "questions.html" as all %}{{ all.questions(questions) }}'
        '<script type="module" src="questions.js"></script>'
    )
    (folder / "index.html").write_text(page.render(questions=QUESTIONS), encoding="utf-8")
    with served(folder) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_default_timeout(PATIENCE)
    faults = watched(page)
    page.goto(address)
    page.wait_for_selector(".question[data-state]")
    yield page
    assert not faults
    page.close()


def wrong(question: Question) -> int:
    return next(n for n, choice in enumerate(question.choices) if not choice.right)


def right(question: Question) -> int:
    return question.choices.index(question.right)


def answer(page: Page, question: Question, choice: int) -> str:
    asked = page.locator(f"#question-{question.id}")
    asked.locator("input").nth(choice).check()
    asked.locator(".check").click()
    return asked.locator(".told").inner_text()


def test_an_answer_is_explained_and_remembered_on_the_next_page(page: Page) -> None:
    first, second = QUESTIONS[:2]
    page.evaluate("document.addEventListener('answers', (e) => { window.told = e.detail; })")
    said = answer(page, first, wrong(first))
    assert "✗" in said
    assert first.choices[wrong(first)].why in said
    assert first.right.why not in said
    said = answer(page, first, right(first))
    assert "✓" in said
    assert first.right.why in said
    answer(page, second, right(second))
    assert page.evaluate("told") == {"all": len(QUESTIONS), "answered": 2, "right": 1}
    assert f"{len(QUESTIONS)} में से 1 " in page.locator(".score").inner_text()
    page.reload()
    page.wait_for_selector(".question[data-state=right]")
    assert page.locator("[data-state=right].question").count() == 2
    assert first.right.why in page.locator(f"#question-{first.id} .told").inner_text()
    page.locator(".afresh").click()
    assert page.locator("[data-state=open].question").count() == len(QUESTIONS)
    assert page.evaluate("JSON.parse(localStorage.getItem('answers'))") == {}


def test_keys_alone_answer_a_question_and_focus_is_never_lost(page: Page) -> None:
    question = QUESTIONS[0]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(right(question)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    asked = page.locator(f"#question-{question.id}")
    assert asked.get_attribute("data-state") == "right"
    assert page.evaluate("document.activeElement.localName") == "summary"
    page.keyboard.press("Enter")
    assert asked.locator("details li").count() == len(question.choices)
    assert asked.locator("details li").first.is_visible()


def test_nothing_chosen_asks_for_a_choice_and_a_phone_needs_no_scrolling_aside(page: Page) -> None:
    page.locator(".check").first.click()
    assert page.locator(".told").first.inner_text() == "पहले एक विकल्प चुनिए।"
    assert page.locator(".question").first.get_attribute("data-state") == "open"
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("kept", ['{"calculus_basics/derivative": [99, "x"]}', "broken {", "7"])
def test_a_memory_that_is_spoilt_is_no_harm(page: Page, kept: str) -> None:
    page.evaluate("(kept) => localStorage.setItem('answers', kept)", kept)
    page.reload()
    page.wait_for_selector(".question[data-state=open]")
    assert "✓" in answer(page, QUESTIONS[0], right(QUESTIONS[0]))


def test_without_scripts_the_answers_are_on_the_page(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    for question in QUESTIONS:
        asked = page.locator(f"#question-{question.id}")
        asked.locator("summary").click()
        shown = asked.locator("details li[data-right]").inner_text()
        assert question.right.text.replace("`", "") in shown
        assert question.right.why.replace("`", "") in shown
        assert asked.locator(".check").is_hidden()
    page.close()
