"""Shapes in mathcore's signatures are enforced, and Hypothesis tries the same cases every time."""

from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("mathcore", "beartype.beartype")

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
