"""Small results as the workflow saves them, and what `inspect` prints of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.artifacts.store import save_artifact
from hessian_study.commands.main import main


def spectrum(eigenvalues: list[float], seed: int = 0) -> xr.Dataset:
    vectors = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.array(eigenvalues)),
            "eigenvectors": (("eigen", "parameter"), vectors[: len(eigenvalues)]),
            "residuals": ("eigen", np.full(len(eigenvalues), 1e-16)),
        },
        attrs={"method": "dense"},
    )


def saved(path: Path, dataset: xr.Dataset, tolerance: float = 1e-12) -> str:
    settings = {"curvature": {"rank_tolerance": tolerance}}
    spec = {"step": "diagonalise", "code": "abc", "settings": settings}
    save_artifact(dataset, path, "spectrum", {"spec": spec})
    return str(path)


def saved_table(folder: Path, text: str) -> Path:
    """A table in a results folder, with its provenance where the workflow puts it."""
    table, record = folder / "tables" / "table1.csv", folder / "provenance" / "tables"
    for parent in (table.parent, record):
        parent.mkdir(parents=True)
    table.write_text(text)
    spec = {"step": "table", "code": "def", "settings": {"table": "table1"}}
    (record / "table1.csv.json").write_text(json.dumps({"spec": spec, "sha256": "0"}))
    return table


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inspect", *arguments]) == 0
    return capsys.readouterr().out
