from __future__ import annotations

import os
from pathlib import Path

import pytest

from lessonkit.project import ROOT, SCRIPTS, folder_written_whole, shown, written_whole


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "films" / "lesson.mp4"
    with written_whole(target) as temporary:
        temporary.write_text("old")
    with written_whole(target) as temporary:
        temporary.write_text("half of the n")
        assert target.read_text() == "old"
        assert temporary.parent == target.parent  # a rename is atomic on one file system only
        assert temporary.suffix == ".mp4"  # containers are chosen by it
        temporary.write_text("new")
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_stays_behind(tmp_path: Path, fault: BaseException) -> None:
    target = tmp_path / "lesson.mp4"
    target.write_text("old")

    def fail() -> None:
        with written_whole(target) as temporary:
            temporary.write_text("half")
            raise fault

    with pytest.raises(type(fault)):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "site"
    with folder_written_whole(target) as folder:
        (folder / "a.html").write_text("old")
        (folder / "forgotten.html").touch()
    with folder_written_whole(target) as folder:
        (folder / "a.html").write_text("new")
        assert (target / "a.html").read_text() == "old"
    assert [(p.name, p.read_text()) for p in target.iterdir()] == [("a.html", "new")]
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "site"
    with folder_written_whole(target) as folder:
        (folder / "a.html").write_text("old")

    def fail() -> None:
        with folder_written_whole(target) as folder:
            (folder / "a.html").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (target / "a.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with written_whole(tmp_path / "film.mp4") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(before)
    assert (tmp_path / "film.mp4").stat().st_mode & 0o777 == 0o640


def test_paths_are_shown_as_a_person_types_them(tmp_path: Path) -> None:
    assert ROOT / shown(SCRIPTS / "gradient_descent") == SCRIPTS / "gradient_descent"
    assert not shown(SCRIPTS).startswith("/")
    assert shown(tmp_path) == str(tmp_path)
