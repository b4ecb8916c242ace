"""Is a zip archive, or a store in it, one that may be read? Asked before any of it is unpacked."""

import json
import stat
import zipfile
from pathlib import PurePosixPath
from typing import Any

# Metadata has a few kB; members that are stored as they are may have any size.
LARGEST_UNPACKED = 16_000_000  # bytes
# Numbers that were measured compress to half at best, labels and names to a hundredth.
LARGEST_RATIO = 1000
# what lies at the top of a Zarr store, of format 3 or 2
TOP_OF_STORE = ("zarr.json", ".zgroup", ".zmetadata")


class ArchiveError(ValueError):
    """An archive would fill the memory or the disk, lead out of its folder, or run code."""


def check_members(
    archive: zipfile.ZipFile, largest: int = LARGEST_UNPACKED, repeated: bool = False
) -> None:
    """Refuse an archive with strange members; nothing is unpacked.

    Raises ArchiveError for names that lead out of the archive or stand twice (unless `repeated`:
    zarr writes metadata again, and everybody reads the last), links and encrypted members, members
    that share their bytes, and packed ones of more than `largest` bytes when they are unpacked;
    metadata of a store has 16 MB in any case.
    """
    names, packed = set(), 0
    for member in archive.infolist():
        name, stored = member.filename, member.compress_type == zipfile.ZIP_STORED
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise ArchiveError(f"member {name!r} leads out of the archive")
        if name in names and not repeated:
            raise ArchiveError(f"member {name!r} stands in it twice")
        if stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
            raise ArchiveError(f"member {name!r} is a link or encrypted")
        limit = LARGEST_UNPACKED if is_metadata(name) else largest
        if member.file_size > limit and (is_metadata(name) or not stored):
            raise ArchiveError(
                f"{name} is {member.file_size:,} bytes when it is unpacked, more than {limit:,}"
            )
        if stored and member.file_size != member.compress_size:
            raise ArchiveError(f"member {name!r} is stored as it is, and has two sizes")
        names.add(name)
        packed += member.compress_size
    if packed > (size := archive_size(archive)):
        raise ArchiveError(f"its members have {packed:,} bytes together, and it has {size:,}")


def archive_size(archive: zipfile.ZipFile) -> int:
    """Return the bytes of an archive's file."""
    assert archive.fp is not None
    here = archive.fp.tell()
    size = archive.fp.seek(0, 2)
    archive.fp.seek(here)
    return size


def is_metadata(name: str) -> bool:
    """Tell whether a member of a Zarr store is metadata, of format 2 or 3."""
    return PurePosixPath(name).name in (*TOP_OF_STORE, ".zarray", ".zattrs")


def check_metadata(name: str, text: bytes) -> None:
    """Raise ArchiveError for metadata of a Zarr store that has values unpickled: it runs code."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{name} is no JSON ({error})") from error
    if _names_pickle(content):
        raise ArchiveError(f"{name} says that values are unpickled, which may run any code")


def _names_pickle(content: Any) -> bool:
    if isinstance(content, dict):
        codecs = [content.get("id"), content.get("name")]
        named = any("pickle" in codec for codec in codecs if isinstance(codec, str))
        # an array may be called so; only what says how values are decoded counts
        return named or any(
            _names_pickle(value) for key, value in content.items() if key != "attributes"
        )
    return isinstance(content, list) and any(map(_names_pickle, content))


def check_claim(claimed: int, size: int) -> None:
    """Refuse a store of `size` bytes whose arrays are said to have many times as many.

    Chunks that are left out, and few bytes that unpack to many, would fill the memory.
    """
    if claimed > LARGEST_UNPACKED + LARGEST_RATIO * size:
        raise ArchiveError(
            f"its arrays have {claimed:,} bytes, more than {LARGEST_RATIO} times the "
            f"{size:,} of the file"
        )
