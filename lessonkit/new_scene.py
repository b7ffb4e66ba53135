"""A new scene that renders at once: its code, its scripts, its place in the lesson."""

from __future__ import annotations

import re
from pathlib import Path

from lessonkit.problems import LessonError, Problem
from lessonkit.project import ROOT, SCENES, shown, written_whole
from lessonkit.script import LANGUAGES, Lesson, load_script, script_path

TEMPLATES = ROOT / "assets" / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def new_scene(lesson: Lesson, scene: str) -> list[Path]:
    """Write what is missing of a scene, and list it in its lesson; returns the files written.

    Scripts that are there stay as they are; the code then plays their beats and marks.

    Raises:
        LessonError: the name cannot name a module, or the scene has code already.
    """
    code = SCENES / lesson.id / f"{scene}.py"
    if not _NAME.fullmatch(scene):
        fix = "use small letters, digits and underscores, as in c1_11_curvature"
        raise LessonError([Problem("command line", f"SCENE={scene} cannot name a scene", fix)])
    if code.is_file():
        fix = "choose another name, or edit the file"
        raise LessonError([Problem(shown(code), "this scene has code already", fix)])
    scripts = {lang: script_path(lesson.id, scene, lang) for lang in LANGUAGES}
    if any(path.is_file() for path in scripts.values()):
        files = {code: _played(lesson.id, scene)}
    else:
        title = scene.replace("_", " ").capitalize()
        template = (TEMPLATES / "scene.py.txt").read_text(encoding="utf-8")
        files = {code: template.replace("{class_name}", _class_name(scene))}
        for lang, path in scripts.items():
            template = (TEMPLATES / f"scene.{lang}.toml").read_text(encoding="utf-8")
            files[path] = template.replace("{title}", title)
    package = code.with_name("__init__.py")
    if not package.is_file():
        files[package] = f'"""Scenes of {lesson.title["en"]}."""\n'
    if scene not in lesson.scenes:
        listed = scripts["hi"].with_name("lesson.toml")
        files[listed] = _listed(listed, scene)
    for path, text in files.items():
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return list(files)


def _played(lesson: str, scene: str) -> str:
    """Code that plays the beats of a script and shows its title."""
    script = load_script(lesson, scene)
    lines = [
        f'"""{script.objective if script.objective.isascii() else "Say what the viewer sees."}"""',
        "",
        "from __future__ import annotations",
        "",
        "from manim import FadeIn",
        "",
        "from lessonkit.stage import LessonScene",
        "",
        "",
        f"class {_class_name(scene)}(LessonScene):",
        f'    """{" → ".join(beat.id for beat in script.beats)}."""',
        "",
        "    def construct(self) -> None:",
    ]
    for nth, beat in enumerate(script.beats):
        clock = " as beat" if beat.marks else ""
        lines.append(f'        with self.beat("{beat.id}"){clock}:')
        if not nth:
            lines.append("            self.play(FadeIn(self.heading()), run_time=0.5)")
        lines += [f'            beat.until("{mark}")' for mark in beat.marks]
        if nth and not beat.marks:
            lines.append("            pass")
    return "\n".join(lines) + "\n"


def _class_name(scene: str) -> str:
    """`c1_11_curvature` becomes `Curvature`."""
    words = [word for word in scene.split("_") if word.isalpha()] or scene.split("_")
    return "".join(word.capitalize() for word in words)


def _listed(path: Path, scene: str) -> str:
    """A lesson.toml with one more scene at the end of its list, otherwise as it was."""
    text = path.read_text(encoding="utf-8")
    start = re.search(r"^scenes\s*=\s*\[", text, re.MULTILINE)
    end = text.find("]", start.end()) if start else -1
    if start is None or end < 0:
        fix = f'add "{scene}" to its scenes'
        raise LessonError([Problem(shown(path), "has no list of scenes", fix)])
    inside = text[start.end() : end].rstrip()
    own_lines = "\n" in inside
    comma = "" if not inside or inside.endswith(",") else ","
    added = f'\n    "{scene}",\n' if own_lines else f' "{scene}"'
    return text[: start.end()] + inside + comma + added + text[end:]
