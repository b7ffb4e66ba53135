"""Whose channel: Google's OAuth client asks its owner once, and keeps what they permit."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import Any

from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import InstalledAppFlow
from googleapiclient.discovery import build

from lessonkit.problems import LessonError, Problem
from lessonkit.project import written_whole

SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)  # captions need this one
HOW_TO_GET = (
    "in Google's Cloud console enable the YouTube Data API v3, create an OAuth client ID of type "
    "Desktop app, download its JSON, and run  make youtube-upload CREDENTIALS=that-file.json"
)


def connect(credentials: str) -> Any:
    """YouTube's API for the owner of the credentials; asks them in their browser the first time.

    Args:
        credentials: Path of a JSON: an OAuth client of type Desktop app, or an authorized user.

    Raises:
        LessonError: they are missing or of another kind.
    """
    return build("youtube", "v3", credentials=_user(credentials), cache_discovery=False)


def _user(credentials: str) -> Credentials:
    if not credentials:
        raise LessonError([Problem("command line", "no CREDENTIALS is given", HOW_TO_GET)])
    path = Path(credentials).expanduser()
    told = _read(path)
    if told.get("type") == "authorized_user":
        return _authorized(path, told)
    if "installed" not in told:
        kind = "a service account" if "private_key" in told else "no Desktop app's OAuth client"
        what = f"CREDENTIALS is {kind}, to whom YouTube gives no channel"
        raise LessonError([Problem(str(path), what, HOW_TO_GET)])
    permission = path.with_suffix(".permission.json")
    if permission.exists():
        return _authorized(permission, _read(permission))
    user = _ask(path, told)
    kept: str = user.to_json()  # type: ignore[no-untyped-call]
    with written_whole(permission) as temporary:
        temporary.chmod(0o600)
        temporary.write_text(kept, encoding="utf-8")
    print(f"kept the permission in {permission}; delete the file to be asked again")
    return user


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"CREDENTIALS cannot be read: {error.strerror}"
    except ValueError:
        what = "CREDENTIALS is not JSON"
    else:
        if isinstance(told, dict):
            return told
        what = "CREDENTIALS is no JSON object"
    raise LessonError([Problem(str(path), what, HOW_TO_GET)])


def _authorized(path: Path, told: dict[str, Any]) -> Credentials:
    try:
        return Credentials.from_authorized_user_info(told, SCOPES)  # type: ignore[no-any-return,no-untyped-call]
    except ValueError as error:
        raise LessonError([Problem(str(path), f"CREDENTIALS: {error}", HOW_TO_GET)]) from None


def _ask(path: Path, client: dict[str, Any]) -> Credentials:
    try:
        flow = InstalledAppFlow.from_client_config(client, SCOPES)
        try:
            webbrowser.get()
            has_browser = True
        except webbrowser.Error:
            has_browser = False  # the address is printed; it must be opened on this machine
        return flow.run_local_server(port=0, open_browser=has_browser)  # type: ignore[no-any-return]
    except Exception as error:  # of four libraries: each says that there is no permission
        what = f"YouTube was not permitted: {error}"
        raise LessonError([Problem(str(path), what, "run again and allow it")]) from error
