"""Reading the TOML that people write, so that one run names everything that is wrong in it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown

_TOML_LINE = re.compile(r"\(at line (\d+)")


class TomlReader:
    """Reads TOML tables and gathers what is wrong with them, so that one run names everything."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._texts: dict[Path, str] = {}

    def add(
        self,
        path: Path,
        what: str,
        fix: str,
        beat: str | None = None,
        line: int | None = None,
        of: str = "",
    ) -> None:
        """Note one mistake; `of` names what it is a mistake of, where that is no beat."""
        self.problems.append(Problem(shown(path), f"{of}: {what}" if of else what, fix, line, beat))

    def finish(self) -> None:
        """Raise a LessonError of all mistakes noted, if there are any."""
        if self.problems:
            raise LessonError(self.problems)

    def table(self, path: Path) -> dict[str, Any] | None:
        """The file's content, or None where it cannot be read."""
        try:
            # Editors on Windows begin a file with a byte order mark.
            self._texts[path] = text = path.read_text(encoding="utf-8-sig")
            return tomllib.loads(text)
        except FileNotFoundError:
            self.add(
                path, "this file is missing", "create it, or correct the name that asks for it"
            )
        except OSError as error:
            self.add(path, f"cannot be read: {error.strerror}", "check the file and its rights")
        except UnicodeDecodeError as error:
            self.add(path, f"is not UTF-8 (byte {error.start})", "save the file as UTF-8")
        except tomllib.TOMLDecodeError as error:
            where = _TOML_LINE.search(str(error))
            self.add(
                path,
                f"is not valid TOML: {error}",
                'text stands in double quotes on one line: say = "…"; write a " inside it as \\"',
                line=int(where[1]) if where else len(text.splitlines()),
            )
        return None

    def line(self, path: Path, pattern: str, nth: int = 0) -> int | None:
        """The line of the nth match: tomllib keeps no positions, so the text is searched."""
        found = list(re.finditer(pattern, self._texts.get(path, ""), re.MULTILINE))
        if nth >= len(found):
            return None
        # Its end: what a pattern matches may begin in empty lines above.
        return self._texts[path].count("\n", 0, found[nth].end()) + 1

    def keys(
        self, path: Path, table: Mapping[str, Any], allowed: Mapping[str, type], **at: Any
    ) -> None:
        """Report keys that no one reads and values of the wrong type."""
        for key, value in table.items():
            if key not in allowed:
                close = get_close_matches(key, allowed, n=1)
                self.add(
                    path,
                    f"unknown key '{key}'",
                    f"did you mean '{close[0]}'?" if close else f"known: {', '.join(allowed)}",
                    **{"line": self.line(path, rf"^\s*{re.escape(key)}\s*="), **at},
                )
            elif allowed[key] is float and type(value) is int:
                continue
            elif type(value) is not allowed[key]:
                self.add(
                    path,
                    f"{key} = {value!r} is a {_toml_type(type(value))}",
                    f"write a {_toml_type(allowed[key])}",
                    **{"line": self.line(path, rf"^\s*{re.escape(key)}\s*="), **at},
                )

    def text(self, path: Path, table: Mapping[str, Any], key: str, **at: Any) -> str:
        """A required, clean line of text."""
        at = {"line": self.line(path, rf"^\s*{re.escape(key)}\s*="), **at}
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            if key not in table or isinstance(value, str):
                self.add(path, f"{key} is missing or empty", f'add  {key} = "…"', **at)
            return ""
        fault = _unclean(value)
        if fault:
            what, fix = fault
            self.add(path, f"{key} {what}", fix, **at)
        return value

    def texts(self, path: Path, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """A required list of clean lines of text."""
        value = table.get(key)
        if not isinstance(value, list) or not value:
            if key not in table or isinstance(value, list):
                line = self.line(path, rf"^\s*{re.escape(key)}\s*=")
                self.add(path, f"{key} is missing or empty", f'add  {key} = ["…", "…"]', line=line)
            return ()
        for nth, item in enumerate(value):
            if not isinstance(item, str):
                fix = "write each in double quotes"
                self.add(path, f"{key} holds {item!r}, which is no text", fix)
            else:
                self.text(path, {f"{key}[{nth}]": item}, f"{key}[{nth}]")
        return tuple(map(str, value))


def _unclean(text: str) -> tuple[str, str] | None:
    """What is wrong with the characters of a text, and the fix; None if clean."""
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode NFC", "normalise the file: Devanagari is written one way only"
    # Of the spaces only the plain one: others look like it and part words elsewhere.
    never = ("Cc", "Co", "Cn", "Zl", "Zp", "Zs")
    bad = sorted({c for c in text if unicodedata.category(c) in never} - {" "})
    if "\ufffd" in text or bad:
        names = ", ".join(f"U+{ord(c):04X}" for c in (bad or ["\ufffd"]))
        return f"holds unusable characters: {names}", "retype the word they stand in"
    if "  " in text or text != text.strip():
        return "has a double space or space at an end", "keep single spaces between words"
    return None


def _toml_type(kind: type) -> str:
    names = {str: "text", float: "number", int: "number", list: "list", dict: "table"}
    return names.get(kind, kind.__name__)
