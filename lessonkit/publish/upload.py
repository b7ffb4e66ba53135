"""Bundles to YouTube with Google's client: resumed where it broke off, and no film twice.

A ledger beside the course's texts remembers each film by the SHA-256 of its bytes, from before the
first byte is sent. It belongs into version control, so that another machine knows it too.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import json
import os
import random
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httplib2
from google.auth.exceptions import GoogleAuthError, RefreshError
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown, written_whole
from lessonkit.publish.youtube import BUNDLES, LESSON_TEXTS
from lessonkit.render.side_by_side import progress_bar
from lessonkit.script import LANGUAGES

LEDGER = LESSON_TEXTS / "uploads.json"
CHUNK = 8 * 1024 * 1024  # bytes sent at once; a multiple of 256 KiB
MOST_FAILURES = 8  # in a row, with longer and longer pauses: four minutes in all
LONGEST_PAUSE = 60.0  # seconds
PASSING = (408, 429, 500, 502, 503, 504)  # HTTP answers that another try may change
GONE = (404, 410)  # answers of an upload's session that YouTube no longer knows
THUMBNAIL = "the thumbnail"
FIXES = {  # by the reason that YouTube gives
    "quotaExceeded": "the project's daily quota is used up: run again tomorrow",
    "uploadLimitExceeded": "the channel may upload no more today: run again tomorrow",
    "youtubeSignupRequired": "this account has no channel: create one on youtube.com",
    "playlistNotFound": 'the playlist was deleted: set "playlist" to "" in the ledger',
    "manualSortRequired": "set the playlist's sorting to manual on YouTube, then run again",
}
NETWORK = (
    httplib2.HttpLib2Error,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)
# Networks that are out of reach have no class of their own.
OUT_OF_REACH = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
Answer = TypeVar("Answer")


@dataclass
class Upload:
    """What has become of one film. Saved after every step."""

    lesson: str
    position: int  # in the playlist, from 0
    session: str = ""  # where its bytes go until it is whole
    all_sent: bool = False  # its last bytes are on their way, or there
    video: str = ""  # YouTube's id
    captions: dict[str, str] = field(default_factory=dict)  # language: SHA-256
    thumbnail: str = ""  # SHA-256
    in_playlist: bool = False


class Ledger:
    """The uploads of the course by the SHA-256 of the film, and its playlist, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.playlist = ""
        self.uploads: dict[str, Upload] = {}
        if not path.exists():
            return
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            self.playlist = told["playlist"]
            self.uploads = {key: Upload(**value) for key, value in told["films"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"is not the ledger that was written: {error}"
            fix = "restore it from version control: it keeps films from being uploaded twice"
            raise LessonError([Problem(shown(path), what, fix)]) from None

    def save(self) -> None:
        """Write it."""
        films = {key: asdict(upload) for key, upload in self.uploads.items()}
        told = json.dumps({"playlist": self.playlist, "films": films}, indent=2)
        with written_whole(self.path) as temporary:
            temporary.write_text(told + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Bundle:
    """A folder that `make youtube` wrote."""

    lesson: str
    folder: Path
    metadata: dict[str, Any]
    playlist: dict[str, Any]

    @property
    def film(self) -> Path:
        """The MP4."""
        return self.folder / f"{self.lesson}.mp4"

    @property
    def thumbnail(self) -> Path:
        """The PNG."""
        return self.folder / "thumbnail.png"

    def captions(self, lang: str) -> Path:
        """Captions as SRT."""
        return self.folder / f"{self.lesson}.{lang}.srt"


def read_bundles(lessons: Sequence[str], root: Path = BUNDLES) -> list[Bundle]:
    """The bundles of lessons.

    Raises:
        LessonError: each that is missing or incomplete.
    """
    bundles, problems = [], []
    for lesson in lessons:
        folder = root / lesson
        try:
            metadata, playlist = (
                json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                for name in ("metadata", "playlist")
            )
            bundle = Bundle(lesson, folder, metadata, playlist)
            needed = [bundle.film, bundle.thumbnail, *map(bundle.captions, LANGUAGES)]
            missing = [path.name for path in needed if not path.is_file()]
        except (OSError, ValueError):
            missing = ["its descriptions"] if folder.is_dir() else ["everything"]
        if missing:
            what = f"the bundle lacks {', '.join(missing)}"
            problems.append(Problem(shown(folder), what, f"make youtube LESSON={lesson}"))
        else:
            bundles.append(bundle)
    if problems:
        raise LessonError(problems)
    return bundles


class Uploader:
    """Puts bundles on the channel of a service, as far as the ledger says they are not there."""

    def __init__(
        self, service: Any, ledger: Path = LEDGER, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._service = service
        self._path = ledger
        self._sleep = sleep

    def upload(self, bundles: Sequence[Bundle]) -> None:
        """Films, captions, thumbnails, and their places in the playlist.

        Raises:
            LessonError: what could not be done; what could be is done, and is not done again.
        """
        problems: list[Problem] = []
        with _alone(self._path.parent):
            self._ledger = Ledger(self._path)
            for bundle in bundles:
                problems += self._one(bundle)
        if problems:
            raise LessonError(problems)

    def _one(self, bundle: Bundle) -> list[Problem]:
        key = _digest(bundle.film)
        earlier = [u for k, u in self._ledger.uploads.items() if u.lesson == bundle.lesson]
        upload = self._ledger.uploads.setdefault(
            key, Upload(bundle.lesson, bundle.playlist["position"])
        )
        try:
            if upload.video:
                print(f"{bundle.lesson}: this film is there, https://youtu.be/{upload.video}")
            else:
                self._film(bundle, upload)
                print(f"{bundle.lesson}: https://youtu.be/{upload.video}")
                print(f"    publish it: https://studio.youtube.com/video/{upload.video}/edit")
                for old in earlier:
                    if old.video and old is not upload:
                        print(f"    it replaces https://youtu.be/{old.video}, which you may delete")
        except _RefusedError as refused:
            return [refused.told(bundle.lesson, "the film")]
        except LessonError as error:
            return list(error.problems)
        problems = []
        steps: list[tuple[str, Callable[[], None]]] = [
            *((f"captions ({lang})", self._captions(bundle, upload, lang)) for lang in LANGUAGES),
            (THUMBNAIL, self._thumbnail(bundle, upload)),
            ("the playlist", self._place(bundle, upload)),
        ]
        for what, step in steps:
            try:
                self._patiently(step)
            except _RefusedError as refused:
                problems.append(refused.told(bundle.lesson, what))
            self._ledger.save()
        return problems

    def _film(self, bundle: Bundle, upload: Upload) -> None:
        media = _Film(bundle.film)
        request = self._service.videos().insert(
            part=",".join(bundle.metadata), body=bundle.metadata, media_body=media
        )
        if known_session := upload.session:
            # The client asks a session of its own how far it came only after a failure.
            request.resumable_uri, request._in_error_state = known_session, True

        def about_to_send(is_last: bool) -> None:
            if (upload.session, upload.all_sent) != (request.resumable_uri, is_last):
                upload.session, upload.all_sent = request.resumable_uri, is_last
                self._ledger.save()

        media.about_to_send = about_to_send
        try:
            with progress_bar() as bar:
                megabytes = 1024 * 1024
                task = bar.add_task(f"{bundle.lesson}, MB", total=media.size() // megabytes)
                answer = None
                while answer is None:
                    status, answer = self._patiently(request.next_chunk)
                    if status:
                        bar.update(task, completed=status.resumable_progress // megabytes)
        except _RefusedError as refused:
            if not known_session or refused.status not in GONE:
                raise
            self._start_anew(bundle, upload)
        else:
            upload.session, upload.all_sent, upload.video = "", False, answer["id"]
            self._ledger.save()

    def _start_anew(self, bundle: Bundle, upload: Upload) -> None:
        """The session has expired. The film may have arrived with its last breath."""
        if upload.all_sent:
            what = (
                "all of the film was sent, but YouTube's answer was lost, and too long ago to ask"
            )
            fix = (
                f"look for it in https://studio.youtube.com; if it is there, write its id as "
                f'"video" of {bundle.lesson} into {shown(self._path)}, otherwise set "all_sent" '
                "to false, then run again"
            )
            raise LessonError([Problem(bundle.lesson, what, fix)])
        upload.session = ""
        self._ledger.save()
        self._film(bundle, upload)

    def _captions(self, bundle: Bundle, upload: Upload, lang: str) -> Callable[[], None]:
        path = bundle.captions(lang)

        def step() -> None:
            digest = _digest(path)
            if upload.captions.get(lang) == digest:
                return
            captions = self._service.captions()
            media = MediaFileUpload(str(path), mimetype="application/octet-stream")
            listed = captions.list(part="snippet", videoId=upload.video).execute()["items"]
            own = [
                track["id"]
                for track in listed
                if track["snippet"]["language"] == lang and track["snippet"]["trackKind"] != "ASR"
            ]
            if own:
                captions.update(part="id", body={"id": own[0]}, media_body=media).execute()
            else:
                snippet = {"videoId": upload.video, "language": lang, "name": ""}
                captions.insert(
                    part="snippet", body={"snippet": snippet}, media_body=media
                ).execute()
            upload.captions[lang] = digest

        return step

    def _thumbnail(self, bundle: Bundle, upload: Upload) -> Callable[[], None]:
        def step() -> None:
            digest = _digest(bundle.thumbnail)
            if upload.thumbnail != digest:
                media = MediaFileUpload(str(bundle.thumbnail), mimetype="image/png")
                self._service.thumbnails().set(videoId=upload.video, media_body=media).execute()
                upload.thumbnail = digest

        return step

    def _place(self, bundle: Bundle, upload: Upload) -> Callable[[], None]:
        def step() -> None:
            if upload.in_playlist:
                return
            if not self._ledger.playlist:
                self._ledger.playlist = self._playlist(bundle.playlist["playlist"])
                self._ledger.save()
            playlist = self._ledger.playlist
            items = self._service.playlistItems()
            there = items.list(part="id", playlistId=playlist, videoId=upload.video).execute()
            if not there["items"]:
                uploads = self._ledger.uploads.values()
                before = [u for u in uploads if u.in_playlist and u.position < upload.position]
                snippet = {
                    "playlistId": playlist,
                    "resourceId": {"kind": "youtube#video", "videoId": upload.video},
                    "position": len(before),
                }
                items.insert(part="snippet", body={"snippet": snippet}).execute()
            upload.in_playlist = True

        return step

    def _playlist(self, wanted: dict[str, Any]) -> str:
        """The channel's playlist of the course; made where there is none."""
        playlists = self._service.playlists()
        request = playlists.list(part="snippet", mine=True, maxResults=50)
        while request is not None:
            answer = request.execute()
            for found in answer["items"]:
                if found["snippet"]["title"] == wanted["snippet"]["title"]:
                    return str(found["id"])
            request = playlists.list_next(request, answer)
        return str(playlists.insert(part=",".join(wanted), body=wanted).execute()["id"])

    def _patiently(self, action: Callable[[], Answer]) -> Answer:
        """What an action returns, tried again while what stops it may pass."""
        failures = 0
        while True:
            try:
                return action()
            except (HttpError, GoogleAuthError, *NETWORK) as error:
                refused = _RefusedError(error)
            except OSError as error:
                if error.errno not in OUT_OF_REACH:
                    raise  # a full disk, say
                refused = _RefusedError(error)
            failures += 1
            if not refused.may_pass or failures > MOST_FAILURES:
                raise refused
            pause = min(2.0**failures, LONGEST_PAUSE)
            self._sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 # no secret


class _Film(MediaFileUpload):  # type: ignore[misc] # the client ships no types
    """A film that tells before each piece of it is sent, which is when its session is known."""

    about_to_send: Callable[[bool], None]

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), mimetype="video/mp4", chunksize=CHUNK, resumable=True)

    def has_stream(self) -> bool:
        # A connection that drops makes httplib2 send the body again, and a stream is then used up.
        return False

    def getbytes(self, begin: int, length: int) -> bytes:
        self.about_to_send(begin + length >= self.size())
        data: bytes = super().getbytes(begin, length)
        return data


class _RefusedError(Exception):
    """A request that YouTube refused, or that did not reach it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
        self.status: int = error.status_code if isinstance(error, HttpError) else 0

    @property
    def may_pass(self) -> bool:
        """Whether another try may be answered otherwise."""
        if isinstance(self.error, HttpError):
            return self.status in PASSING
        return not isinstance(self.error, RefreshError)

    def told(self, lesson: str, what: str) -> Problem:
        """It in words, with what helps."""
        error = self.error
        if isinstance(error, RefreshError):
            fix = "delete the .permission.json beside your CREDENTIALS and run again"
            told = f"YouTube no longer takes the permission for {what}: {error}"
            return Problem(lesson, told, fix)
        if not isinstance(error, HttpError):
            told = f"{what} did not get through: {type(error).__name__}: {error}"
            return Problem(lesson, told, "run again when the network is back: it goes on from here")
        details = error.error_details if isinstance(error.error_details, list) else []
        reason = str(details[0].get("reason", "")) if details else ""
        fix = FIXES.get(reason, "see https://developers.google.com/youtube/v3/docs/errors")
        if what == THUMBNAIL and self.status == 403:
            fix = "verify the channel's phone number (youtube.com/verify), then run again"
        return Problem(lesson, f"YouTube refused {what}: {self.status} {error.reason}", fix)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs at once would each find the film missing."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fix = "wait until it has ended"
            raise LessonError([Problem(shown(folder), "another upload is running", fix)]) from None
        yield
    finally:
        os.close(handle)
