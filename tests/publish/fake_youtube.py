"""As much of YouTube's Data API as an upload meets, on this machine, with faults on demand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import googleapiclient
from googleapiclient.discovery import build_from_document
from googleapiclient.http import build_http

DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
GRAIN = 64 * 1024  # what has arrived of a piece is kept in multiples of this


@dataclass
class Session:
    """A resumable upload."""

    body: dict[str, Any]
    size: int
    data: bytes = b""
    video: str = ""


@dataclass
class Fault:
    """What happens to one request that matches: lost after `after` bytes, or answered `status`."""

    method: str
    path: str
    after: int | None = None
    lose_answer: bool = False
    status: int = 0
    reason: str = ""
    skip: int = 0  # how many such requests pass before


@dataclass
class YouTube:
    """One channel."""

    address: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    videos: dict[str, Session] = field(default_factory=dict)
    captions: dict[str, dict[str, Any]] = field(default_factory=dict)
    thumbnails: dict[str, bytes] = field(default_factory=dict)
    playlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    received: int = 0  # bytes of films
    lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self) -> Any:
        """Google's client, with this channel in the place of Google's servers."""
        document = json.loads((DISCOVERY / "youtube.v3.json").read_text(encoding="utf-8"))
        document["rootUrl"] = f"{self.address}/"
        document["baseUrl"] = f"{self.address}/youtube/v3/"
        transport = build_http()
        transport.timeout = 5.0  # seconds; a client that waits for nothing fails, and not after 60
        return build_from_document(document, http=transport)

    def count(self, method: str, path: str) -> int:
        return sum(m == method and re.match(path, p) is not None for m, p in self.requests)


@contextmanager
def fake_youtube() -> Iterator[YouTube]:
    channel = YouTube()

    class Handler(_Handler):
        youtube = channel

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    channel.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield channel
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    youtube: YouTube

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_GET  # noqa: N815

    def _serve(self) -> None:
        youtube = self.youtube
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        path = url.path.removeprefix("/upload").removeprefix("/youtube/v3")
        with youtube.lock:
            youtube.requests.append((self.command, path))
            fault = self._fault(path)
        if fault and fault.status:
            self._read()
            self._refuse(fault.status, fault.reason)
            return
        routes: dict[str, Callable[[Fault | None], Any]] = {
            "POST /videos": self._begin,
            "PUT /session": self._piece,
            "GET /captions": self._list_captions,
            "POST /captions": self._add_captions,
            "PUT /captions": self._change_captions,
            "POST /thumbnails/set": self._thumbnail,
            "GET /playlists": self._list_playlists,
            "POST /playlists": self._add_playlist,
            "GET /playlistItems": self._list_items,
            "POST /playlistItems": self._add_item,
        }
        route = routes[f"{self.command} {re.sub('/session/.*', '/session', path)}"]
        answer = route(fault)
        if answer is not None:
            self._answer(200, answer)

    def _fault(self, path: str) -> Fault | None:
        for fault in self.youtube.faults:
            if fault.method == self.command and re.match(fault.path, path):
                if fault.skip:
                    fault.skip -= 1
                    return None
                self.youtube.faults.remove(fault)
                return fault
        return None

    def _read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._read())
        return told

    def _parts(self) -> tuple[dict[str, Any], bytes]:
        """The description and the file of a multipart upload."""
        boundary = re.search('boundary="?([^";]+)', self.headers["Content-Type"])
        assert boundary
        first, second = self._read().split(b"--" + boundary[1].encode())[1:3]
        described = first.partition(b"\n\n")[2] or first.partition(b"\r\n\r\n")[2]
        file = second.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")[2]
        return json.loads(described), file.removesuffix(b"\n").removesuffix(b"\r")

    def _answer(self, status: int, told: Any = None, **headers: str) -> None:
        body = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, reason: str) -> None:
        told = {"message": f"refused: {reason}", "errors": [{"reason": reason}], "code": status}
        self._answer(status, {"error": told})

    def _hang_up(self) -> None:
        self.close_connection = True

    # -- films

    def _begin(self, _: Fault | None) -> None:
        assert self.query["uploadType"] == "resumable"
        body = self._json()
        assert set(self.query["part"].split(",")) == set(body)
        name = str(len(self.youtube.sessions))
        size = int(self.headers["X-Upload-Content-Length"])
        self.youtube.sessions[name] = Session(body, size)
        self._answer(200, Location=f"{self.youtube.address}/session/{name}")

    def _piece(self, fault: Fault | None) -> None:
        youtube = self.youtube
        session = youtube.sessions.get(self.path.rpartition("/")[2])
        if session is None:
            self._read()
            self._refuse(404, "notFound")
            return
        asked = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", self.headers["Content-Range"])
        assert asked
        assert int(asked[3]) == session.size
        if asked[1] is not None:
            first, last = int(asked[1]), int(asked[2])
            assert first <= len(session.data), "a gap"
            wanted = last + 1 - first
            if fault and fault.after is not None:
                data = self.rfile.read(min(fault.after, wanted))
                data = data[: len(data) // GRAIN * GRAIN]
            else:
                data = self.rfile.read(wanted)
            youtube.received += len(data)
            session.data = session.data[:first] + data
        if len(session.data) == session.size and not session.video:
            session.video = f"video{len(youtube.videos)}"
            youtube.videos[session.video] = session
        if fault:
            self._hang_up()
        elif session.video:
            self._answer(200, {"kind": "youtube#video", "id": session.video})
        elif session.data:
            self._answer(308, Range=f"bytes=0-{len(session.data) - 1}")
        else:
            self._answer(308)

    # -- what belongs to them

    def _list_captions(self, _: Fault | None) -> Any:
        video = self.query["videoId"]
        found = [
            {"id": key, "snippet": track["snippet"]}
            for key, track in self.youtube.captions.items()
            if track["snippet"]["videoId"] == video
        ]
        automatic = {"videoId": video, "language": "hi", "trackKind": "ASR"}
        return {"items": [{"id": "automatic", "snippet": automatic}, *found]}

    def _add_captions(self, fault: Fault | None) -> Any:
        body, file = self._parts()
        snippet = {**body["snippet"], "trackKind": "standard"}
        key = f"captions{len(self.youtube.captions)}"
        same = [t for t in self.youtube.captions.values() if t["snippet"] == snippet]
        if same:
            self._refuse(409, "captionExists")
            return None
        self.youtube.captions[key] = {"snippet": snippet, "file": file}
        if fault and fault.lose_answer:
            self._hang_up()
            return None
        return {"id": key}

    def _change_captions(self, _: Fault | None) -> Any:
        body, file = self._parts()
        self.youtube.captions[body["id"]]["file"] = file
        return {"id": body["id"]}

    def _thumbnail(self, _: Fault | None) -> Any:
        assert self.headers["Content-Type"] == "image/png"
        self.youtube.thumbnails[self.query["videoId"]] = self._read()
        return {"items": []}

    def _list_playlists(self, _: Fault | None) -> Any:
        found = [{"id": key, **told} for key, told in self.youtube.playlists.items()]
        if "pageToken" not in self.query and len(found) > 1:
            return {"items": found[:1], "nextPageToken": "more"}
        return {"items": found[1:] if "pageToken" in self.query else found}

    def _add_playlist(self, _: Fault | None) -> Any:
        key = f"list{len(self.youtube.playlists)}"
        self.youtube.playlists[key] = self._json()
        return {"id": key}

    def _list_items(self, _: Fault | None) -> Any:
        wanted = self.query["playlistId"], self.query["videoId"]
        found = [i for i in self.youtube.items if (i["list"], i["video"]) == wanted]
        return {"items": found}

    def _add_item(self, _: Fault | None) -> Any:
        told = self._json()["snippet"]
        assert told["playlistId"] in self.youtube.playlists
        assert told["position"] <= len(self.youtube.items)
        item = {"list": told["playlistId"], "video": told["resourceId"]["videoId"]}
        self.youtube.items.insert(told["position"], item)
        return item
