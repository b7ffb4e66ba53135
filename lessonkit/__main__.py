"""The command line behind the Makefile: `python -m lessonkit render`, `… check`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lessonkit.problems import LessonError, Problem
from lessonkit.project import shown
from lessonkit.render.build import CAPTIONS, QUALITIES, Options, drawn_scenes
from lessonkit.script import LANGUAGES, NARRATION, Lesson, Script, check_scripts, load_lessons

if TYPE_CHECKING:
    from lessonkit.preview.storyboard import SceneBoard
    from lessonkit.publish.course import FinishedLesson


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        chosen = _parser().parse_args(arguments)
        command: int = chosen.command(chosen)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        # A full or read-only disk is no fault of the program; files are whole or not there.
        name = f" {error.filename}:" if error.filename else ""
        print(f"cannot write:{name} {error.strerror or error}", file=sys.stderr)
        print(
            "    fix: free some space or make the folder writable, then run again;", file=sys.stderr
        )
        print("    finished films and scenes are kept", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; finished films and scenes are kept", file=sys.stderr)
        return 130
    return command


def render(chosen: argparse.Namespace) -> int:
    """Make films."""
    from lessonkit.render.build import build, plan, to_draw
    from lessonkit.render.report import Progress, print_films

    options = Options(
        quality=_one_of("QUALITY", chosen.quality, QUALITIES),
        captions=_one_of("CAPTIONS", chosen.captions, CAPTIONS),
        caption_lang=_one_of("CAPTION_LANG", chosen.caption_lang, LANGUAGES),
        jobs=_jobs(chosen.jobs),
        scheduler=chosen.scheduler,
    )
    lessons = load_lessons()
    wanted = _choose(lessons, chosen.lesson, chosen.scene)
    films = plan(wanted, options)
    with Progress(to_draw(films, options)) as progress:
        made = build(films, options, progress)
    print_films(made, options)
    for lesson, _ in wanted:
        waiting = [s for s in lesson.scenes if s not in drawn_scenes(lesson)]
        if waiting and not chosen.scene:
            print(f"{lesson.id}: {len(waiting)} of {len(lesson.scenes)} scenes have no code yet")
    return 0


def begin_scene(chosen: argparse.Namespace) -> int:
    """Write a new scene's files."""
    from lessonkit.new_scene import new_scene

    lessons = load_lessons()
    for name, value in (("LESSON", chosen.lesson), ("SCENE", chosen.scene)):
        if not value:
            fix = f"make new-scene LESSON=… SCENE=…; lessons: {', '.join(lessons)}"
            raise LessonError([Problem("command line", f"no {name} is given", fix)])
    lesson = lessons[_one_of("LESSON", chosen.lesson, lessons)]
    for path in new_scene(lesson, chosen.scene):
        print(f"wrote {shown(path)}")
    print(f"see it: make preview SCENE={chosen.scene}")
    print(f"keep it: .venv/bin/pytest tests/scenes -k {chosen.scene} --update-golden")
    return 0


def storyboard(chosen: argparse.Namespace) -> int:
    """Draw the sheets of scenes, and of the lessons whose scenes are all chosen."""
    from lessonkit.preview.storyboard import lesson_board, scene_board
    from lessonkit.render.side_by_side import side_by_side

    lessons = load_lessons()
    wanted = _choose(lessons, chosen.lesson, chosen.scene)
    scenes = [(lesson.id, scene) for lesson, names in wanted for scene in names]
    problems: list[Problem] = []
    boards: dict[str, list[SceneBoard]] = defaultdict(list)
    for (lesson, _), made in side_by_side(scene_board, scenes, _jobs(chosen.jobs), "storyboards"):
        if isinstance(made, LessonError):
            problems += made.problems
            continue
        problems += made.problems
        boards[lesson].append(made)
        print(shown(made.sheet))
    if not chosen.scene:
        for name, made_boards in boards.items():
            print(shown(lesson_board(name, lessons[name].title[NARRATION], made_boards)))
    if problems:
        raise LessonError(problems)
    return 0


