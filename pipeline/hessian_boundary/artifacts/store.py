"""The one place for artifacts on disk: arrays, tables, figures and text, in and out.

An array artifact is a single `.zarr.zip` file, a Zarr format 3 store. Identical work gives
identical bytes, a write appears whole or not at all, and the file says what made it in its
attribute `provenance`.

    from hessian_boundary.artifacts.store import open_artifact
    spectrum = open_artifact("results/quick/gaussian/normal/seed0/spectrum.zarr.zip")
"""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
import zarr

from hessian_boundary.artifacts.archives import (
    check_claim,
    check_members,
    check_metadata,
    is_metadata,
)
from hessian_boundary.artifacts.schema import check

# Chunks hold whole eigenvectors, so the top k are read without the rest.
ROWS_PER_CHUNK = 64


class ArtifactError(ValueError):
    """An artifact is missing, cut short or damaged."""


def save_artifact(
    dataset: xr.Dataset, path: str | Path, kind: str, provenance: Mapping[str, Any]
) -> None:
    """Write a dataset of a known kind; raise SchemaError if it does not fulfil the contract."""
    check(dataset, kind)
    attributes = {
        **dataset.attrs,
        "artifact": kind,
        "provenance": json.dumps(provenance, sort_keys=True),
    }
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        store = _SinglePassZip(archive)
        dataset.assign_attrs(attributes).to_zarr(
            store, mode="w", zarr_format=3, consolidated=False, encoding=_encoding(dataset)
        )
        store.finish()


def open_artifact(path: str | Path, kind: str | None = None) -> xr.Dataset:
    """Open an artifact lazily: values are read from the file when they are used.

    Raises ArtifactError when the file is missing, cut short, no Zarr store, or asks for more memory
    than such files do, and SchemaError when `kind` is given and the content does not fulfil its
    contract.
    """
    if not Path(path).is_file():
        raise ArtifactError(f"expected an artifact at {path}, found no file; run its rule first")
    try:
        check_archive(path)
        store = zarr.storage.ZipStore(path, mode="r")
        dataset = xr.open_zarr(store, chunks=None, consolidated=False, zarr_format=3)
        check_claim(dataset.nbytes, os.path.getsize(path))
    except Exception as error:  # a file from anywhere may ask the libraries for anything
        raise ArtifactError(
            f"expected a Zarr store at {path}, found a damaged or unfinished file ({error}); "
            "delete it and run its rule again"
        ) from error
    if kind is not None:
        check(dataset, kind)
    return dataset


def check_archive(path: str | Path, repeated: bool = False) -> None:
    """Raise ArchiveError for a zip file of a store that may not be read (`archives`)."""
    with zipfile.ZipFile(path) as archive:
        check_members(archive, repeated=repeated)
        for name in filter(is_metadata, archive.namelist()):
            check_metadata(name, archive.read(name))


def verify_bytes(path: str | Path) -> str | None:
    """Return None when every member of the file matches its checksum, else what is wrong."""
    try:
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except Exception as error:  # a damaged header may ask zipfile for anything
        return f"{type(error).__name__}: {error}"
    return f"checksum of {damaged} does not match" if damaged else None


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and move it there when the block ends without error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_text(text: str, path: str | Path) -> None:
    """Write a text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def save_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV with the shortest digits that read back exactly."""
    save_text(table.to_csv(index=False), path)


def open_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV table with the exact values that were written."""
    return pd.read_csv(path)


def save_figure(figure: Any, paths: Mapping[str, str | Path]) -> None:
    """Write a matplotlib figure to {"pdf": path, "png": path} without a date inside."""
    undated = {"pdf": {"CreationDate": None}, "png": {"Software": None}}
    for kind, path in paths.items():
        with atomic(path) as temporary:
            figure.savefig(temporary, format=kind, metadata=undated[kind])


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.ndim and variable.size:
            rows = ROWS_PER_CHUNK if variable.ndim > 1 else variable.shape[0]
            chunks = (min(rows, variable.shape[0]), *variable.shape[1:])
            encoding[str(name)] = {"chunks": chunks}
            if variable.dtype.kind == "f" and variable.ndim > 1:
                encoding[str(name)]["compressors"] = None  # such numbers do not compress
    return encoding


class _SinglePassZip(zarr.storage.MemoryStore):
    """Collects a store and writes its members sorted and undated, so that bytes are repeatable."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__()
        self._archive = archive

    def finish(self) -> None:
        for name in sorted(self._store_dict):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            self._archive.writestr(member, self._store_dict.pop(name).to_bytes())
