"""The command as people run it, with what they get wrong and what machines do to it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from small_project import FIRST, LESSON, SECOND, UNDRAWN, SmallProject, edit

from lessonkit.render.film import probe

DEADLINE = 90.0  # seconds until a test gives up on a process


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    return SmallProject.make(tmp_path_factory.mktemp("untouched"))


@pytest.fixture
def project(untouched: SmallProject, tmp_path: Path) -> SmallProject:
    return untouched.copy(tmp_path)


@pytest.fixture(scope="module")
def half_done(untouched: SmallProject, tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """The second scene's film is finished."""
    project = untouched.copy(tmp_path_factory.mktemp("half-done"))
    done = project.render("--scene", SECOND)
    assert done.returncode == 0, done.stderr
    return project


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a command that ended as it should when it cannot go on."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


# -- what people get wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--quality", "drft"), "QUALITY=drft is not known\n    fix: did you mean QUALITY=draft?"),
        (("--quality", "8k"), "QUALITY=8k is not known\n    fix: valid: preview, draft, high, ult"),
        (("--lesson", "primr"), "LESSON=primr is not known\n    fix: did you mean LESSON=primer?"),
        (("--lesson", UNDRAWN), "LESSON=later has no scene with code yet\n    fix: add one under"),
        (("--scene", "p1_dott"), "SCENE=p1_dott is not known\n    fix: did you mean SCENE=p1_dot?"),
        (("--captions", "x"), "CAPTIONS=x is not known\n    fix: valid: burned, soft, none"),
        (("--caption-lang", "ta"), "CAPTION_LANG=ta is not known\n    fix: valid: hi, en"),
        (("--jobs", "many"), "JOBS=many is no number from 1 up\n    fix: "),
        (("--jobs", "0"), "JOBS=0 is no number from 1 up\n    fix: "),
    ],
)
def test_a_wrong_choice_gets_the_valid_ones(
    untouched: SmallProject, arguments: tuple[str, ...], message: str
) -> None:
    said = refused(untouched.run("render", *arguments))
    assert message in said
    assert len(said.splitlines()) == 2
    assert not (untouched.root / "build").exists()


def test_the_scene_of_another_lesson_is_not_offered(untouched: SmallProject) -> None:
    said = refused(untouched.render("--scene", "l1_soon"))
    assert f"valid: {FIRST}, {SECOND}" in said


def test_check_and_render_name_every_fault_before_anything_is_drawn(project: SmallProject) -> None:
    edit(project.script(LESSON, FIRST), 'id = "rest"\nsay = "', 'id = "rest"\nsay = ')
    edit(project.script(LESSON, SECOND, "en"), 'id = "rest"', 'id = "sleep"')
    edit(project.scene(SECOND), 'self.beat("rest")', 'self.beat("nap")')
    code = project.scene(SECOND).read_text(encoding="utf-8")
    line = code.split('"nap"')[0].count("\n") + 1
    scripts = f"assets/script/{LESSON}"
    for command in ("check", "render"):
        said = refused(project.run(command))
        assert f"{scripts}/{FIRST}.hi.toml:9: is not valid TOML" in said
        assert f"{scripts}/{SECOND}.en.toml: beat 'rest': this beat of the narration" in said
        assert f"{scripts}/{SECOND}.en.toml:7: beat 'sleep': the narration has no such" in said
        assert f"scenes/{LESSON}/{SECOND}.py:{line}: beat 'nap': this beat is not in the" in said
        assert f"{scripts}/{SECOND}.hi.toml:7: beat 'rest': the scene does not play this" in said
        assert said.count("    fix: ") == 5
    assert not (project.root / "build").exists()


def test_check_says_what_it_checked(untouched: SmallProject) -> None:
    done = untouched.run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 beats in 2 languages, no problems" in done.stdout


def test_a_missing_font_is_named(project: SmallProject) -> None:
    (project.root / "assets/fonts/NotoSansDevanagari-Regular.ttf").unlink()
    said = refused(project.render("--scene", FIRST))
    assert "assets/fonts/NotoSansDevanagari-Regular.ttf" in said
    assert "git checkout -- assets/fonts" in said
    assert not project.recordings()
    assert not project.halves()


# -- what machines do --------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_named(project: SmallProject) -> None:
    (project.root / "build").write_text("a file where the folder should be")
    said = refused(project.render())
    assert "cannot write: " in said
    assert "build" in said.splitlines()[0]
    assert "    fix: free some space or make the folder writable" in said
    assert (project.root / "build").is_file()


