"""What an author sees while writing: sheets of frames, and the live page."""

from pathlib import Path

from lessonkit.project import ROOT

WATCHED = ("scenes", "assets", "lessonkit", "mathcore")
SUFFIXES = {".py", ".toml", ".ttf"}


def watched_folders() -> list[Path]:
    """Where the files lie that a scene may depend on."""
    return [ROOT / name for name in WATCHED if (ROOT / name).is_dir()]


def is_watched(path: Path) -> bool:
    """Whether a file there counts."""
    hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
    return path.suffix in SUFFIXES and not hidden