def preview(chosen: argparse.Namespace) -> int:
    """Serve the live page of one scene."""
    from lessonkit.preview.server import serve

    lessons = load_lessons()
    if not chosen.scene:
        known = ", ".join(s for lesson in lessons.values() for s in drawn_scenes(lesson))
        fix = f"name one: make preview SCENE=…; known: {known}"
        raise LessonError([Problem("command line", "no SCENE is given", fix)])
    ((lesson, (scene,)),) = _choose(lessons, chosen.lesson, chosen.scene)
    with suppress(KeyboardInterrupt):  # the way to end it
        serve(lesson.id, scene)
    return 0


def lint(chosen: argparse.Namespace) -> int:
    """Look for faults in scripts, captions, pictures, motions and finished films: one report."""
    from lessonkit.checks.films import check_film, finished_films
    from lessonkit.checks.lint import lint_scene
    from lessonkit.render.side_by_side import side_by_side

    lessons = load_lessons()
    wanted = _choose(lessons, chosen.lesson, chosen.scene)
    faults = 0

    def report(found: Iterable[object], what: str) -> None:
        nonlocal faults
        listed = list(found)
        for one in listed:
            print(one)
        faults += len(listed)
        print(f"{what}: {len(listed) or 'no'} findings", flush=True)

    if not chosen.scene:
        problems, advice, beats = _check_scripts()
        for one in advice:
            print(f"advice: {one}")
        report(problems, f"scripts and captions of {beats} beats")
    scenes = [(lesson.id, scene) for lesson, names in wanted for scene in names]
    pictures: list[object] = []
    for _, found in side_by_side(lint_scene, scenes, _jobs(chosen.jobs), "looking at scenes"):
        pictures += found.problems if isinstance(found, LessonError) else found
    report(pictures, f"pictures of {_counted(len(scenes), 'scene')}")
    films = finished_films(chosen.lesson, chosen.scene)
    report((p for film in films for p in check_film(film)), _counted(len(films), "finished film"))
    return 1 if faults else 0


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def voice(chosen: argparse.Namespace) -> int:
    """Make the takes that are missing or out of date."""
    from lessonkit.render.side_by_side import progress_bar
    from lessonkit.script import load_script
    from lessonkit.voice.make import forget_strays, make_take, outdated, strays

    lessons = load_lessons()
    wanted = _choose(lessons, chosen.lesson, chosen.scene, needs_code=False)
    scripts = [load_script(lesson.id, scene) for lesson, names in wanted for scene in names]
    for script in scripts:
        forget_strays(script)
    problems = strays(scripts, lessons)
    jobs = outdated(scripts)
    made = 0
    with progress_bar() as bar:
        task = bar.add_task("takes", total=len(jobs))
        for job in jobs:
            try:
                make_take(job)
                made += 1
            except LessonError as error:  # the others are made all the same
                problems += error.problems
            bar.advance(task)
    print(f"takes: {made} made")
    if problems:
        raise LessonError(problems)
    return 0


def audition(chosen: argparse.Namespace) -> int:
    """Write a page for each scene on which its takes are heard."""
    from lessonkit.script import load_script
    from lessonkit.voice.audition import audition as page

    wanted = _choose(load_lessons(), chosen.lesson, chosen.scene, needs_code=False)
    for lesson, scenes in wanted:
        for scene in scenes:
            print(shown(page(load_script(lesson.id, scene))))
    return 0


def youtube(chosen: argparse.Namespace) -> int:
    """Write what YouTube needs of each lesson's film."""
    from lessonkit.publish.course import load_course
    from lessonkit.publish.youtube import make_bundles

    course = load_course()
    for folder in make_bundles(_finished(chosen), course, list(load_lessons())):
        print(shown(folder))
    return 0


def youtube_upload(chosen: argparse.Namespace) -> int:
    """Upload what `youtube` wrote, as far as it is not on YouTube yet."""
    from lessonkit.publish.credentials import connect
    from lessonkit.publish.upload import Uploader, read_bundles

    wanted = [lesson.id for lesson, _ in _choose(load_lessons(), chosen.lesson, "")]
    bundles = read_bundles(wanted)
    with connect(chosen.credentials) as service:
        Uploader(service).upload(bundles)
    return 0


