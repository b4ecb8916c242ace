"""Open whatever the workflow made, by anyone's hand: arrays, tables, and what made them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from hessian_boundary.artifacts.store import ArtifactError, open_artifact, open_table
from hessian_study.provenance.records import LARGEST, ZARR, find_record


def open_any(path: Path) -> xr.Dataset:
    """Open an array or a table; the dataset of any other file has attributes only.

    Raises ArtifactError when the file is missing, cut short or damaged.
    """
    if path.name.endswith(ZARR) or not path.is_file():
        return open_artifact(path)
    try:
        table = open_table(path) if path.suffix == ".csv" else pd.DataFrame()
    except ValueError as error:
        raise ArtifactError(
            f"expected a table at {path}, found a damaged file ({error}); delete it and run its "
            "rule again"
        ) from error
    attributes = {"artifact": f"{path.suffix.removeprefix('.')} file"}
    columns = {str(name): ("row", column.to_numpy()) for name, column in table.items()}
    return xr.Dataset(columns, attrs=attributes)


def provenance(path: Path, dataset: xr.Dataset) -> dict[str, Any]:
    """Return what made an artifact: its record, else what it says itself, else {}.

    Raises ArtifactError where that is damaged.
    """
    file = find_record(path)
    try:
        if file is None:
            found = json.loads(dataset.attrs.get("provenance", "{}"))
        elif file.stat().st_size > LARGEST:
            raise ValueError(f"more than {LARGEST:,} bytes")
        else:
            found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, TypeError, ValueError, RecursionError) as error:
        place = file or f"the attributes of {path}"
        raise ArtifactError(f"expected what made {path} in {place}, found {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("spec", {}), dict):
        raise ArtifactError(f"expected what made {path} in its record, found {str(found)[:60]}")
    return found
