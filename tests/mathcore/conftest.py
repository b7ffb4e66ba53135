"""Shapes in mathcore's signatures are enforced while its tests run."""

from jaxtyping import install_import_hook

install_import_hook("mathcore", "beartype.beartype")
