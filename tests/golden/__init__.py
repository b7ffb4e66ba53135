"""Golden frames: pictures that were looked at, and that drawing is held to.

`pytest --update-golden` takes the pictures of this run; look at every one that git shows changed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from lessonkit.project import BUILD

HERE = Path(__file__).parent
# Another cairo rounds the edge of a shape by a few levels; a moved or missing shape changes many.
LEVELS = 40
SHARE = 0.0008  # of the pixels may differ by more

Frame = npt.NDArray[np.uint8]
Compare = Callable[[str, Frame], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Compare:
    """Compare a frame with the golden one of that name; the difference lands in build/golden."""

    def compare(name: str, frame: Frame) -> None:
        path = HERE / f"{name}.png"
        drawn = frame[..., :3]
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn).save(path, optimize=True)
            return
        assert path.is_file(), f"no golden frame {name}: look at it, then pytest --update-golden"
        expected = np.array(Image.open(path).convert("RGB"))
        assert drawn.shape == expected.shape
        difference = np.abs(drawn.astype(int) - expected).max(axis=2)
        share = float((difference > LEVELS).mean())
        if share > SHARE:
            report = BUILD / "golden" / f"{name.replace('/', '-')}.png"
            report.parent.mkdir(parents=True, exist_ok=True)
            shades = np.repeat(np.minimum(4 * difference, 255)[..., None], 3, axis=2)
            Image.fromarray(
                np.concatenate([expected, drawn, shades.astype(np.uint8)], axis=1)
            ).save(report)
            pytest.fail(f"{name}: {share:.2%} of the pixels differ; see {report}")

    return compare
