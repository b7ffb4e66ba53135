"""The site's files: valid, linked, complete, and built whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import pytest
from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from lessonkit.problems import LessonError
from lessonkit.project import ROOT
from lessonkit.publish import content
from lessonkit.publish.content import CONTENT, load_contents
from lessonkit.publish.course import FinishedLesson
from lessonkit.publish.site import build_site, serve_site
from lessonkit.script import load_lessons

ADDRESS = "https://example.org/hindi/course"
SCENES = {scene: lesson.id for lesson in load_lessons().values() for scene in lesson.scenes}


@pytest.fixture(scope="module")
def site(finished: list[FinishedLesson], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(finished, f"{ADDRESS}/", tmp_path_factory.mktemp("web") / "site")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    return {
        str(path.relative_to(site)): BeautifulSoup(path.read_text(encoding="utf-8"), "html5lib")
        for path in sorted(site.rglob("*.html"))
    }


def test_there_is_a_page_for_the_course_each_lesson_and_each_scene(
    pages: dict[str, BeautifulSoup],
) -> None:
    lessons = load_lessons()
    expected = {"index.html"}
    for lesson in lessons:
        expected |= {f"{lesson}/index.html", f"{lesson}/{lesson}.player.html"}
    for scene, lesson in SCENES.items():
        expected |= {f"{lesson}/{scene}.html", f"{lesson}/{scene}.player.html"}
    assert set(pages) == expected
    assert len(expected) == 1 + 2 * (2 + 24)


def test_pages_are_valid_html(site: Path) -> None:
    parser = html5lib.HTMLParser(strict=True)
    for path in site.rglob("*.html"):
        parser.parse(path.read_text(encoding="utf-8"))  # strict: raises at the first mistake


def test_ids_are_unique_and_what_names_them_finds_them(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        ids = Counter(tag["id"] for tag in page.find_all(id=True))
        assert [each for each, times in ids.items() if times > 1] == [], name
        for attribute in ("aria-labelledby", "aria-describedby", "for"):
            for tag in page.find_all(attrs={attribute: True}):
                assert set(str(tag[attribute]).split()) <= set(ids), (name, tag)


def test_links_are_relative_and_lead_to_files_and_places(
    site: Path, pages: dict[str, BeautifulSoup]
) -> None:
    for name, page in pages.items():
        for attribute in ("href", "src", "poster"):
            for tag in page.find_all(attrs={attribute: True}):
                if tag.name == "link" and tag["rel"] == ["canonical"]:
                    continue
                link = urlsplit(str(tag[attribute]))
                assert not link.scheme, (name, tag)
                assert not link.netloc, (name, tag)
                assert not link.path.startswith("/"), (name, tag)
                found = (site / name).parent / unquote(link.path)
                target = found.resolve() if link.path else site / name
                assert target.is_file(), (name, tag)
                if target.suffix == ".html" and link.fragment:
                    there = pages[str(target.relative_to(site))]
                    assert there.find(id=link.fragment), (name, tag)


def test_pages_are_hindi_with_english_marked(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        assert page.html is not None
        assert page.html["lang"] == "hi"
        assert page.body is not None
        for text in page.body.find_all(string=re.compile("[A-Za-z]{3}")):
            if _is_seen(text) and text.find_parent(lang=True)["lang"] == "hi":
                pytest.fail(f"{name}: English that is not marked: {text!r}")


def _is_seen(text: NavigableString) -> bool:
    return text.find_parent(["script", "style", "noscript"]) is None


def test_all_that_is_said_is_on_the_page_in_both_languages(
    finished: list[FinishedLesson], pages: dict[str, BeautifulSoup]
) -> None:
    for lesson in finished:
        for scene in lesson.scenes:
            for name in (f"{lesson.id}/{scene.id}.html", f"{lesson.id}/index.html"):
                said = [_text(beat) for beat in pages[name].select(".beat > span")]
                for beat in scene.scripts["hi"].beats:
                    assert beat.text in said, (name, beat.id)
                english = _text(pages[name].select_one(".english"))
                for beat in scene.scripts["en"].beats:
                    assert beat.text in english, (name, beat.id)


def _text(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


@pytest.mark.parametrize(
    ("scene", "rows"),
    [
        ("c1_10_real_use", ["Loss Function", "Optimizers", "Backpropagation", "Regularization"]),
        ("c2_03_learning_rate", ["बहुत छोटा", "बहुत बड़ा", "संतुलित"]),
        ("c2_04_gd_types", ["Batch Gradient Descent", "Stochastic GD (SGD)", "Mini-batch GD"]),
    ],
)
def test_tables_are_tables(pages: dict[str, BeautifulSoup], scene: str, rows: list[str]) -> None:
    (table,) = pages[f"{SCENES[scene]}/{scene}.html"].select("figure.table table")
    heads = table.select("thead th[scope=col]")
    assert len(heads) == 2
    assert table.caption is not None
    body = table.select("tbody tr")
    for row, name in zip(body, rows, strict=True):
        assert _text(row.select_one("th[scope=row]")).startswith(name)
        assert len(row.select("td")) == 1


def test_objectives_of_each_lesson(pages: dict[str, BeautifulSoup]) -> None:
    for lesson in load_lessons():
        assert len(pages[f"{lesson}/index.html"].select(".objectives li")) == 4


def test_programs_stand_there_as_files_with_what_they_print(
    site: Path, pages: dict[str, BeautifulSoup]
) -> None:
    shown = 0
    for name, page in pages.items():
        for program in page.select("figure.program"):
            file = ROOT / "mathcore" / "snippets" / str(program.select_one("a[download]")["href"])
            assert program.select_one(".code").get_text() == file.read_text(encoding="utf-8"), name
            copied = site / Path(name).parent / file.name
            assert copied.read_bytes() == file.read_bytes()
            shown += 1
    assert shown == 2
    printed = pages["calculus_basics/c1_09_autograd.html"].select_one(".output")
    assert printed.get_text() == "dy/dx at x=2: tensor(4.)"


def test_films_and_tracks_lie_beside_their_pages(
    site: Path, finished: list[FinishedLesson], pages: dict[str, BeautifulSoup]
) -> None:
    for lesson in finished:
        for film in (lesson.film, *(scene.film for scene in lesson.scenes)):
            stem = film.path.stem
            beside = site / lesson.id / stem
            assert beside.with_suffix(".mp4").read_bytes() == film.path.read_bytes()
            for kind in ("hi.vtt", "en.vtt", "words.vtt", "chapters.vtt"):
                assert beside.with_suffix(f".{kind}").read_bytes() == film.track(kind).read_bytes()
            name = f"{lesson.id}/index.html" if stem == lesson.id else f"{lesson.id}/{stem}.html"
            kinds = {(t["kind"], t.get("srclang")) for t in pages[name].select("video track")}
            assert ("captions", "hi") in kinds
            assert ("subtitles", "en") in kinds
            assert ("chapters", "hi") in kinds
            default = [track["srclang"] for track in pages[name].select("track[default]")]
            assert default == ([] if film.captions_burned else ["hi"]), name
    assert {lesson.film.captions_burned for lesson in finished} == {True, False}


def test_a_site_that_knows_its_address_tells_it(
    site: Path, pages: dict[str, BeautifulSoup]
) -> None:
    page = pages["gradient_descent/c2_07_adam.html"]
    here = f"{ADDRESS}/gradient_descent/c2_07_adam"
    assert page.select_one("link[rel=canonical]")["href"] == f"{here}.html"
    assert page.select_one('meta[property="og:video"]')["content"] == f"{here}.mp4"
    told = json.loads(page.select_one('script[type="application/ld+json"]').string)
    assert told["embedUrl"] == f"{here}.player.html"
    link = page.select_one('link[type="application/json+oembed"]')
    answer = json.loads((site / "gradient_descent" / link["href"]).read_text(encoding="utf-8"))
    assert f'src="{here}.player.html"' in answer["html"]
    assert f'src="{here}.player.html"' in page.select_one(".embedding").get_text()
    for told_file in (told["contentUrl"], told["embedUrl"], *told["thumbnailUrl"]):
        assert (site / str(told_file).removeprefix(f"{ADDRESS}/")).is_file()


# -- what goes wrong ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what pages hold, to spoil."""
    copied = tmp_path / "content"
    shutil.copytree(CONTENT, copied)
    return copied


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _problems(folder: Path) -> list[str]:
    with pytest.raises(LessonError) as caught:
        load_contents(load_lessons().values(), folder)
    return [str(problem) for problem in caught.value.problems]


