"""A real Chromium for tests, and a plain web server for what it opens."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--mute-audio", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
PATIENCE = 60_000  # ms; a busy machine


@contextmanager
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    assert found, "no Chromium is installed: make test installs it with apt, or tells you how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


def watched(page: Page) -> list[str]:
    """What goes wrong on a page from now on: errors of its scripts, and failed requests."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    return faults


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address, ending in a slash, under which the folder's files are read meanwhile.

    In ranges of bytes too, without which no film can be sought in.
    """
    pages = Starlette(routes=[Mount("/", StaticFiles(directory=folder, html=True))])
    server = uvicorn.Server(uvicorn.Config(pages, log_level="critical"))
    place = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
    thread.start()
    yield f"http://127.0.0.1:{place.getsockname()[1]}/"
    server.should_exit = server.force_exit = True
    thread.join()
    place.close()
