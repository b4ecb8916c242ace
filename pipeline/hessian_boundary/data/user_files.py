"""Files of the user's own, opened: tables, arrays and trained parameters. None of them runs code.

What is in them is judged where it is used: by the generators csv, npz and zarr, and by
hessian_boundary.networks.trained_elsewhere.
"""

import os
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
import xarray as xr
import zarr

from hessian_boundary.artifacts.archives import (
    check_claim,
    check_members,
    check_metadata,
    is_metadata,
)
from hessian_boundary.artifacts.store import check_archive
from hessian_boundary.wording.suggestion import suggestion

MARK = "="  # before a word, while a table is read: one may be called NA, None or 007


def read_table(path: Path, text: Sequence[str], **options: Any) -> pd.DataFrame:
    """Return a CSV file, with columns `text` as text; a line's number is its index + 2.

    `options` are `sep`, `decimal` and `encoding` of pandas.read_csv. Numbers are the nearest
    float64 of what is written.

    Raises ValueError for what is no table, and for columns of one name.
    """
    common: dict[str, Any] = {"skip_blank_lines": False, "index_col": False, "compression": None}
    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, **common, **options)
        names = ["" if pd.isna(name) else str(name) for name in first.iloc[0]]
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                converters={name: _marked for name in text if name in names},
                low_memory=False,
                **common,
                **options,
            )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"expected text in {options['encoding']} in {path.name}, found {error}; give its "
            "`encoding`, or unpack it where it is packed"
        ) from error
    except (ValueError, LookupError, pd.errors.ParserWarning) as error:
        raise ValueError(
            f"expected a table with names in the first line of {path.name}, found {error}; correct "
            "that, or give its `separator`"
        ) from error
    if repeated := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(
            f"expected columns with names of their own in line 1 of {path.name}, found "
            f"{repeated[0]!r} {names.count(repeated[0])} times; rename all but one"
        )
    for name in set(text) & set(names):
        table[name] = table[name].str.removeprefix(MARK).replace("", None)
    return table


def _marked(text: str) -> str:
    """Return a word that pandas takes for no number and for nothing that is missing."""
    return MARK + text


def read_arrays(path: Path, names: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Return arrays of a .npz file by name, or all of them.

    Raises ValueError for what is none, for a name that it has not, for arrays of objects, which
    would be unpickled, and for an archive that may not be unpacked, or is too large to be.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, _memory())
        with np.load(path, allow_pickle=False) as arrays:
            _check_names(names, arrays.files)
            return {name: arrays[name] for name in names or arrays.files}
    except Exception as error:  # a file from anywhere may ask the libraries for anything
        reason = str(error).partition("\n")[0]
        advice = "np.savez(file, x=x, y=y)"
        if "pickle" in reason.lower():
            reason, advice = "an array of objects", "it as numbers or as text, x.astype(float)"
        raise ValueError(
            f"expected arrays as np.savez writes them in {path.name}, found {reason}; save {advice}"
        ) from error


def read_store(path: Path, names: Sequence[str]) -> xr.Dataset:
    """Return arrays of a Zarr store (zip file or folder, format 2 or 3), with their coordinates.

    Where one has no names of its dimensions, they are numbered, and nothing else comes with them.

    Raises ValueError for what is no store, one without such arrays, and one that may not be read.
    """
    try:
        if path.is_dir():
            members = [file for file in path.rglob("*") if file.is_file()]
            for member in members:
                if is_metadata(member.name):
                    check_metadata(member.name, _content(member))
            size = sum(map(os.path.getsize, members))
            store: Any = zarr.storage.LocalStore(path)
        else:
            check_archive(path, repeated=True)
            size, store = os.path.getsize(path), zarr.storage.ZipStore(path, mode="r")
        group = zarr.open_group(store, mode="r")
        arrays = dict(group.arrays())
        _check_names(names, arrays)
        check_claim(sum(array.nbytes for array in arrays.values()), size)
        if not all(_has_dimensions(arrays[name]) for name in names):
            return _numbered({name: arrays[name] for name in names})
        return xr.open_zarr(store, chunks=None, consolidated=False)[list(names)].load()
    except Exception as error:  # a file from anywhere may ask the libraries for anything
        raise ValueError(
            f"expected a Zarr store of arrays {' and '.join(names)} in {path.name}, found "
            f"{type(error).__name__}: {error}; write it with xarray: dataset.to_zarr(folder)"
        ) from error


def read_parameters(path: Path) -> Mapping[str, Any]:
    """Return what torch.save or safetensors wrote, on the CPU: tensors by name, perhaps deeper.

    Raises ValueError for a file that needs code to be run, and for what is no such file.
    """
    save = "save the parameters alone: torch.save(network.state_dict(), 'model.pt')"
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path, device="cpu")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                check_members(archive)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        reason = str(error).partition("Unsupported ")[2].partition("\n")[0] or "other content"
        raise ValueError(
            f"expected numbers only in {path.name}, found what would have to run code to be read "
            f"({reason:.100}); {save}"
        ) from error
    except Exception as error:  # a file from anywhere may ask the libraries for anything
        raise ValueError(
            f"expected parameters as torch.save or safetensors write them in {path.name}, found "
            f"{type(error).__name__}: {error!s:.200}; {save}"
        ) from error
    if not isinstance(found, Mapping):
        raise ValueError(
            f"expected tensors by name in {path.name}, found {type(found).__name__}; {save}"
        )
    return found


def _content(file: Path) -> bytes:
    with open(file, "rb") as opened:
        return opened.read()


def _memory() -> int:
    """Return the bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _check_names(wanted: Sequence[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in wanted:
        if name not in known:
            raise ValueError(f"no array {name!r}; {suggestion(name, known)}")


def _has_dimensions(array: zarr.Array) -> bool:
    names = getattr(array.metadata, "dimension_names", None)
    return names is not None or "_ARRAY_DIMENSIONS" in array.attrs


def _numbered(arrays: Mapping[str, zarr.Array]) -> xr.Dataset:
    return xr.Dataset(
        {
            name: ([f"{name}_{axis}" for axis in range(array.ndim)], array[...])
            for name, array in arrays.items()
        }
    )
