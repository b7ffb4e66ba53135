"""The specimen: text that falls apart when a font or shaping is missing."""

from __future__ import annotations

import numpy as np
from golden import Compare
from manim import DOWN, LEFT, Scene, VGroup, tempconfig

from lessonkit.stage import CodeCard, Region, Typeset, theme

LINES = (
    "क्षेत्र त्रिज्या श्री हृदय ड़ ढ़ ज़्यादा फ़ंक्शन र्क द्ध ट्र ह्म",
    "*ढाल और* दर: slope $= (output(Delta f))/input(h)$, x = 2 पर",
    '$f\'(x) = lim_(h -> 0) (f(x + h) - f(x))/h quad "ढाल" = 4$',
    "$w <- w - eta (partial L)/(partial w) quad hat(v)/sqrt(s + epsilon) quad nabla f$",
)
CODE = """\
x = torch.tensor(2.0, requires_grad=True)  # x पर नज़र रखिए
y = x**2
print("dy/dx at x=2:", x.grad)
"""


def test_specimen(golden: Compare) -> None:
    with tempconfig({"pixel_width": 854, "pixel_height": 480, "frame_width": 8 * 854 / 480}):
        text = VGroup(*(Typeset(line) for line in LINES)).arrange(
            DOWN, buff=0.35, aligned_edge=LEFT
        )
        Region(-6.5, 6.5, -0.9, 3.7).place(text)
        card = CodeCard(CODE, Region(-6.5, 6.5, -3.8, -1.2))
        scene = Scene()
        scene.camera.background_color = theme.BACKGROUND
        scene.add(text, card, card.marker(2))
        scene.renderer.update_frame(scene)
        golden("specimen", np.asarray(scene.renderer.get_frame()))
