"""Uploads against a YouTube of our own: whole in spite of dropped connections, and never twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from publish.fake_youtube import Fault, YouTube, fake_youtube

from lessonkit.__main__ import main
from lessonkit.problems import LessonError
from lessonkit.publish import credentials, upload
from lessonkit.publish.upload import Bundle, Ledger, Uploader, read_bundles
from lessonkit.script import load_lessons

CHUNK = 256 * 1024
SIZE = 5 * CHUNK + 12345
FIRST, SECOND = load_lessons()


@pytest.fixture
def youtube(monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTube]:
    monkeypatch.setattr(upload, "CHUNK", CHUNK)
    with fake_youtube() as channel:
        yield channel


@pytest.fixture
def bundles(tmp_path: Path) -> list[Bundle]:
    for position, lesson in enumerate((FIRST, SECOND)):
        folder = tmp_path / "youtube" / lesson
        folder.mkdir(parents=True)
        (folder / f"{lesson}.mp4").write_bytes(np.random.default_rng(position).bytes(SIZE))
        for lang in ("hi", "en"):
            text = f"1\n00:00:01,000 --> 00:00:02,000\n{lesson} {lang} क्षेत्र\n"
            (folder / f"{lesson}.{lang}.srt").write_text(text, encoding="utf-8")
        (folder / "thumbnail.png").write_bytes(b"\x89PNG " + lesson.encode())
        metadata = {
            "snippet": {"title": f"{lesson} में", "description": "0:00 क", "categoryId": "27"},
            "status": {"privacyStatus": "private"},
            "localizations": {"en": {"title": lesson, "description": "0:00 a"}},
        }
        (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        playlist = {"snippet": {"title": "पाठ"}, "status": {"privacyStatus": "private"}}
        told = {"position": position, "playlist": playlist}
        (folder / "playlist.json").write_text(json.dumps(told), encoding="utf-8")
    return read_bundles([FIRST, SECOND], tmp_path / "youtube")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "texts" / "uploads.json"


@pytest.fixture
def run(
    youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> Callable[..., tuple[list[float], str]]:
    """Uploads as a new process would; returns the pauses it made, and what went wrong."""

    def run_once(*which: Bundle, sleep: Callable[[float], None] | None = None) -> Any:
        pauses: list[float] = []
        try:
            with youtube.service() as service:
                Uploader(service, ledger, sleep or pauses.append).upload(which or bundles)
        except LessonError as error:
            return pauses, str(error)
        return pauses, ""

    return run_once


def told(ledger: Path, bundle: Bundle) -> dict[str, Any]:
    films = json.loads(ledger.read_text())["films"]
    entry: dict[str, Any] = films[hashlib.sha256(bundle.film.read_bytes()).hexdigest()]
    return entry


def is_whole(youtube: YouTube, *bundles: Bundle) -> None:
    """Each film is there once, byte for byte, with what was said of it."""
    assert [v.data for v in youtube.videos.values()] == [b.film.read_bytes() for b in bundles]
    assert [v.body for v in youtube.videos.values()] == [b.metadata for b in bundles]


def test_all_of_a_course_goes_up_once(
    run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path, capsys: Any
) -> None:
    assert run() == ([], "")
    is_whole(youtube, *bundles)
    assert all(v.body["status"]["privacyStatus"] == "private" for v in youtube.videos.values())
    for video, bundle in zip(youtube.videos, bundles, strict=True):
        files = {
            track["snippet"]["language"]: track["file"]
            for track in youtube.captions.values()
            if track["snippet"]["videoId"] == video
        }
        assert files == {lang: bundle.captions(lang).read_bytes() for lang in ("hi", "en")}
        assert youtube.thumbnails[video] == bundle.thumbnail.read_bytes()
        assert told(ledger, bundle)["session"] == ""
    said = capsys.readouterr().out
    assert all(f"https://studio.youtube.com/video/{video}/edit" in said for video in youtube.videos)
    assert list(youtube.playlists.values()) == [bundles[0].playlist["playlist"]]
    assert [item["video"] for item in youtube.items] == list(youtube.videos)

    youtube.requests.clear()
    assert run() == ([], "")
    assert youtube.requests == [], "what is there is not even asked for"


def test_the_playlist_has_the_courses_order_in_whatever_order_films_come(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.playlists = {
        "other": {"snippet": {"title": "x"}},
        "ours": {"snippet": {"title": "पाठ"}},
    }
    run(bundles[1])
    run(bundles[0])
    assert set(youtube.playlists) == {"other", "ours"}, "the channel's own is found, on page two"
    assert [item["video"] for item in youtube.items] == ["video1", "video0"]


@pytest.mark.parametrize("after", [0, 100_000, 200_000])
@pytest.mark.parametrize("skip", [0, 2, 5])
def test_a_dropped_connection_costs_the_piece_it_dropped_in(
    after: int, skip: int, run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("PUT", "/session", after=after, skip=skip)]
    assert run(bundles[0])[1] == ""
    is_whole(youtube, bundles[0])
    assert len(youtube.sessions) == 1
    assert youtube.received <= SIZE + CHUNK


def test_connections_that_drop_again_and_again(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [
        Fault("PUT", "/session", after=after, skip=skip)
        for after, skip in ((70_000, 1), (0, 0), (0, 0), (130_000, 0), (0, 1), (250_000, 0))
    ]
    pauses, problem = run(bundles[0])
    assert problem == ""
    is_whole(youtube, bundles[0])
    assert all(pause > 0 for pause in pauses)


def test_a_busy_server_is_waited_for(run: Any, youtube: YouTube, bundles: list[Bundle]) -> None:
    youtube.faults = [
        Fault("POST", "/videos", status=503),
        Fault("PUT", "/session", status=500, skip=1),
        Fault("PUT", "/session", status=503, skip=1),
        Fault("POST", "/thumbnails", status=429),
    ]
    pauses, problem = run(bundles[0])
    assert problem == ""
    is_whole(youtube, bundles[0])
    assert len(pauses) == 4


def test_when_the_last_answer_is_lost_the_film_is_not_sent_again(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("PUT", "/session", skip=5)]
    assert run(bundles[0])[1] == ""
    is_whole(youtube, bundles[0])
    assert len(youtube.sessions) == 1
    assert youtube.received <= SIZE + CHUNK


def test_an_answer_lost_on_captions_makes_no_second_track(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("POST", "/captions", lose_answer=True)]
    run(bundles[0])
    assert run(bundles[0])[1] == ""
    languages = [t["snippet"]["language"] for t in youtube.captions.values()]
    assert sorted(languages) == ["en", "hi"]


class Killed(BaseException):
    """The process ends here."""


def killed(_: float) -> None:
    raise Killed


def test_a_run_that_was_killed_is_taken_up_where_it_stopped(
    run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> None:
    youtube.faults = [Fault("PUT", "/session", status=503, skip=3)]
    with pytest.raises(Killed):
        run(bundles[0], sleep=killed)
    assert told(ledger, bundles[0])["session"].endswith("/session/0")
    assert run(bundles[0]) == ([], "")
    is_whole(youtube, bundles[0])
    assert len(youtube.sessions) == 1
    assert youtube.received == SIZE, "no byte was sent twice"


def test_a_run_that_was_killed_after_the_last_byte_makes_no_second_video(
    run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> None:
    # Three hang-ups: httplib2 itself asks again when an answer does not come.
    youtube.faults = [Fault("PUT", "/session", skip=5), *[Fault("PUT", "/session")] * 2]
    with pytest.raises(Killed):
        run(bundles[0], sleep=killed)
    youtube.faults = []
    assert len(youtube.videos) == 1
    assert told(ledger, bundles[0])["video"] == ""
    assert run(bundles[0]) == ([], "")
    is_whole(youtube, bundles[0])
    assert told(ledger, bundles[0])["video"] == "video0"


def test_an_expired_session_is_begun_anew_unless_the_film_may_be_there(
    run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> None:
    youtube.faults = [Fault("PUT", "/session", status=503, skip=3)]
    with pytest.raises(Killed):
        run(bundles[0], sleep=killed)
    youtube.sessions = {"gone": youtube.sessions["0"]}
    assert run(bundles[0]) == ([], "")
    is_whole(youtube, bundles[0])

    youtube.faults = [Fault("PUT", "/session", skip=5), *[Fault("PUT", "/session")] * 2]
    with pytest.raises(Killed):
        run(bundles[1], sleep=killed)
    youtube.sessions.clear()
    youtube.faults = []
    youtube.requests.clear()
    _, problem = run(bundles[1])
    assert "all of the film was sent, but YouTube's answer was lost" in problem
    assert "https://studio.youtube.com" in problem
    assert youtube.count("POST", "/videos") == 0
    written = json.loads(ledger.read_text())
    for entry in written["films"].values():
        if entry["lesson"] == SECOND:
            entry["video"] = "video1"
    ledger.write_text(json.dumps(written))
    assert run(bundles[1]) == ([], "")
    is_whole(youtube, *bundles)


def test_a_network_that_stays_away_is_told_and_the_next_run_goes_on(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("PUT", "/session", status=503, skip=2)] + [
        Fault("PUT", "/session", status=503) for _ in range(20)
    ]
    pauses, problem = run(bundles[0])
    assert f"{FIRST}: YouTube refused the film: 503" in problem
    assert len(pauses) == upload.MOST_FAILURES
    assert pauses[-1] > 4 * pauses[0], "longer and longer"
    youtube.faults = []
    assert run(bundles[0]) == ([], "")
    is_whole(youtube, bundles[0])
    assert youtube.received == SIZE


def test_nobody_listens(run: Any, youtube: YouTube, bundles: list[Bundle]) -> None:
    youtube.address = "http://127.0.0.1:9"  # discard: nothing listens there
    _, problem = run(bundles[0])
    assert "the film did not get through: ConnectionRefusedError" in problem
    assert "run again when the network is back" in problem


@pytest.mark.parametrize(
    ("status", "reason", "fix"),
    [
        (403, "quotaExceeded", "run again tomorrow"),
        (401, "youtubeSignupRequired", "create one on youtube.com"),
        (400, "invalidTitle", "developers.google.com/youtube/v3/docs/errors"),
    ],
)
def test_a_refusal_says_what_to_do(
    status: int, reason: str, fix: str, run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("POST", "/videos", status=status, reason=reason)]
    _, problem = run()
    assert f"{FIRST}: YouTube refused the film: {status} refused: {reason}" in problem
    assert fix in problem
    is_whole(youtube, bundles[1])


def test_a_refused_thumbnail_keeps_nothing_else_from_the_channel(
    run: Any, youtube: YouTube, bundles: list[Bundle]
) -> None:
    youtube.faults = [Fault("POST", "/thumbnails", status=403, reason="forbidden")]
    _, problem = run(bundles[0])
    assert "youtube.com/verify" in problem
    assert len(youtube.captions) == 2
    assert len(youtube.items) == 1
    youtube.requests.clear()
    assert run(bundles[0]) == ([], "")
    assert youtube.requests == [("POST", "/thumbnails/set")]


def test_what_changed_is_renewed_alone(
    run: Any, youtube: YouTube, bundles: list[Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    run(bundles[0])
    bundles[0].captions("en").write_text("1\n00:00:01,000 --> 00:00:02,000\nbetter\n")
    youtube.requests.clear()
    assert run(bundles[0]) == ([], "")
    assert youtube.requests == [("GET", "/captions"), ("PUT", "/captions")]
    assert any(b"better" in track["file"] for track in youtube.captions.values())
    assert len(youtube.captions) == 2

    bundles[0].film.write_bytes(b"another film" * 1000)
    capsys.readouterr()
    assert run(bundles[0]) == ([], "")
    assert len(youtube.videos) == 2
    assert "it replaces https://youtu.be/video0" in capsys.readouterr().out


def test_two_runs_at_once_do_not_upload_twice(
    run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> None:
    ledger.parent.mkdir()
    handle = os.open(ledger.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert "another upload is running" in run(bundles[0])[1]
    finally:
        os.close(handle)
    assert youtube.requests == []


@pytest.mark.parametrize("text", ["", "[]", '{"films": {}}', '{"playlist": "", "films": {"a": 3}}'])
def test_a_broken_ledger_stops_everything(
    text: str, run: Any, youtube: YouTube, bundles: list[Bundle], ledger: Path
) -> None:
    ledger.parent.mkdir()
    ledger.write_text(text)
    assert "uploads.json: is not the ledger that was written" in run(bundles[0])[1]
    assert youtube.requests == []


def test_a_full_disk_is_not_the_networks_fault(
    run: Any, bundles: list[Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Ledger) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Ledger, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run(bundles[0])


# -- the command line --------------------------------------------------------------------------


@pytest.fixture
def command(
    youtube: YouTube,
    bundles: list[Bundle],
    ledger: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`make youtube-upload` finds these bundles and this YouTube."""
    root = bundles[0].folder.parent
    monkeypatch.setattr(read_bundles, "__defaults__", (root,))
    monkeypatch.setattr(Uploader.__init__, "__defaults__", (ledger, killed))
    monkeypatch.setattr(credentials, "build", lambda *_, **__: youtube.service())


