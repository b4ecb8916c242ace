"""The contract of the array artifact that a sweep makes: one entry per model.

It is not in `artifacts.schema`, which is part of the code of every step that writes an array: a new
kind of artifact shall not make all others again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.generalisation.knobs import DEFAULTS, DRAW, SEED

KIND = "models"
TEXT = ("start", "status", "half", "refused")
WHOLE = ("width", "depth", "batch_size", "training_size", "epochs", DRAW, SEED, "walk", "point")
NUMBERS = ("test_error", "test_error_standard_error", "train_error", "train_loss")
# measures stand beside them, as many as the sweep takes
CONTRACT: dict[str, tuple[tuple[str, ...], str]] = {
    **{
        name: (("model",), "T" if name in TEXT else "i" if name in WHOLE else "f")
        for name in (*DEFAULTS, DRAW, SEED, "walk", "point", "half", "status", "refused")
    },
    **dict.fromkeys(NUMBERS, (("model",), "f")),
}


@contextmanager
def _known() -> Iterator[None]:
    KINDS[KIND] = CONTRACT
    try:
        yield
    finally:
        del KINDS[KIND]


def save_models(dataset: xr.Dataset, path: str | Path, provenance: Mapping[str, Any]) -> None:
    """Write an artifact of the kind `models`; raise SchemaError if it lacks what it must have."""
    with _known():
        save_artifact(dataset, path, KIND, provenance)


def open_models(path: str | Path) -> xr.Dataset:
    """Open an artifact of the kind `models`, with the errors of `artifacts.store.open_artifact`."""
    with _known():
        return open_artifact(path, KIND)
