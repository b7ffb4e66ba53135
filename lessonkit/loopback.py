"""Web pages for the browser of this machine alone."""

from __future__ import annotations

import socket
from contextlib import suppress

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp


def serve_here(application: ASGIApp, what: str, port: int) -> None:
    """Serve on 127.0.0.1 until interrupted, and print the address.

    At `port`, or at any that is free if it is taken.
    """
    listening = _listen(port)
    print(f"{what}: http://127.0.0.1:{listening.getsockname()[1]}/   (Ctrl-C ends it)", flush=True)
    # Other sites must not reach it under a name of their own.
    guarded = TrustedHostMiddleware(application, allowed_hosts=["127.0.0.1", "localhost"])
    config = uvicorn.Config(guarded, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for one in (port, 0):
        with suppress(OSError):
            listening.bind(("127.0.0.1", one))
            listening.listen()  # before its address is told
            return listening
    raise OSError("no port is free on 127.0.0.1")
