"""What a check has found in a scene or a film, so that its author can see it and put it right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lessonkit.project import shown


@dataclass(frozen=True)
class Box:
    """A rectangle of the frame, in frame units with the origin at the frame's centre."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Square units; 0 for an empty one."""
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def __and__(self, other: Box) -> Box:
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def __or__(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


@dataclass(frozen=True)
class Finding:
    """One fault: where and when it shows, what it is, how much of it, and what helps."""

    rule: str
    scene: str
    beat: str
    time: float  # seconds from the scene's start
    what: str
    amount: str
    fix: str
    file: Path
    line: int = 0  # of the code that plays there; 0 if none does
    seconds: float = 0.0  # how long it lasts, where that matters
    box: Box | None = None  # where on the frame
    crop: Path | None = None

    def __str__(self) -> str:
        place = shown(self.file) + (f":{self.line}" if self.line else "")
        lasts = f" for {self.seconds:.1f} s" if self.seconds else ""
        picture = f"\n    see: {shown(self.crop)}" if self.crop else ""
        return (
            f"{place}: beat '{self.beat}' at {self.time:.1f} s{lasts}: {self.what} ({self.amount})"
            f" [{self.rule}]\n    fix: {self.fix}{picture}"
        )
