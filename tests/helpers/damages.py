"""Damage to the files of one training, each of which returns the artifact that it damaged."""

import zipfile
from pathlib import Path

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


DAMAGES = (damage_truncated, damage_chunk, damage_header, damage_table)
