"""Damage to the files of one training, each of which returns the artifact that it damaged."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xarray as xr
import zarr

from helpers.one_training import MEASURES, MODEL


def flip_byte(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))


def damage_truncated(folder: Path) -> str:
    path = folder / MODEL
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return MODEL


def damage_chunk(folder: Path) -> str:
    path = folder / MODEL
    with zipfile.ZipFile(path) as archive:
        chunk = archive.getinfo("parameters/c/0")
    flip_byte(path, chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2)
    return MODEL


def damage_header(folder: Path) -> str:
    path = folder / MODEL
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    flip_byte(path, start + 8)  # the flag "encrypted"
    return MODEL


def damage_table(folder: Path) -> str:
    flip_byte(folder / MEASURES, 40)
    return MEASURES


def halve(path: Path, variable: str) -> None:
    """Rewrite a store as a user might: one variable halved, all else as it was."""
    store = zarr.storage.ZipStore(path, mode="r")
    with xr.open_zarr(store, consolidated=False, chunks=None, zarr_format=3) as dataset:
        changed = dataset.load().assign({variable: dataset[variable] / 2})
        changed[variable].attrs = dataset[variable].attrs
    folder = path.with_suffix(".folder")
    changed.to_zarr(folder, zarr_format=3, consolidated=False)
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(filter(Path.is_file, folder.rglob("*"))):
            archive.write(file, file.relative_to(folder))
    shutil.rmtree(folder)


@contextmanager
def in_silence(path: Path) -> Iterator[None]:
    """Let a file be changed as a failing disk does, without a new modification time."""
    times = path.stat()
    yield
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def inflate(path: Path) -> None:
    """Write a store whose metadata have a billion bytes when they are unpacked."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zarr.json", "w") as member,
    ):
        for _ in range(1000):
            member.write(b" " * 1_000_000)


DAMAGES = (damage_truncated, damage_chunk, damage_header, damage_table)
