"""What a published film says of itself, held against what those who read it ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from publish.finished import build

from lessonkit.problems import LessonError
from lessonkit.publish import course, embed
from lessonkit.publish.course import FinishedLesson, finished_lessons, load_course
from lessonkit.publish.embed import Addresses, Video, lesson_video, scene_video
from lessonkit.script import load_lessons

LESSON = "calculus_basics"
SITE = "https://example.org/course/"
# schema.org's properties of the types used, as far as they are used.
PROPERTIES = {
    "VideoObject": "@id name description inLanguage url contentUrl embedUrl thumbnailUrl "
    "uploadDate duration encodingFormat width height isFamilyFriendly isAccessibleForFree "
    "accessibilityFeature caption transcript hasPart isPartOf",
    "LearningResource": "learningResourceType educationalLevel name",
    "Clip": "name startOffset endOffset url",
    "MediaObject": "contentUrl encodingFormat inLanguage",
    "CreativeWorkSeries": "name",
}
# Google Search: video, key moments, learning video. Required ones, then recommended ones.
GOOGLE = {
    "VideoObject": "name thumbnailUrl uploadDate description duration contentUrl embedUrl",
    "LearningResource": "learningResourceType",
    "Clip": "name startOffset url endOffset",
}


def at(name: str, site: str = SITE) -> Addresses:
    captions = {lang: f"{site}{name}.{lang}.vtt" for lang in ("hi", "en")}
    return Addresses(
        f"{site}{name}/",
        f"{site}{name}/player/",
        f"{site}{name}.mp4",
        f"{site}{name}.png",
        captions,
    )


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> FinishedLesson:
    root = tmp_path_factory.mktemp("build")
    build(root / "high", LESSON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "BUILD", root)
        (found,) = finished_lessons([load_lessons()[LESSON]], "high")
    return found


@pytest.fixture(scope="module")
def whole(lesson: FinishedLesson) -> Video:
    return lesson_video(load_course(), lesson, at(LESSON), "पूरा अध्याय")


def check(node: Mapping[str, Any]) -> None:
    """Types known, properties theirs, what Google asks for there, addresses absolute."""
    kinds = node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
    known = {name for kind in kinds for name in PROPERTIES[kind].split()}
    assert set(node) - {"@type", "@context"} <= known
    for kind in kinds:
        missing = set(GOOGLE.get(kind, "").split()) - set(node)
        assert not missing, f"{kind} lacks {missing}"
    for name, value in node.items():
        values = value if isinstance(value, list) else [value]
        assert all(v not in ("", None) for v in values), name
        if name.lower().endswith("url"):
            assert all(urlsplit(v).scheme == "https" and urlsplit(v).netloc for v in values), name
        for inner in values:
            if isinstance(inner, Mapping):
                check(inner)


def test_json_ld_has_what_search_engines_ask_for(whole: Video, lesson: FinishedLesson) -> None:
    told = embed.json_ld(whole)
    check(told)
    assert told["@context"] == "https://schema.org"
    assert told["inLanguage"] == "hi"
    assert datetime.fromisoformat(told["uploadDate"]).tzinfo is not None
    first = lesson.scenes[0].scripts["hi"]
    assert all(beat.text in told["transcript"] for beat in first.beats)
    assert told["name"] == load_lessons()[LESSON].title["hi"]


def test_clips_are_the_scenes_end_to_end(whole: Video, lesson: FinishedLesson) -> None:
    clips = embed.json_ld(whole)["hasPart"]
    assert [c["name"] for c in clips] == [s.scripts["hi"].title for s in lesson.scenes]
    assert clips[0]["startOffset"] == 0
    assert [c["endOffset"] for c in clips[:-1]] == [c["startOffset"] for c in clips[1:]]
    assert clips[-1]["endOffset"] == round(lesson.film.duration)
    for clip in clips:
        page, query = clip["url"].split("?")
        assert page == whole.at.page, "Google wants the page's own path with a parameter"
        assert query == f"t={clip['startOffset']}"
    kinds = {c["name"]: c["learningResourceType"] for c in clips}
    assert kinds[lesson.scenes[-1].scripts["hi"].title] == "Problem Walkthrough"
    assert kinds[lesson.scenes[1].scripts["hi"].title] == "Concept Overview"


def test_a_scenes_film_speaks_either_language(lesson: FinishedLesson) -> None:
    scene = lesson.scenes[1]
    told = embed.json_ld(scene_video(load_course(), scene, at(scene.id), "en"))
    check(told)
    assert told["name"] == scene.scripts["en"].title
    assert "hasPart" not in told
    assert told["transcript"].startswith(scene.scripts["en"].beats[0].text)


def test_json_in_a_page_cannot_end_its_script(whole: Video) -> None:
    hostile = replace(whole, title="</script><b>a & b</b>", description='"<!--')
    text = embed.script_text(embed.json_ld(hostile))
    page = html5lib.parse(
        f'<script type="application/ld+json">{text}</script>', namespaceHTMLElements=False
    )
    (script,) = page.iter("script")
    assert json.loads(script.text) == embed.json_ld(hostile)
    assert not list(page.iter("b"))


def test_open_graph_makes_a_card_with_a_player(whole: Video) -> None:
    pairs = embed.open_graph(whole)
    told = dict(pairs)
    assert len(told) == len(pairs)
    assert {"og:title", "og:type", "og:image", "og:url"} <= set(told), "the four that it requires"
    assert told["og:video"] == told["og:video:secure_url"] == whole.at.film
    assert (told["og:video:width"], told["og:video:height"]) == ("1920", "1080")
    assert told["og:locale"] == "hi_IN"
    assert all(isinstance(v, str) and v for v in told.values())
    plain = replace(whole, at=at(LESSON, "http://localhost/"))
    assert "og:video:secure_url" not in dict(embed.open_graph(plain))


def test_oembed_is_a_video_answer(whole: Video) -> None:
    told = json.loads(json.dumps(embed.oembed(whole)))
    assert (told["version"], told["type"]) == ("1.0", "video")
    (frame,) = html5lib.parse(told["html"], namespaceHTMLElements=False).iter("iframe")
    assert frame.get("src") == whole.at.player
    assert (frame.get("width"), frame.get("height")) == (str(told["width"]), str(told["height"]))
    assert told["width"] / told["height"] == pytest.approx(16 / 9, rel=0.01)
    assert {"thumbnail_url", "thumbnail_width", "thumbnail_height"} <= set(told)


@pytest.mark.parametrize("burned", [True, False])
def test_snippets_are_whole_html(whole: Video, burned: bool) -> None:
    video = replace(whole, title='x < "2" & y', film=replace(whole.film, captions_burned=burned))
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parseFragment(f"{embed.iframe(video)}\n{embed.video_tag(video)}")
    assert page.find("iframe").get("title") == video.title
    film = page.find("video")
    assert film.find("source").get("src") == video.at.film
    tracks = {track.get("srclang"): track for track in film.iter("track")}
    assert {lang: t.get("src") for lang, t in tracks.items()} == video.at.captions
    assert ("default" in tracks["hi"].attrib) is not burned
    assert "default" not in tracks["en"].attrib


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "PT0S"), (59.6, "PT1M"), (61, "PT1M1S"), (3600, "PT1H"), (3723.4, "PT1H2M3S")],
)
def test_durations_are_iso_8601(seconds: float, written: str) -> None:
    assert embed.iso_duration(seconds) == written
    parts = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", written)
    assert parts
    hours, minutes, rest = (int(part or 0) for part in parts.groups())
    assert hours * 3600 + minutes * 60 + rest == round(seconds)


def test_every_fault_of_the_courses_texts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text('levle = "x"\n[title]\nhi = "पाठ"\n[description]\nhi = " a"\nen = "b"\n')
    with pytest.raises(LessonError) as caught:
        load_course(path)
    told = str(caught.value)
    assert "course.toml:1: unknown key 'levle'" in told
    assert "did you mean 'level'" in told
    assert "en is missing" in told
    assert "hi has a double space or space at an end" in told
    with pytest.raises(LessonError, match=r"none.toml: this file is missing"):
        load_course(tmp_path / "none.toml")
