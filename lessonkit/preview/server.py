"""The preview page's server: watches the files, runs what changed, tells the page.

It runs none of the author's code itself (the zygote's forks do), so that no mistake there can end
it. It listens on this machine alone.
"""

from __future__ import annotations

import asyncio
import compileall
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from watchfiles import awatch

from lessonkit.loopback import serve_here
from lessonkit.preview import is_watched, watched_folders
from lessonkit.project import BUILD, FONTS, ROOT

PAGE = Path(__file__).parent / "page"
FILES = BUILD / "preview-page"
PORT = 8421
STAYS = 1.0  # seconds in a beat after which an edit of it is expected
KEPT = 3  # versions of a film that a page may still be playing


class Preview:
    """One scene, kept up to date for the pages that look at it."""

    def __init__(self, lesson: str, scene: str) -> None:
        self._lesson, self._scene = lesson, scene
        self._folder = FILES / lesson / scene
        self._run = 0
        self._beat, self._offset = "", 0.0
        self._standing = ""  # the beat at which a process was asked to stand by
        self._stands = False  # whether it does
        self._from_there = False  # whether it was asked for the last run
        self._state: dict[str, dict[str, Any]] = {}  # by kind: what a page that opens now is told
        self._pages: set[asyncio.Queue[dict[str, Any]]] = set()
        self._zygote: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()

    async def follow(self) -> None:
        """Run the scene now, and at every change of a file that it may depend on."""
        shutil.rmtree(self._folder, ignore_errors=True)
        folders = watched_folders()
        for folder in folders:  # the forks write no bytecode
            compileall.compile_dir(folder, quiet=2)
        zygote = asyncio.create_task(self._keep_zygote())
        try:
            await self._ready.wait()
            self._start()
            async for changes in awatch(*folders, debounce=60, step=15, recursive=True):
                changed = [Path(name) for _, name in changes]
                if any(is_watched(path) for path in changed):
                    for path in changed:
                        _forget_bytecode(path)
                    self._start()
        finally:
            zygote.cancel()
            if self._zygote and self._zygote.stdin:
                self._zygote.stdin.close()  # it ends its forks, then itself
            with suppress(asyncio.CancelledError):
                await zygote

    async def page(self, _: Request) -> Response:
        """The page itself."""
        return FileResponse(PAGE / "index.html")

    async def position(self, request: Request) -> Response:
        """The page tells where it is, so that the next picture is of that moment."""
        told = await request.json()
        self._beat, self._offset = str(told["beat"]), float(told["offset"])
        asyncio.get_running_loop().call_later(STAYS, self._stand_by, self._beat)
        return Response(status_code=204)

    async def events(self, _: Request) -> Response:
        """Server-sent events: what is known now, then what becomes known."""
        return StreamingResponse(
            self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for told in self._state.values():
            queue.put_nowait(told)
        self._pages.add(queue)
        try:
            yield "retry: 500\n\n"
            while True:
                try:
                    told = await asyncio.wait_for(queue.get(), timeout=15)
                    yield f"data: {json.dumps(told)}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._pages.discard(queue)

    # -- runs ---------------------------------------------------------------------------------

    def _start(self) -> None:
        """Stop what runs, and run the scene as its files are now."""
        self._run += 1
        self._ask("stop")
        self._tell({"kind": "working", "run": self._run})
        self._ask_for_film(from_there=self._stands)

    def _ask_for_film(self, *, from_there: bool) -> None:
        """From where a process stands by; or else from the start."""
        self._from_there = from_there
        self._ask("film", beat=self._beat, offset=self._offset, from_there=from_there)

    def _stand_by(self, beat: str) -> None:
        """Have a process wait where the page is, if it is there to stay."""
        settled = self._state.get("storyboard", {}).get("run") == self._run
        if settled and beat == self._beat != self._standing:
            self._standing, self._stands = beat, False
            self._ask("stand by", beat=beat)

    def _ask(self, kind: str, **more: Any) -> None:
        if self._zygote is None or self._zygote.stdin is None:
            return
        request = {
            "kind": kind,
            "run": self._run,
            "lesson": self._lesson,
            "scene": self._scene,
            **more,
        }
        self._zygote.stdin.write(json.dumps(request).encode() + b"\n")

    def _heard(self, answer: dict[str, Any]) -> None:
        if answer["kind"] == "ready":
            self._ready.set()
            return
        if answer["kind"] == "standing by":
            self._stands = answer["beat"] == self._standing
            return
        of = answer.get("of")
        if of != "stand by" and answer["run"] != self._run:
            return  # of files that have changed since
        if of == "stand by" or answer["kind"] == "cannot":
            self._stands = False
        if of == "stand by" or answer["kind"] in ("cannot", "failed") or answer.get("from_there"):
            if self._from_there and not self._answered():
                self._ask_for_film(from_there=False)
            return
        if answer["kind"] == "picture" and self._state.get("film", {}).get("run") == self._run:
            return  # the film is there already
        if answer["kind"] == "ended":
            if of != "film" or self._answered():
                return
            what = "the run ended without a word"
            problem = {"file": self._scene, "line": None, "beat": None, "what": what, "fix": ""}
            answer |= {"kind": "problems", "problems": [problem]}
        for problem in answer.get("problems", ()):
            problem["source"] = _line(problem["file"], problem["line"])
        self._tell(answer)
        if answer["kind"] == "storyboard":
            self._ask("findings")
            if not self._stands:
                self._standing = ""
                self._stand_by(self._beat)
            self._forget_old_files()

    def _answered(self) -> bool:
        """Whether the last run has come to something."""
        return self._run in (self._state.get(kind, {}).get("run") for kind in ("film", "problems"))

    def _tell(self, told: dict[str, Any]) -> None:
        if told["kind"] != "picture":
            self._state[told["kind"]] = told
        for page in self._pages:
            page.put_nowait(told)

    def _forget_old_files(self) -> None:
        for path in self._folder.iterdir():
            number = path.name.split("-")[0].split(".")[0]
            if number.isdecimal() and int(number) <= self._run - KEPT:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    # -- the zygote ---------------------------------------------------------------------------

    async def _keep_zygote(self) -> None:
        """Have one that runs; another takes its place if it dies."""
        env = {
            **os.environ,
            "PYTHONHASHSEED": "0",
            # No threads where there will be forks; and macOS asks for its consent.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }
        while True:
            self._zygote = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "lessonkit.preview.zygote",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
                env=env,
                limit=2**24,
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
            if self._zygote.stdout is not None:
                async for line in self._zygote.stdout:
                    self._heard(json.loads(line))
            await self._zygote.wait()
            self._standing, self._stands = "", False
            if self._ready.is_set():
                self._start()


def _line(file: str, number: int | None) -> str:
    """The line of source that a problem names."""
    try:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        return lines[number - 1].strip() if number else ""
    except (OSError, UnicodeDecodeError, IndexError):
        return ""


def _forget_bytecode(path: Path) -> None:
    """Bytecode is matched by size and whole seconds: an edit may have kept both."""
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


def application(lesson: str, scene: str) -> Starlette:
    """The web application for one scene."""
    preview = Preview(lesson, scene)
    BUILD.mkdir(exist_ok=True)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(preview.follow())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    return Starlette(
        routes=[
            Route("/", preview.page),
            Route("/events", preview.events),
            Route("/position", preview.position, methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
            Mount("/fonts", StaticFiles(directory=FONTS)),
            Mount("/build", StaticFiles(directory=BUILD)),
        ],
        lifespan=lifespan,
    )


def serve(lesson: str, scene: str) -> None:
    """Serve one scene's page until interrupted."""
    serve_here(application(lesson, scene), scene, PORT)
