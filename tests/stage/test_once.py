"""What was found out once is not found out again, unless something it depends on has changed."""

import importlib
from pathlib import Path

import pytest

from lessonkit.stage import kept, once, source_of


class Counted:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> tuple[str, int]:
        self.calls += 1
        return "एक", self.calls


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(once, "FOLDER", tmp_path / "kept")
    return tmp_path / "kept"


def test_it_is_asked_once_for_the_same_things():
    find_out = Counted()
    assert [kept(find_out, "a", "1"), kept(find_out, "a", "1")] == [["एक", 1]] * 2
    assert kept(find_out, "a1", "") == ["एक", 2]
    assert find_out.calls == 2


@pytest.mark.parametrize("damage", [b"", b'["\xe0', b"[1,"])
def test_a_damaged_file_is_found_out_again(folder: Path, damage: bytes):
    find_out = Counted()
    kept(find_out)
    (file,) = folder.iterdir()
    file.write_bytes(damage)
    assert kept(find_out) == ["एक", 2] == kept(find_out)


def test_what_fails_is_not_kept(folder: Path):
    with pytest.raises(ZeroDivisionError):
        kept(lambda: 1 / 0)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_costs_time_alone(folder: Path):
    folder.write_text("in the way")
    assert kept(Counted()) == ["एक", 1]


def test_an_answer_may_depend_on_a_packages_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "counting" / "inner").mkdir(parents=True)
    (tmp_path / "counting" / "__init__.py").write_text("")
    inner = tmp_path / "counting" / "inner" / "one.py"
    inner.write_text("A = 1")
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("counting")
    find_out = Counted()
    assert kept(find_out, source_of(package)) == kept(find_out, source_of(package))
    inner.write_text("A = 2")
    assert kept(find_out, source_of(package)) == ["एक", 2]