def site(chosen: argparse.Namespace) -> int:
    """Build the course site from finished films."""
    from lessonkit.publish.site import build_site
    from lessonkit.render.side_by_side import progress_bar

    lessons = _finished(chosen)
    with progress_bar() as bar:
        task = bar.add_task("pages", total=sum(1 + len(lesson.scenes) for lesson in lessons))
        made = build_site(lessons, chosen.url, progress=lambda: bar.advance(task))
    if not chosen.url:
        print("no SITE_URL: previews of shared links (Open Graph) and oEmbed are left out")
    print(f"{shown(made)}/index.html   (make serve shows it)")
    return 0


def serve(_: argparse.Namespace) -> int:
    """Show the course site on this machine."""
    from lessonkit.publish.site import serve_site

    with suppress(KeyboardInterrupt):  # the way to end it
        serve_site()
    return 0


def scorm(chosen: argparse.Namespace) -> int:
    """Write a package of each lesson for learning management systems."""
    from lessonkit.publish.scorm import build_packages
    from lessonkit.render.side_by_side import progress_bar

    lessons = _finished(chosen)
    with progress_bar() as bar:
        packages = list(bar.track(build_packages(lessons), len(lessons), description="packages"))
    for package in packages:
        print(f"{shown(package)}   {package.stat().st_size / 1e6:.0f} MB")
    return 0


def _finished(chosen: argparse.Namespace) -> list[FinishedLesson]:
    """The films to publish."""
    from lessonkit.publish.course import finished_lessons

    quality = _one_of("QUALITY", chosen.quality, QUALITIES)
    wanted = _choose(load_lessons(), chosen.lesson, "")
    return finished_lessons([lesson for lesson, _ in wanted], quality)


def check(_: argparse.Namespace) -> int:
    """Hold scripts against their twins, scenes against scripts, and questions against both."""
    problems, _advice, beats = _check_scripts()
    if problems:
        raise LessonError(problems)
    print(f"scripts: {beats} beats in {len(LANGUAGES)} languages, no problems")
    return 0


