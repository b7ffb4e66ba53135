"""Text of the scripts and of pages as HTML: Hindi, with its English terms marked as English."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Code in backticks, or a run of Latin words with what stands between them. A letter alone is a sign
# of a formula, which has no language, and must not be parted from the accents on it.
_ENGLISH = re.compile(r"`(?P<code>[^`]+)`|[A-Za-z][A-Za-z0-9]+(?:[ '’-]+[A-Za-z][A-Za-z0-9]*)*")


def marked(text: str) -> Markup:
    """Hindi text as HTML: English terms in `<span lang="en">`, `code` in `<code>`.

    A screen reader says each in its own language, and a browser picks the right font.
    """
    parts, rest = [], 0
    for found in _ENGLISH.finditer(text):
        tag, said = ("code", found["code"]) if found["code"] else ("span", found[0])
        parts += [escape(text[rest : found.start()]), Markup('<{} lang="en">').format(tag)]
        parts += [escape(said), Markup("</{}>").format(tag)]
        rest = found.end()
    return Markup("").join([*parts, escape(text[rest:])])
