"""Crafted archives are refused before any of them is unpacked."""

import json
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
import zarr

from helpers.example_artifacts import PROVENANCE, spectrum
from hessian_boundary.artifacts.archives import ArchiveError, check_members, check_metadata
from hessian_boundary.artifacts.store import (
    ArtifactError,
    open_artifact,
    save_artifact,
    verify_bytes,
)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    save_artifact(spectrum(), tmp_path / "a.zarr.zip", "spectrum", PROVENANCE)
    return tmp_path / "a.zarr.zip"


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


CRAFTED = {
    "above": ("../evil", b"", "'../evil' leads out of the archive"),
    "absolute": ("/etc/evil", b"", "'/etc/evil' leads out"),
    "deep": ("eigenvalues/../../evil", b"", "leads out"),
    "Windows": ("..\\evil", b"", "leads out"),
    "twice": ("zarr.json", b"{}", "'zarr.json' stands in it twice"),
    "link": (link("eigenvalues/c/7"), b"/etc/passwd", "'eigenvalues/c/7' is a link or encrypted"),
    "bomb": ("eigenvalues/c/7", bytes(17_000_000), "is 17,000,000 bytes when it is unpacked, more"),
    "pickle": ("other/.zarray", b'{"filters": [{"id": "pickle"}]}', "values are unpickled, which"),
    "no JSON": ("other/zarr.json", b"{", "other/zarr.json is no JSON"),
}


@pytest.mark.parametrize(("name", "content", "message"), CRAFTED.values(), ids=CRAFTED)
def test_strange_members_are_refused(artifact: Path, name, content, message) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(artifact, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of a name that stands twice
        packing = zipfile.ZIP_DEFLATED if len(content) > 1000 else zipfile.ZIP_STORED
        archive.writestr(name, content, packing)
    with pytest.raises(ArtifactError, match=message):
        open_artifact(artifact)
    assert "ArchiveError" in (verify_bytes(artifact) or "")


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", bytes(10_000))
        for name in ("b", "c"):
            member = zipfile.ZipInfo(name)
            member.file_size = member.compress_size = 10_000
            member.header_offset = member.CRC = 0
            archive.filelist.append(member)
            archive.NameToInfo[name] = member
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        with pytest.raises(ArchiveError, match="its members have 30,000 bytes together, and it"):
            check_members(archive)
        archive.filelist[0].file_size = 10**12
        with pytest.raises(ArchiveError, match="'a' is stored as it is, and has two sizes"):
            check_members(archive)


def test_an_artifact_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    meta = zarr.create_array(
        zarr.storage.MemoryStore(), shape=(10**9,), chunks=(10**9,), dtype="f8",
        dimension_names=["n"],
    ).metadata.to_dict()  # fmt: skip
    group = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    with zipfile.ZipFile(tmp_path / "a.zarr.zip", "w") as archive:
        archive.writestr("zarr.json", json.dumps(group))
        archive.writestr("x/zarr.json", json.dumps(meta, default=str))
    with pytest.raises(ArtifactError, match="its arrays have 8,000,000,000 bytes, more than 1000"):
        open_artifact(tmp_path / "a.zarr.zip")


def test_an_attribute_may_be_called_anything() -> None:
    check_metadata("zarr.json", b'{"attributes": {"name": "pickles"}}')
    with pytest.raises(ArchiveError, match="values are unpickled"):
        check_metadata("zarr.json", b'{"codecs": [{"name": "numcodecs.pickle"}]}')