def user(path: Path) -> Path:
    told = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    path.write_text(json.dumps(told))
    return path


@pytest.mark.usefixtures("command")
def test_the_command_uploads(youtube: YouTube, bundles: list[Bundle], tmp_path: Path) -> None:
    given = str(user(tmp_path / "user.json"))
    assert main(["youtube-upload", "--lesson", SECOND, "--credentials", given]) == 0
    is_whole(youtube, bundles[1])
    assert main(["youtube-upload", "--credentials", given]) == 0
    is_whole(youtube, bundles[1], bundles[0])


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "no CREDENTIALS is given"),
        ("missing", "CREDENTIALS cannot be read: No such file"),
        ("{", "CREDENTIALS is not JSON"),
        ("[]", "CREDENTIALS is no JSON object"),
        ('{"type": "service_account", "private_key": "x"}', "CREDENTIALS is a service account"),
        ('{"web": {}}', "no Desktop app's OAuth client"),
        ('{"type": "authorized_user", "client_id": "a"}', "missing fields"),
    ],
)
def test_without_credentials_nothing_is_sent(
    text: str | None,
    error: str,
    youtube: YouTube,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "given.json"
    if text not in (None, "missing"):
        path.write_text(str(text))
    given = [] if text is None else ["--credentials", str(path)]
    assert main(["youtube-upload", *given]) == 1
    said = capsys.readouterr().err
    assert error in said
    assert "Desktop app" in said
    assert youtube.requests == []


@pytest.mark.usefixtures("command")
def test_every_incomplete_bundle_is_named(
    youtube: YouTube, bundles: list[Bundle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles[0].captions("hi").unlink()
    (bundles[1].folder / "metadata.json").write_text("{")
    given = str(user(tmp_path / "user.json"))
    assert main(["youtube-upload", "--credentials", given]) == 1
    said = capsys.readouterr().err
    assert f"the bundle lacks {FIRST}.hi.srt" in said
    assert "the bundle lacks its descriptions" in said
    assert f"fix: make youtube LESSON={SECOND}" in said
    assert youtube.requests == []


class Google(BaseHTTPRequestHandler):
    """Grants a token for a code."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert asked["code"] == ["granted"]
        scope = credentials.SCOPES[0]
        told = {"access_token": "t", "refresh_token": "r", "expires_in": 3600, "scope": scope}
        body = json.dumps({**told, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Browser:
    """Whose user allows everything, or nothing."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked = 0

    def open(self, address: str, **_: object) -> None:
        self.asked += 1
        query = parse_qs(urlsplit(address).query)
        assert query["scope"] == list(credentials.SCOPES)
        back = f"{query['redirect_uri'][0]}?state={query['state'][0]}&{self.answer}"
        threading.Thread(target=lambda: urllib.request.urlopen(back).read()).start()  # noqa: S310


@pytest.mark.usefixtures("command")
def test_the_owner_is_asked_once(
    youtube: YouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # our Google speaks plain http
    server = HTTPServer(("127.0.0.1", 0), Google)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    root = f"http://127.0.0.1:{server.server_port}"
    client = {"client_id": "a", "client_secret": "b", "redirect_uris": ["http://localhost"]}
    path = tmp_path / "client.json"
    path.write_text(
        json.dumps({"installed": {**client, "auth_uri": f"{root}/auth", "token_uri": f"{root}/t"}})
    )
    kept = tmp_path / "client.permission.json"
    try:
        refusing = Browser("error=access_denied")
        monkeypatch.setattr(webbrowser, "get", lambda *_: refusing)
        assert main(["youtube-upload", "--credentials", str(path)]) == 1
        assert "YouTube was not permitted" in capsys.readouterr().err
        assert not kept.exists()
        allowing = Browser("code=granted")
        monkeypatch.setattr(webbrowser, "get", lambda *_: allowing)
        assert main(["youtube-upload", "--credentials", str(path)]) == 0
        assert main(["youtube-upload", "--credentials", str(path)]) == 0
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert allowing.asked == 1
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["refresh_token"] == "r"  # noqa: S105
    assert len(youtube.videos) == 2
