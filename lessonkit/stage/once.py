"""What takes long to find out, and always comes out the same, kept from run to run of a scene."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from lessonkit.project import BUILD, written_whole

FOLDER = BUILD / "slices" / "kept"  # what was not used for long is forgotten with the slices


def kept(find_out: Callable[[], Any], *depends_on: str) -> Any:
    """What `find_out` returns (as JSON has it: tuples are lists), found out once a machine.

    Args:
        find_out: Called only if this is not known.
        depends_on: All that the answer depends on: a program's text, the versions that run it.
    """
    name = hashlib.blake2b(repr(depends_on).encode(), digest_size=16).hexdigest()
    path = FOLDER / f"{name}.json"
    with suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
        with suppress(OSError):  # a folder that can only be read serves as well
            os.utime(path)  # used now
        return known
    answer = json.dumps(find_out())
    with suppress(OSError), written_whole(path) as temporary:  # else it is found out again
        temporary.write_text(answer, encoding="utf-8")
    return json.loads(answer)


def source_of(package: ModuleType) -> str:
    """All of a package's code, for answers that depend on it."""
    folders = (Path(folder) for folder in package.__path__)
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return "".join(file.read_text(encoding="utf-8") for file in files)
