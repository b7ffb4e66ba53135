from __future__ import annotations

import pytest

pytest_plugins = ["golden"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="take what is drawn now as the golden frames"
    )