def test_all_faults_of_all_files_are_told_at_once_with_their_lines(folder: Path) -> None:
    first, second = folder / "calculus_basics.toml", folder / "gradient_descent.toml"
    _edit(first, 'scene = "c1_10_real_use"', 'scene = "c1_10_reel_use"')
    _edit(first, '["Optimizers", ', '["Optimizers", "?", ')
    _edit(first, "snippets/autograd.py", "snippets/autogrd.py")
    _edit(second, "about =", "abut =")
    _edit(second, 'name = "optimizers"', 'name = "optimisers"')
    told = _problems(folder)
    line = first.read_text(encoding="utf-8").splitlines().index("[[table]]") + 1
    assert any(f"{first}:{line}: scene = 'c1_10_reel_use' is not in the lesson" in t for t in told)
    assert any("a row has 3 cells for 2 columns: 'Optimizers'" in t for t in told)
    assert any("file = 'mathcore/snippets/autogrd.py' does not exist" in t for t in told)
    assert any("unknown key 'abut'" in t and "did you mean 'about'?" in t for t in told)
    assert any("name = 'optimisers' is no figure" in t and "secant" in t for t in told)


def test_a_program_that_fails_is_told_with_its_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("print(1)\nprint(missing)\n")
    monkeypatch.setattr(content, "ROOT", tmp_path)
    lesson = folder / "calculus_basics.toml"
    kept = lesson.read_text(encoding="utf-8").split("[[code]]")[0]
    lesson.write_text(
        f'{kept}[[code]]\nscene = "c1_q2"\ntitle = "x"\nfile = "broken.py"\n', encoding="utf-8"
    )
    with pytest.raises(LessonError, match=r"broken\.py fails: NameError: name 'missing'"):
        load_contents([load_lessons()["calculus_basics"]], folder)


@pytest.mark.parametrize("address", ["example.org", "ftp://example.org", "https://x.org/?a=1"])
def test_a_wrong_address_leaves_the_last_good_site(
    finished: list[FinishedLesson], tmp_path: Path, address: str
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("the last good one")
    with pytest.raises(LessonError, match="SITE_URL="):
        build_site(finished, address, site)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert (site / "index.html").read_text() == "the last good one"


def test_a_site_that_is_not_there_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="make it: make site"):
        serve_site(tmp_path)
