"""How a published film describes itself to search engines, chats, course systems and authors.

A page puts `json_ld` into a `<script type="application/ld+json">`, `open_graph` into `<meta>`s, and
points at the file with `oembed` by
`<link rel="alternate" type="application/json+oembed" href="…" title="…">`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from lessonkit.publish.course import Course, FinishedFilm, FinishedLesson, FinishedScene
from lessonkit.script import NARRATION, Script

LOCALES = {"hi": "hi_IN", "en": "en_US"}  # as Open Graph writes a language
NATIVE = {"hi": "हिन्दी", "en": "English"}  # as its speakers call it, for menus of captions
OVERVIEW, WALKTHROUGH = "Concept Overview", "Problem Walkthrough"  # Google's words for kinds
SNIPPET_WIDTH = 960  # pixels that a pasted player asks for; it shrinks with its column


@dataclass(frozen=True)
class Addresses:
    """Where a film is published. Search engines and oEmbed want them absolute.

    Attributes:
        page: The page that shows it. With `?t=12` it must start the film at second 12.
        player: A page with nothing but the player, to be framed by other sites.
        film: The MP4.
        poster: Its poster, of the film's size.
        captions: WebVTT, by language.
    """

    page: str
    player: str
    film: str
    poster: str
    captions: Mapping[str, str]


@dataclass(frozen=True)
class Clip:
    """A part of a film with a name of its own. Seconds from the film's start."""

    name: str
    start: float
    end: float
    kind: str


@dataclass(frozen=True)
class Video:
    """A film as others may show it, in one language."""

    course: Course
    lang: str
    title: str
    description: str
    film: FinishedFilm
    at: Addresses
    kind: str
    clips: tuple[Clip, ...]
    transcript: str

    @property
    def published(self) -> datetime:
        """When the film was made."""
        return datetime.fromtimestamp(int(self.film.path.stat().st_mtime), UTC)


def scene_video(
    course: Course, scene: FinishedScene, at: Addresses, lang: str = NARRATION
) -> Video:
    """A scene's own film."""
    script = scene.scripts[lang]
    return Video(
        course,
        lang,
        script.title,
        script.objective,
        scene.film,
        at,
        _kind(script),
        (),
        _transcript(script),
    )


def lesson_video(
    course: Course, lesson: FinishedLesson, at: Addresses, description: str, lang: str = NARRATION
) -> Video:
    """A lesson's film, with a clip for each scene."""
    scripts = [scene.scripts[lang] for scene in lesson.scenes]
    ends = [*(scene.start for scene in lesson.scenes[1:]), lesson.film.duration]
    clips = tuple(
        Clip(script.title, scene.start, end, _kind(script))
        for scene, script, end in zip(lesson.scenes, scripts, ends, strict=True)
    )
    told = "\n\n".join(f"{script.title}\n{_transcript(script)}" for script in scripts)
    return Video(
        course,
        lang,
        lesson.film.title[lang],
        description,
        lesson.film,
        at,
        OVERVIEW,
        clips,
        told,
    )


def json_ld(video: Video) -> dict[str, Any]:
    """The film in schema.org's words: what Google asks of a VideoObject and of a learning video."""
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["VideoObject", "LearningResource"],
        "@id": f"{video.at.page}#video",
        "name": video.title,
        "description": video.description,
        "inLanguage": video.lang,
        "url": video.at.page,
        "contentUrl": video.at.film,
        "embedUrl": video.at.player,
        "thumbnailUrl": [video.at.poster],
        "uploadDate": video.published.isoformat(),
        "duration": iso_duration(video.film.duration),
        "encodingFormat": "video/mp4",
        "width": video.film.width,
        "height": video.film.height,
        "isFamilyFriendly": True,
        "isAccessibleForFree": True,
        "accessibilityFeature": ["captions", "transcript"],
        "caption": [
            {
                "@type": "MediaObject",
                "contentUrl": address,
                "encodingFormat": "text/vtt",
                "inLanguage": lang,
            }
            for lang, address in video.at.captions.items()
        ],
        "transcript": video.transcript,
        "learningResourceType": video.kind,
        "educationalLevel": video.course.level,
        "isPartOf": {"@type": "CreativeWorkSeries", "name": video.course.title[video.lang]},
    }
    if video.clips:
        described["hasPart"] = [
            {
                "@type": ["Clip", "LearningResource"],
                "name": clip.name,
                "startOffset": round(clip.start),
                "endOffset": round(clip.end),
                "url": f"{video.at.page}?t={round(clip.start)}",
                "learningResourceType": clip.kind,
            }
            for clip in video.clips
        ]
    return described


