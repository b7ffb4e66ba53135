"""Interactive figures in a real browser: every number they show is mathcore's."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import PATIENCE, served, watched
from playwright.sync_api import Browser, Page

from lessonkit.problems import LessonError
from lessonkit.publish.figures import KINDS, TEXTS, Figure, load_figures
from lessonkit.publish.pages import PAGE, templates
from lessonkit.stage import theme
from mathcore import (
    contraction,
    difference_quotients,
    function,
    gradient_descent_iterates,
    lr_bound,
    optimizer,
    quadratic,
    ravine,
    stationary_points,
    tangent_line,
    trajectory,
)

SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return load_figures()


@pytest.fixture(scope="module")
def address(figures: dict[str, Figure], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("figures") / "page"
    shutil.copytree(PAGE, folder)
    page = templates().from_string(
        '<!doctype html><html lang="hi"><meta charset="utf-8"><title>x</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="palette.css"><link rel="stylesheet" href="figures.css">'
        '{% import "figure.html" as all %}{% for one in figures %}{{ all.figure(one) }}{% endfor %}'
        '<script type="module" src="figures.js"></script>'
    )
    html = page.render(figures=list(figures.values()))
    (folder / "index.html").write_text(html, encoding="utf-8")
    with served(folder) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    page.set_default_timeout(PATIENCE)
    faults = watched(page)
    page.goto(address)
    page.wait_for_selector(".controls:not([hidden])")
    yield page
    assert not faults
    page.close()


class Shown:
    """One figure on the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.root = page, page.locator(f"#figure-{name}")

    def put(self, name: str, value: float) -> None:
        self.root.locator(f"[data-in={name}]").evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
            value,
        )

    def text(self, name: str) -> str:
        return str(self.root.locator(f"[data-out={name}]").inner_text())

    def agrees(self, name: str, value: float) -> bool:
        """Whether the number shown is the value, rounded to the digits that are shown."""
        return agrees(self.text(name), value)