def _check_scripts() -> tuple[list[Problem], list[Problem], int]:
    """Problems and advice of all scripts, their captions and their scenes' code; and the beats."""
    from lessonkit.captions import advise, cues
    from lessonkit.checks.spoken_formulas import unspoken
    from lessonkit.project import SCENES, missing_fonts
    from lessonkit.publish.questions import load_questions
    from lessonkit.script import load_script, script_path
    from lessonkit.source import check_source
    from lessonkit.voice.make import strays
    from lessonkit.voice.takes import narration

    if missing := missing_fonts():
        raise LessonError(missing)
    problems = check_scripts()
    advice: list[Problem] = []
    faulty = {problem.file for problem in problems}
    scripts: list[Script] = []
    beats = 0
    lessons = load_lessons()
    for lesson in lessons.values():
        for scene in lesson.scenes:
            if shown(script_path(lesson.id, scene)) in faulty:
                continue
            spoken = load_script(lesson.id, scene)
            scripts.append(spoken)
            beats += len(spoken.beats)
            problems += unspoken(spoken)
            try:
                timeline = narration(spoken).timeline
            except LessonError as error:
                problems += error.problems
                continue
            for lang in LANGUAGES:
                if shown(script_path(lesson.id, scene, lang)) in faulty:
                    continue
                try:
                    script = load_script(lesson.id, scene, lang)
                    advice += advise(cues(script, timeline, QUALITIES["high"].fps), script)
                except LessonError as error:
                    problems += error.problems
            source = SCENES / lesson.id / f"{scene}.py"
            if source.is_file():
                problems += check_source(source, spoken)
    problems += strays(scripts, lessons)
    for lesson in [] if problems else lessons.values():
        try:
            load_questions(lesson)
        except LessonError as error:
            problems += error.problems
    return problems, advice, beats


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lessonkit", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("render", help="make films")
    _add_choice(command)
    command.add_argument("--quality", default="high", metavar="|".join(QUALITIES))
    command.add_argument("--captions", default="burned", metavar="|".join(CAPTIONS))
    command.add_argument("--caption-lang", default="hi", metavar="|".join(LANGUAGES))
    command.add_argument("--scheduler", default="", metavar="tcp://HOST:PORT")
    command.set_defaults(command=render)
    command = commands.add_parser("preview", help="show a scene while it is written")
    _add_choice(command)
    command.set_defaults(command=preview)
    command = commands.add_parser("new-scene", help="write the files of a new scene")
    _add_choice(command)
    command.set_defaults(command=begin_scene)
    command = commands.add_parser("storyboard", help="draw a sheet of frames for each scene")
    _add_choice(command)
    command.set_defaults(command=storyboard)
    command = commands.add_parser("lint", help="look for faults in pictures and motions")
    _add_choice(command)
    command.set_defaults(command=lint)
    command = commands.add_parser("voice", help="make the takes that are missing or out of date")
    _add_choice(command)
    command.set_defaults(command=voice)
    command = commands.add_parser("audition", help="write pages on which takes are heard")
    _add_choice(command)
    command.set_defaults(command=audition)
    command = commands.add_parser("youtube", help="write what YouTube needs of finished films")
    command.add_argument("--lesson", default="", metavar="|".join(_lesson_names()))
    command.add_argument("--quality", default="high", metavar="|".join(QUALITIES))
    command.set_defaults(command=youtube)
    command = commands.add_parser("youtube-upload", help="upload it, private, each film once")
    command.add_argument("--lesson", default="", metavar="|".join(_lesson_names()))
    command.add_argument("--credentials", default="", metavar="FILE.json")
    command.set_defaults(command=youtube_upload)
    command = commands.add_parser("site", help="build the course site from finished films")
    command.add_argument("--lesson", default="", metavar="|".join(_lesson_names()))
    command.add_argument("--quality", default="high", metavar="|".join(QUALITIES))
    command.add_argument("--url", default="", metavar="https://…")
    command.set_defaults(command=site)
    command = commands.add_parser("serve", help="show the course site on this machine")
    command.set_defaults(command=serve)
    command = commands.add_parser("scorm", help="package finished lessons for learning systems")
    command.add_argument("--lesson", default="", metavar="|".join(_lesson_names()))
    command.add_argument("--quality", default="high", metavar="|".join(QUALITIES))
    command.set_defaults(command=scorm)
    command = commands.add_parser("check", help="check scripts and scenes")
    command.set_defaults(command=check)
    return parser


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument("--lesson", default="", metavar="|".join(_lesson_names()))
    command.add_argument("--scene", default="")
    command.add_argument("--jobs", default="", metavar="N")


def _lesson_names() -> list[str]:
    try:
        return list(load_lessons())
    except LessonError:
        return []  # told in full when a command loads them


def _choose(
    lessons: dict[str, Lesson], lesson: str, scene: str, *, needs_code: bool = True
) -> list[tuple[Lesson, list[str]]]:
    """The lessons and scenes asked for; those that have code, where it needs code."""
    if lesson:
        lessons = {lesson: lessons[_one_of("LESSON", lesson, lessons)]}
    drawn = [
        (entry, drawn_scenes(entry) if needs_code else list(entry.scenes))
        for entry in lessons.values()
    ]
    if scene:
        _one_of("SCENE", scene, [s for _, scenes in drawn for s in scenes])
        return [(entry, [scene]) for entry, scenes in drawn if scene in scenes]
    if lesson and not any(scenes for _, scenes in drawn):
        what = f"LESSON={lesson} has no scene with code yet"
        raise LessonError([Problem("command line", what, f"add one under scenes/{lesson}/")])
    return [(entry, scenes) for entry, scenes in drawn if scenes]


def _one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    values = list(allowed)
    if value not in values:
        close = get_close_matches(value, values, n=1)
        hint = f"did you mean {name}={close[0]}? " if close else ""
        fix = f"{hint}valid: {', '.join(values)}"
        raise LessonError([Problem("command line", f"{name}={value} is not known", fix)])
    return value


def _jobs(text: str) -> int:
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        fix = "give the number of scenes to draw side by side, such as JOBS=2"
        raise LessonError([Problem("command line", f"JOBS={text} is no number from 1 up", fix)])
    return int(text)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as tidily as Ctrl-C
    sys.exit(main())