def script_text(data: Mapping[str, Any]) -> str:
    """JSON as it may stand inside a `<script>`: no text in it can end the element."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return written.replace("<", "\\u003c")


def open_graph(video: Video) -> list[tuple[str, str]]:
    """Pairs for `<meta property="…" content="…">`: the card that a shared link becomes."""
    film = video.film
    secure = [("og:video:secure_url", video.at.film)] * video.at.film.startswith("https:")
    return [
        ("og:type", "video.other"),
        ("og:site_name", video.course.title[video.lang]),
        ("og:title", video.title),
        ("og:description", video.description),
        ("og:url", video.at.page),
        ("og:locale", LOCALES[video.lang]),
        ("og:image", video.at.poster),
        ("og:image:type", "image/png"),
        ("og:image:width", str(film.width)),
        ("og:image:height", str(film.height)),
        ("og:image:alt", video.title),
        ("og:video", video.at.film),
        *secure,
        ("og:video:type", "video/mp4"),
        ("og:video:width", str(film.width)),
        ("og:video:height", str(film.height)),
        ("video:duration", str(round(film.duration))),
    ]


def oembed(video: Video) -> dict[str, Any]:
    """The answer of oEmbed 1.0 for the page, of type video."""
    width, height = _snippet_size(video.film)
    return {
        "version": "1.0",
        "type": "video",
        "title": video.title,
        "provider_name": video.course.title[video.lang],
        "width": width,
        "height": height,
        "html": iframe(video),
        "thumbnail_url": video.at.poster,
        "thumbnail_width": video.film.width,
        "thumbnail_height": video.film.height,
    }


def iframe(video: Video) -> str:
    """HTML to paste: the player with captions and chapters, in a frame as wide as its column."""
    width, height = _snippet_size(video.film)
    return (
        f'<iframe src="{escape(video.at.player)}" title="{escape(video.title)}" '
        f'width="{width}" height="{height}" '
        f'style="width:100%;max-width:{width}px;height:auto;'
        f'aspect-ratio:{video.film.width}/{video.film.height};border:0" '
        'allow="fullscreen; picture-in-picture" allowfullscreen loading="lazy"></iframe>'
    )


def video_tag(video: Video) -> str:
    """HTML to paste: the bare film.

    A browser takes the captions from the same origin alone, so this is for a page beside the films;
    from elsewhere, `iframe`. Captions that are in the picture are not switched on a second time.
    """
    width, height = _snippet_size(video.film)
    tracks = "".join(
        f'  <track kind="{"captions" if lang == NARRATION else "subtitles"}" srclang="{lang}" '
        f'label="{NATIVE[lang]}" src="{escape(address)}"'
        f"{' default' if lang == NARRATION and not video.film.captions_burned else ''}>\n"
        for lang, address in video.at.captions.items()
    )
    return (
        f'<video controls preload="metadata" width="{width}" height="{height}" '
        f'poster="{escape(video.at.poster)}" style="width:100%;max-width:{width}px;height:auto">\n'
        f'  <source src="{escape(video.at.film)}" type="video/mp4">\n'
        f"{tracks}</video>"
    )


def iso_duration(seconds: float) -> str:
    """Seconds as ISO 8601 writes a duration, to the second: "PT1H2M3S"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "H"), (minutes, "M"), (rest, "S")]
    return "PT" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0S")


def _snippet_size(film: FinishedFilm) -> tuple[int, int]:
    return SNIPPET_WIDTH, round(SNIPPET_WIDTH * film.height / film.width)


def _transcript(script: Script) -> str:
    return "\n".join(beat.text for beat in script.beats)


def _kind(script: Script) -> str:
    return WALKTHROUGH if any(beat.role for beat in script.beats) else OVERVIEW