def agrees(text: str, value: float) -> bool:
    found = re.fullmatch(r"(−?\d+(?:\.(\d+))?)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found, text
    power = 10.0 ** int((found[3] or "0").translate(SUPERSCRIPT))
    unit = 10.0 ** -len(found[2] or "") * power
    return abs(float(found[1].replace("−", "-")) * power - value) <= 0.5001 * unit


@pytest.mark.parametrize(
    ("name", "f", "places"),
    [
        ("tangent", function("x**2"), (-2.8, -1.35, 0.0, 0.05, 2.0, 2.8)),
        ("loss_slope", function("(w - 3)**2"), (0.0, 1.0, 3.0, 3.5, 5.0, 6.0)),
    ],
)
def test_value_slope_and_sign_along_a_curve(page: Page, name: str, f, places) -> None:
    shown = Shown(page, name)
    texts = load_texts(shown)
    for x in places:
        shown.put("position", x)
        slope = f.derivative()(x)
        assert shown.agrees("position", x)
        assert shown.agrees("value", f(x))
        assert shown.agrees("slope", slope)
        sign = "zero" if abs(slope) < 1e-9 else "negative" if slope < 0 else "positive"
        assert shown.text("verdict") == texts[sign]
        line = tangent_line(f, x)
        (x1, y1), (x2, y2) = points_of(shown, "polyline.slope")
        assert (y2 - y1) / (x2 - x1) == pytest.approx(line.slope, abs=0.05)
        assert y1 == pytest.approx(line(x1), abs=0.1)


def load_texts(shown: Shown) -> dict[str, str]:
    return json.loads(shown.root.locator("script").inner_text())["texts"]


def points_of(shown: Shown, selector: str, plot: int = 0) -> list[tuple[float, float]]:
    """The corners of a drawn line, in axes coordinates."""
    told = json.loads(shown.root.locator("script").inner_text())
    left, top, width, height = told["box"]
    (x0, x1), (y0, y1) = told["plots"][plot]["x"], told["plots"][plot]["y"]
    drawn = shown.root.locator(".plots > svg").nth(plot).locator(f".initial {selector}")
    pairs = [pair.split(",") for pair in drawn.get_attribute("points").split()]
    return [
        (
            x0 + (float(x) - left) / width * (x1 - x0),
            y1 - (float(y) - top) / height * (y1 - y0),
        )
        for x, y in pairs
    ]


def test_the_secants_slope_on_both_sides_and_none_at_zero(page: Page) -> None:
    shown, f = Shown(page, "secant"), function("x**2")
    texts = load_texts(shown)
    for h in (2.0, 1.0, 0.1, 0.01, -0.01, -0.1, -1.0, -2.5):
        shown.put("step", h)
        assert shown.agrees("slope", difference_quotients(f, 2, [h])[0])
        assert shown.agrees("rise", f(2 + h) - f(2))
        assert shown.agrees("run", h)
        assert shown.text("verdict") == texts["near" if abs(h) <= 0.1 else "far"]
    shown.put("step", 0)
    assert shown.text("slope") == "0/0"
    assert shown.text("verdict") == texts["none"]
    assert shown.root.locator("polyline.slope:not(.thin)").count() == 0
    limit = f.derivative()(2)
    assert f"limit {limit:g} है" in texts["none"]
    assert f"slope {limit:g} " in texts["near"]


@pytest.mark.parametrize("curvature", [0.5, 2, 4])
def test_descent_for_every_rate_is_that_of_the_closed_form(page: Page, curvature: float) -> None:
    shown, f = Shown(page, "learning_rate"), quadratic([curvature])
    texts = load_texts(shown)
    shown.put("curvature", curvature)
    bound = lr_bound([[curvature]])
    assert shown.agrees("bound", bound)
    for rate in (0.01, 0.3, 0.5, 0.9, 1.0, 1.1, 1.5):
        shown.put("rate", rate)
        path = gradient_descent_iterates([[curvature]], [3.0], rate, 20)[:, 0]
        assert shown.agrees("factor", 1 - rate * curvature)
        assert shown.agrees("weight", path[-1])
        assert shown.agrees("loss", f(path[-1]))
        drawn = points_of(shown, "polyline.gradient")
        assert np.allclose([w for w, _ in drawn], path[: len(drawn)], atol=0.05)
        verdict = next(key for key, text in texts.items() if text == shown.text("verdict"))
        share = contraction(curvature, rate)
        if rate > bound + 1e-9:
            assert verdict == "diverging"
        elif rate > bound - 1e-9:
            assert verdict == "stuck"
        elif share < 1e-9:
            assert verdict == "exact"
        elif rate > bound / 2:
            assert verdict == "jumping"
        else:
            assert verdict == ("slow" if abs(path[-1]) > 0.01 * 3 else "good")


def test_the_films_words_for_learning_rates(page: Page) -> None:
    shown = Shown(page, "learning_rate")
    texts = load_texts(shown)
    said = {0.01: "slow", 0.3: "good", 0.9: "jumping", 1.0: "stuck", 1.1: "diverging"}
    for rate, verdict in said.items():
        shown.put("rate", rate)
        assert shown.text("verdict") == texts[verdict]
    mark = shown.root.locator("[data-mark=bound]")
    thumb = shown.root.locator("[data-in=rate]")
    middle = mark.bounding_box()["x"] + mark.bounding_box()["width"] / 2
    box = thumb.bounding_box()
    share = (lr_bound([[2]]) - 0.01) / (1.5 - 0.01)
    assert middle == pytest.approx(box["x"] + 8 + share * (box["width"] - 16), abs=3)
    shown.put("curvature", 0.5)
    assert mark.is_hidden(), "the bound is beyond the slider"


ENTRANTS = {
    "gd": ("SGD", {"lr": 0.4}),
    "momentum": ("SGD", {"lr": 0.6, "momentum": 0.5}),
    "rmsprop": ("RMSprop", {"lr": 0.1, "alpha": 0.9}),
    "adam": ("Adam", {"lr": 0.4}),
}


def test_the_race_is_what_torch_runs(page: Page) -> None:
    shown = Shown(page, "optimizers")
    runs = {
        name: trajectory(ravine(20), [-5, -2], optimizer(kind, **options), 400)
        for name, (kind, options) in ENTRANTS.items()
    }
    for step in (0, 1, 12, 40, 140):
        shown.put("step", step)
        for name, run in runs.items():
            row = shown.root.locator(f"[data-run={name}]")
            assert agrees(row.locator("[data-out=loss]").inner_text(), run.values[step])
            assert f"η = {run.options['lr']}" in row.inner_text()
            settled = row.locator("[data-out=settled]").inner_text()
            at = run.settled_at(0.01)
            assert settled == (f"step {at}" if at <= step else load_texts(shown)["not-yet"])
            drawn = points_of(shown, f"polyline.{name}")
            assert np.allclose(drawn, run.points[: step + 1], atol=0.05)


def test_an_optimizer_is_picked_and_the_race_plays(page: Page) -> None:
    shown = Shown(page, "optimizers")
    shown.root.locator("[data-run=adam] input").uncheck()
    assert shown.root.locator("polyline.adam").count() == 0
    assert shown.root.locator("polyline.gd").count() == 2
    shown.put("step", 3)
    shown.root.locator(".play").click()
    page.wait_for_function("document.querySelector('#figure-optimizers [data-in=step]').value > 5")
    shown.root.locator(".play").click()
    stopped = shown.text("step")
    page.wait_for_timeout(250)
    assert shown.text("step") == stopped
    page.emulate_media(reduced_motion="reduce")
    shown.root.locator(".play").wait_for(state="hidden")


def test_scripts_draw_at_first_what_the_page_showed_without_them(
    browser: Browser, address: str, page: Page, figures: dict[str, Figure]
) -> None:
    still = browser.new_page(java_script_enabled=False)
    still.goto(address)
    for name in figures:
        layers = [
            [
                layer.inner_html()
                for layer in each.locator(f"#figure-{name} .plots > svg .initial").all()
            ]
            for each in (still, page)
        ]
        for before, after in zip(*layers, strict=True):
            numbers = [np.array(re.findall(r"-?\d+\.\d", html), float) for html in (before, after)]
            assert len(numbers[0]) == len(numbers[1]) > 0
            assert np.allclose(*numbers, atol=0.11)
            tags = [re.findall(r"<(\w+) (?:class=\"([^\"]*)\")?", html) for html in (before, after)]
            assert tags[0] == tags[1]
        assert still.locator(f"#figure-{name} .controls").is_hidden()
    still.close()


def test_the_point_is_dragged_by_mouse_and_finger_and_moved_by_keys(page: Page) -> None:
    shown, f = Shown(page, "tangent"), function("x**2")
    box = shown.root.locator(".plots > svg").bounding_box()
    left, _, width, _ = json.loads(shown.root.locator("script").inner_text())["box"]

    def across(x: float) -> float:
        return box["x"] + (left + (x + 3) / 6 * width) / 340 * box["width"]

    height = box["y"] + box["height"] / 2
    page.mouse.move(across(0.5), height)
    page.mouse.down()
    page.mouse.move(across(-2.0), height, steps=4)
    assert shown.agrees("slope", f.derivative()(-2))
    page.mouse.up()
    page.mouse.move(across(1.0), height)
    assert shown.agrees("slope", f.derivative()(-2)), "it is let go"
    page.touchscreen.tap(across(1.0), height)
    assert shown.agrees("slope", f.derivative()(1))
    shown.root.locator("[data-in=position]").focus()
    page.keyboard.press("ArrowRight")
    assert shown.agrees("slope", f.derivative()(1.05))
    page.keyboard.press("End")
    assert shown.agrees("slope", f.derivative()(2.8))


def test_a_screen_reader_is_told_the_values_once_they_rest(page: Page) -> None:
    shown = Shown(page, "tangent")
    page.wait_for_timeout(100)
    said = shown.root.locator(".said")
    assert said.inner_text() == ""
    shown.put("position", -1)
    page.wait_for_function("document.querySelector('#figure-tangent .said').textContent")
    assert "slope f′(x) = −2.00" in said.inner_text()
    assert said.get_attribute("role") == "status"
    slider = shown.root.locator("[data-in=position]")
    assert slider.get_attribute("aria-valuetext") == "−1.00"


def test_a_phone_needs_no_scrolling_aside(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for texts in page.locator("svg text").all()[:6]:
        assert texts.bounding_box()["height"] >= 12


def test_what_texts_say_is_computed(figures: dict[str, Figure]) -> None:
    (lowest,) = stationary_points(function("(w - 3)**2"))
    assert "(w − 3)²" in figures["loss_slope"].about
    assert "minimum" in figures["loss_slope"].texts["zero"]
    assert figures["loss_slope"].numbers["least"] < lowest.x < figures["loss_slope"].numbers["most"]
    numbers = figures["learning_rate"].numbers
    assert f"w = {numbers['start']:g}, {numbers['steps']} steps" in figures["learning_rate"].about
    for text in ("weight", "loss"):
        assert f"{numbers['steps']} steps" in figures["learning_rate"].texts[text]
    assert ravine(20).typst == "0.1 x^2 + 2 y^2"
    assert "L = 0.1x² + 2y²" in figures["optimizers"].about
    assert figures["optimizers"].numbers["runs"]["gd"]["points"][0] == [-5, -2]
    assert "(−5, −2)" in figures["optimizers"].about
    assert f"{figures['optimizers'].numbers['below']:g} " in figures["optimizers"].texts["settled"]


def test_colours_are_the_films_and_can_be_read_on_light_ground_too() -> None:
    css = (PAGE / "palette.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in css.split("@media"))
    roles = {**theme.ROLES, "ground": theme.BACKGROUND, "panel": theme.PANEL, "faint": theme.FAINT}
    assert {name: dark[name].upper() for name in roles} == roles
    for palette in (light, dark):
        for name in theme.ROLES:
            for ground in ("ground", "panel"):
                assert contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
        assert contrast(palette["edge"], palette["panel"]) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    lights = []
    for colour in (one, other):
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(linear @ [0.2126, 0.7152, 0.0722])
    return float((max(lights) + 0.05) / (min(lights) + 0.05))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[tangent]", "[tangents]", "unknown key 'tangents'"),
        ('slope = "slope f′(x)"\n', "", "figure 'tangent': slope is missing or empty"),
        ('adam = "Adam"', 'adm = "Adam"', "figure 'optimizers': adam is missing or empty"),
        ('near = "h', 'nere = "h', "figure 'secant': unknown key 'nere'"),
    ],
)
def test_a_missing_or_unknown_text_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    good = TEXTS.read_text(encoding="utf-8")
    path = tmp_path / "figures.toml"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        load_figures(path)
    assert told in str(caught.value)
    assert set(KINDS) == {"tangent", "secant", "descent", "race"}
