"""The programs on screen are files, and the output on screen is what they printed."""

from pathlib import Path

import pytest

import mathcore
from mathcore import Snippet, snippet


def test_source_is_the_file():
    folder = Path(mathcore.__file__).parent / "snippets"
    for name in ("autograd", "autograd_twice", "cube", "training_loop"):
        assert snippet(name).source == (folder / f"{name}.py").read_text(encoding="utf-8")


def test_output_is_what_the_program_printed_and_nothing_else():
    shown = Snippet("print('एक')\nprint(1 + 1)\n").run()
    assert (shown.output, shown.error) == (("एक", "2"), "")
    failing = Snippet("print(1)\nprint(1 / 0)\n").run()
    assert (failing.output, failing.error) == (("1",), "ZeroDivisionError: division by zero")


def test_programs_know_nothing_of_each_other_or_of_the_caller(monkeypatch, tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert Snippet("import torch; print(torch.tensor(1.))\n").run().output == ("tensor(1.)",)


def test_flattened_lines_are_the_same_lines():
    loop = snippet("training_loop")
    assert [line.strip() for line in loop.lines] == list(loop.flattened().lines)


def test_numbers_count_the_lines_of_the_file_from_one():
    loop = snippet("training_loop")
    for part in ("import torch.nn", "zero_grad", "print"):
        assert part in loop.lines[loop.number(part) - 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: snippet("nothing"), r"name = 'nothing' .*'autograd'.*'training_loop'"),
        (lambda: snippet("conftest"), r"name = 'conftest'"),
        (lambda: snippet("training_loop").excerpt("no such"), "not in 0"),
        (lambda: snippet("training_loop").excerpt("torch"), "exactly one"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
