"""Colours with a fixed meaning through the whole course, and text sizes.

The palette follows Okabe and Ito's colour-blind-safe set, lightened for a dark ground; every
colour has at least 4.5:1 contrast on `BACKGROUND`. A colour is never the only carrier of its
meaning: a label, a shape or a position says the same.
"""

from __future__ import annotations

BACKGROUND = "#10141A"
PANEL = "#1A212B"
INK = "#F2F0E6"
MUTED = "#9AA4B2"
FAINT = "#3A4350"  # grid lines and frames only: never text

INPUT = "#5BB8F0"  # x, a weight, and small changes of them: dx, h
OUTPUT = "#F5A93B"  # f(x), and small changes of it
SLOPE = "#3CCB9A"  # derivative, secant, tangent
LOSS = "#EE86B7"
GRADIENT = "#F4E04D"
VELOCITY = "#B8A2FF"
SCALE = "#4FD6C4"  # second moments: what a gradient is divided by
WRONG = "#FF6B5E"  # always with a cross through what is wrong

ROLES = {
    "ink": INK,
    "muted": MUTED,
    "input": INPUT,
    "output": OUTPUT,
    "slope": SLOPE,
    "loss": LOSS,
    "gradient": GRADIENT,
    "velocity": VELOCITY,
    "scale": SCALE,
    "wrong": WRONG,
}
"""The names under which labels use the colours: `$input(x)$` in a script is blue."""

# Sizes of an em, in pixels of a 1080-pixel-high frame. Phones show a fifth of that width.
TITLE = 84.0
HEADING = 56.0
FORMULA = 62.0
BODY = 48.0
SMALL = 38.0
SMALLEST = 28.0  # nothing a viewer reads is smaller

TEXT_FONTS = ("Noto Sans", "Noto Sans Devanagari")
CODE_FONTS = ("JetBrains Mono", "Noto Sans Devanagari")
# Typst carries this one inside: the same on every machine.
MATH_FONTS = ("New Computer Modern Math", "Noto Sans Devanagari")

THIN = 3.0  # stroke widths, in Manim's unit (1/100 of a frame unit)
STROKE = 5.0
BOLD = 7.0
DOT = 0.11  # radius, frame units