def test_a_full_disk_stops_the_work_and_keeps_what_is_finished(
    half_done: SmallProject, tmp_path: Path
) -> None:
    project = half_done.copy(tmp_path)
    finished = {p: p.read_bytes() for p in (project.root / "build").rglob("*") if p.is_file()}

    def no_room() -> None:
        # A write beyond this size fails as one on a full disk does, and needs no such disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    said = refused(
        project.render(
            preexec_fn=no_room, env={**project.setting["env"], "PYTHONDONTWRITEBYTECODE": "1"}
        )
    )
    assert "cannot write: " in said
    assert "correct this line" not in said  # it is no mistake of the scene
    assert {path: path.read_bytes() for path in finished} == finished
    assert not project.halves()


Held = tuple[SmallProject, subprocess.Popen[str], int]


@pytest.fixture
def held(project: SmallProject) -> Iterator[Held]:
    """A render with the first scene half recorded and the second drawn; and the first's process."""
    hold, told = project.scene(FIRST).with_suffix(".hold"), project.scene(FIRST).with_suffix(".pid")
    hold.touch()
    running = project.start("--jobs", "2")
    try:
        wait_for(lambda: told.exists() and told.read_text(), running)
        wait_for(lambda: is_drawn(project, SECOND), running)
        assert project.halves()  # the first scene's
        yield project, running, int(told.read_text())
    finally:
        hold.unlink()
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def wait_for(happened: Callable[[], object], running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not happened():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_drawn(project: SmallProject, scene: str) -> bool:
    return bool(project.recordings(scene)) and all(
        path.exists() for path, _ in project.recorded(scene)
    )


def only_the_second_is_kept(project: SmallProject) -> None:
    assert [path.name.split("-")[0] for path in project.recordings()] == [SECOND]
    assert is_drawn(project, SECOND)
    assert not project.halves()
    assert not list(project.films.glob("*.mp4"))


def the_next_run_completes(project: SmallProject) -> None:
    project.scene(FIRST).with_suffix(".hold").rename(project.root / "hold")
    try:
        done = project.render()
    finally:
        (project.root / "hold").rename(project.scene(FIRST).with_suffix(".hold"))
    assert done.returncode == 0, done.stderr
    assert "drawing 1 scene," in done.stdout
    assert f"{FIRST}: drawn" in done.stdout
    frames = [
        probe(project.films / f"{name}.mp4").frames
        for name in (f"{LESSON}/{FIRST}", f"{LESSON}/{SECOND}", LESSON)
    ]
    assert frames[0] + frames[1] == frames[2] > 0


def test_ctrl_c_leaves_only_what_is_finished_and_the_next_run_goes_on(held: Held) -> None:
    project, running, _ = held
    os.killpg(running.pid, signal.SIGINT)  # a terminal sends it to every process of the group
    _, said = running.communicate(timeout=DEADLINE)
    assert running.returncode == 130
    assert said == "stopped; finished films and scenes are kept\n"
    only_the_second_is_kept(project)
    the_next_run_completes(project)


def test_a_polite_kill_is_as_tidy(held: Held) -> None:
    project, running, process = held
    running.terminate()
    _, said = running.communicate(timeout=DEADLINE)
    assert running.returncode == 130
    assert said == "stopped; finished films and scenes are kept\n"
    only_the_second_is_kept(project)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_process_outlives_the_command(held: Held) -> None:
    _, running, _ = held
    running.kill()
    running.communicate(timeout=DEADLINE)  # ends when the last process that holds the pipes does


def test_a_killed_process_is_told_and_the_next_run_completes(held: Held) -> None:
    project, running, process = held
    os.kill(process, signal.SIGKILL)  # as a machine without memory does
    said = refused(subprocess.CompletedProcess([], running.wait(DEADLINE), *running.communicate()))
    assert f"a process that draws was killed, before these were recorded: {FIRST}\n" in said
    assert "run again: what is finished is kept" in said
    only_the_second_is_kept(project)
    the_next_run_completes(project)


# -- Manim's own command -----------------------------------------------------------------------


def test_a_scene_runs_unchanged_under_plain_manim(half_done: SmallProject) -> None:
    project = half_done
    command = ["-m", "manim", "-ql", "--media_dir", "media", str(project.scene(SECOND)), "Moving"]
    done = subprocess.run(
        [*project.command()[:1], *command],
        capture_output=True,
        check=False,
        **{**project.setting, "env": {**project.setting["env"], "PYTHONPATH": str(project.root)}},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (film,) = (project.root / "media").rglob("Moving.mp4")
    assert probe(film).frames == probe(project.films / LESSON / f"{SECOND}.mp4").frames
