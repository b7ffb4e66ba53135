"""Scripts as authors, reviewers and translators write them, with every mistake they make."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessonkit.problems import LessonError, Problem
from lessonkit.script import (
    LANGUAGES,
    Script,
    check_scripts,
    load_lessons,
    load_script,
)

HEAD = 'title = "ढाल"\nobjective = "ढाल पढ़ना"\nreviewed_by = ""\n'
GOOD = HEAD + '[[beat]]\nid = "curve"\nsay = "f(x) = x² का graph देखिए।"\n'
LESSON = 'scenes = ["slope"]\n[title]\nhi = "पाठ"\nen = "Lesson"\n'


def write(root: Path, hi: str = GOOD, en: str = GOOD, lesson: str = LESSON) -> Path:
    folder = root / "calculus"
    folder.mkdir(exist_ok=True)
    for name, text in (("lesson", lesson), ("slope.hi", hi), ("slope.en", en)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def load(root: Path, hi: str) -> Script:
    write(root, hi)
    return load_script("calculus", "slope", root=root)


def faults(root: Path, hi: str) -> tuple[Problem, ...]:
    with pytest.raises(LessonError) as caught:
        load(root, hi)
    return caught.value.problems


# One beat each: what stands in it, its id in messages, the value named, the fix named.
BEATS = [
    ('id = "Shrink H"\nsay = "h छोटा है।"', "Shrink H", "'Shrink H'", "shrink-h"),
    ('say = "बिना नाम।"', None, "id is missing", 'add  id = "'),
    ('id = "no-say"', "no-say", "say is missing", 'add  say = "'),
    ('id = "blank"\nsay = "  "', "blank", "say is missing or empty", 'add  say = "'),
    ('id = "number"\nsay = 6', "number", "say = 6 is a number", "write a text"),
    ('id = "typo"\nsay = "रुकिए।"\npuase = 2.0', "typo", "'puase'", "did you mean 'pause'"),
    ('id = "stray"\nsay = "रुकिए।"\ntempo = "a"', "stray", "'tempo'", "known: id, say"),
    ('id = "text"\nsay = "रुकिए।"\npause = "2"', "text", "pause = '2' is a text", "a number"),
    ('id = "long"\nsay = "रुकिए।"\npause = 60', "long", "pause = 60", "between 0 and 15"),
    ('id = "past"\nsay = "रुकिए।"\npause = -0.5', "past", "pause = -0.5", "between 0 and 15"),
    ('id = "nan"\nsay = "रुकिए।"\npause = nan', "nan", "pause = nan", "between 0 and 15"),
    ('id = "role"\nsay = "क्यों?"\nrole = "riddle"', "role", "'riddle'", "question, hint, answer"),
    ('id = "mute"\nsay = "x²"\nspoken = ""', "mute", "spoken is missing or empty", "spoken = "),
    ('id = "nfd"\nsay = "\u0958लम"', "nfd", "not in Unicode NFC", "normalise"),
    ('id = "lost"\nsay = "ढा\ufffdल"', "lost", "U+FFFD", "retype"),
    ('id = "bell"\nsay = "ढाल\\u0007"', "bell", "U+0007", "retype"),
    ('id = "nbsp"\nsay = "h\u00a0छोटा"', "nbsp", "U+00A0", "retype"),
    ('id = "space"\nsay = "h  छोटा"', "space", "double space", "single spaces"),
    ('id = "big"\nsay = "[[Turn]] घूमिए।"', "big", "[[Turn]]", "lower case"),
    ('id = "late"\nsay = "घूमिए। [[end]]"', "late", "[[end]]", "before the word"),
    ('id = "tight"\nsay = "[[go]]घूमिए।"', "tight", "[[go]]", "[[go]] word"),
    ('id = "torn"\nsay = "[[torn घूमिए।"', "torn", "broken mark", "[[name]]"),
    ('id = "echo"\nsay = "[[hop]] अब [[hop]] फिर।"', "echo", "mark 'hop' is used twice", "rename"),
    ('id = "again"\nsay = "[[hop]] अब।"', "again", "mark 'hop' is used twice", "rename"),
    ('id = "again"\nsay = "फिर।"', "again", "beat id 'again' is used twice", "rename"),
]


def test_every_fault_of_a_beat_is_named_and_all_in_one_pass(tmp_path: Path) -> None:
    text, lines = HEAD, []
    for body, *_ in BEATS:
        lines.append(text.count("\n") + 1)
        text += f"[[beat]]\n{body}\n"
    found = list(faults(tmp_path, text))
    for line, (_, beat, value, fix) in zip(lines, BEATS, strict=True):
        (one,) = [p for p in found if p.line == line]
        assert one.file.endswith("calculus/slope.hi.toml")
        assert one.beat == beat
        assert value in one.what
        assert fix in one.fix
        found.remove(one)
    assert not found


def test_every_fault_outside_the_beats_is_named_too(tmp_path: Path) -> None:
    text = (
        'titel = "ढाल"\nobjective = 5\nreviewed_by = true\n'
        '[labels]\nslope = 4\nrate = ""\narea = "क्षेत्र\u00a0फल"\n'
        '[[beat]]\nid = "curve"\nsay = "देखिए।"\n'
    )
    found = faults(tmp_path, text)
    assert [(p.line, p.what) for p in sorted(found, key=lambda p: p.line or 0)] == [
        (None, "title is missing or empty"),
        (1, "unknown key 'titel'"),
        (2, "objective = 5 is a number"),
        (3, "reviewed_by = True is a bool"),
        (5, "slope = 4 is a number"),
        (6, "rate is missing or empty"),
        (7, "area holds unusable characters: U+00A0"),
    ]
    assert next(p.fix for p in found if p.line == 1) == "did you mean 'title'?"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (HEAD + '[[beat]]\nid = "curve\nsay = "x"\n', 5, "not valid TOML"),
        (HEAD + "[[beat]]\nid = curve\n", 5, "not valid TOML"),
        (HEAD + 'title = "zwei"\n', 4, "not valid TOML"),
        ("", None, "title is missing"),
        (HEAD, None, "has no beats"),
        (HEAD + "beat = []\n", None, "has no beats"),
        (HEAD + 'beat = ["x"]\n', None, "beat 'x' is not a table"),
        (HEAD + 'beat = "x"\n', 4, "beat = 'x' is a text"),
        (HEAD + "labels = 3\n" + GOOD.removeprefix(HEAD), 4, "labels = 3 is a number"),
    ],
)
def test_a_broken_file_is_told_with_its_line(
    tmp_path: Path, text: str, line: int | None, what: str
) -> None:
    assert (line, True) in [(p.line, what in p.what) for p in faults(tmp_path, text)]


def test_files_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = write(tmp_path) / "slope.hi.toml"
    path.write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(LessonError, match="not UTF-8"):
        load_script("calculus", "slope", root=tmp_path)
    path.unlink()
    with pytest.raises(LessonError, match=r"slope\.hi\.toml: this file is missing"):
        load_script("calculus", "slope", root=tmp_path)
    path.mkdir()
    with pytest.raises(LessonError, match="cannot be read"):
        load_script("calculus", "slope", root=tmp_path)


@pytest.mark.parametrize("saved", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n")])
def test_files_saved_on_windows_are_read_alike(tmp_path: Path, saved: str) -> None:
    path = write(tmp_path) / "slope.hi.toml"
    expected = load_script("calculus", "slope", root=tmp_path)
    path.write_bytes(saved.encode())
    assert load_script("calculus", "slope", root=tmp_path) == expected


WORDS = st.lists(
    st.sampled_from("h slope क्षेत्र ज़्यादा, f(2+h) = − 0.01। [x] (a, b)".split(" ")),  # noqa: SIM905
    min_size=1,
    max_size=8,
)


@given(WORDS, st.sets(st.integers(0, 7)), st.booleans())
def test_a_mark_points_at_the_word_after_it(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], marked: set[int], twice: bool
) -> None:
    marked = {n for n in marked if n < len(words)}
    double = "[[b-{0}]] " if twice else ""
    say = " ".join(
        (f"[[a-{n}]] " + double.format(n) if n in marked else "") + w for n, w in enumerate(words)
    )
    text = HEAD + f'[[beat]]\nid = "words"\nsay = "{say}"\n'
    (beat,) = load(tmp_path_factory.getbasetemp(), text).beats
    assert beat.text == " ".join(words)
    assert len(beat.marks) == len(marked) * (2 if twice else 1)
    for name, offset in beat.marks.items():
        nth = int(name[2:])
        assert beat.text[offset:].split(" ") == words[nth:]


def test_text_is_kept_to_the_letter(tmp_path: Path) -> None:
    text = HEAD + (
        '[labels]\nslope = "slope $= #value$"\n'
        '# [[beat]]\n[[beat]]\nid = "curve"\nsay = "ज़्यादा क्षेत्र।"\nspoken = "x का वर्ग"\n'
        'pause = 4\nrole = "question"\n'
    )
    script = load(tmp_path, text)
    (beat,) = script.beats
    assert (script.title, script.objective, script.reviewed_by) == ("ढाल", "ढाल पढ़ना", "")
    assert script.labels == {"slope": "slope $= #value$"}
    assert unicodedata.is_normalized("NFC", beat.text)
    assert (beat.text, beat.spoken, beat.pause) == ("ज़्यादा क्षेत्र।", "x का वर्ग", 4.0)
    assert (beat.role, beat.line) == ("question", 7)


def test_an_unknown_label_names_the_nearest(tmp_path: Path) -> None:
    script = load(tmp_path, HEAD + '[labels]\nslope = "x"\n' + GOOD.removeprefix(HEAD))
    with pytest.raises(LessonError, match=r"label 'slop'(.|\n)*did you mean 'slope'"):
        script.label("slop")


# -- lessons and twins -------------------------------------------------------------------------

TWO = GOOD + '[[beat]]\nid = "turn"\nsay = "घूमिए।"\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"hi": TWO}, [("slope.en.toml", None, "turn", "missing")]),
        ({"en": TWO}, [("slope.en.toml", 7, "turn", "no such beat")]),
        (
            {"hi": TWO, "en": TWO.replace("turn", "swap").replace("curve", "turn")},
            [
                ("slope.en.toml", None, "curve", "missing"),
                ("slope.en.toml", 7, "swap", "no such beat"),
            ],
        ),
        (
            {
                "hi": TWO,
                "en": TWO.replace("turn", "x").replace("curve", "turn").replace('"x"', '"curve"'),
            },
            [("slope.en.toml", None, None, "another order")],
        ),
        (
            {"lesson": LESSON.replace('"slope"', '"slope", "slope"')},
            [("lesson.toml", 1, None, "'slope' is listed twice")],
        ),
        (
            {"lesson": LESSON.replace('"slope"', '"slope", 7')},
            [("lesson.toml", 1, None, "scenes holds 7")],
        ),
        (
            {"lesson": 'scenes = ["slope"]\n[title]\nhi = "पाठ"\n'},
            [("lesson.toml", None, None, "en is missing")],
        ),
        (
            {"lesson": LESSON.replace('"Lesson"', "5") + 'fr = "Leçon"\n'},
            [
                ("lesson.toml", 4, None, "en = 5 is a number"),
                ("lesson.toml", 5, None, "unknown key 'fr'"),
            ],
        ),
        (
            {"lesson": LESSON.replace("slope", "lope")},
            [
                ("lope.en.toml", None, None, "missing"),
                ("lope.hi.toml", None, None, "missing"),
                ("slope.en.toml", None, None, "no lesson plays"),
                ("slope.hi.toml", None, None, "no lesson plays"),
            ],
        ),
        ({"lesson": "scenes = [\n"}, [("lesson.toml", 1, None, "not valid TOML")]),
    ],
)
def test_lessons_and_twins_are_held_against_each_other(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, int | None, str | None, str]]
) -> None:
    write(tmp_path, **files)
    found = sorted(check_scripts(tmp_path), key=lambda p: (p.file, p.line or 0))
    assert [(Path(p.file).name, p.line, p.beat) for p in found] == [e[:3] for e in expected]
    for problem, (*_, what) in zip(found, expected, strict=True):
        assert what in problem.what
        assert problem.fix


@pytest.mark.parametrize("text", ["", "scenes = []\n", LESSON.replace("slope", "")])
def test_a_lesson_needs_scenes(tmp_path: Path, text: str) -> None:
    write(tmp_path, lesson=text)
    with pytest.raises(LessonError, match="scene"):
        load_lessons(tmp_path)


def test_no_lesson_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no lesson found"):
        load_lessons(tmp_path)


def test_the_shipped_lessons_load_in_their_order() -> None:
    assert not check_scripts()
    lessons = load_lessons()
    assert list(lessons) == ["calculus_basics", "gradient_descent"]
    assert lessons["calculus_basics"].scenes[:2] == ("c1_01_intro", "c1_02_secant_tangent")
    assert lessons["gradient_descent"].scenes[-1] == "recap"
    assert all(set(lesson.title) == set(LANGUAGES) for lesson in lessons.values())
