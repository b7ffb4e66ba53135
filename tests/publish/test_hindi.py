"""English terms in Hindi text are marked as English, and nothing in a text is taken for HTML."""

from __future__ import annotations

import pytest

from lessonkit.publish.hindi import marked


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("चलिए।", "चलिए।"),
        ("Gradient Descent से", '<span lang="en">Gradient Descent</span> से'),
        ("Loss < 1 & η", '<span lang="en">Loss</span> &lt; 1 &amp; η'),
        ("`a < b` देखिए", '<code lang="en">a &lt; b</code> देखिए'),
        ("m̂ = g और x", "m̂ = g और x"),
        ("Mini-batch GD", '<span lang="en">Mini-batch GD</span>'),
    ],
)
def test_terms_code_and_signs(text: str, html: str) -> None:
    assert marked(text) == html
