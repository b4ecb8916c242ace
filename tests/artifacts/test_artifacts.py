"""Artifacts: what is written is read back, byte for byte repeatable, and damage is noticed."""

import json
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from helpers.example_artifacts import EXAMPLES, PROVENANCE, spectrum
from hessian_boundary.artifacts.store import (
    ArtifactError,
    open_artifact,
    save_artifact,
    verify_bytes,
)
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum
from hessian_study.provenance.file_digests import file_digest


@pytest.mark.parametrize("kind", EXAMPLES)
def test_artifacts_come_back_exactly_and_without_a_warning(tmp_path, kind):
    path = tmp_path / "deep" / "folder" / "a.zarr.zip"
    dataset = EXAMPLES[kind]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_artifact(dataset, path, kind, PROVENANCE)
        found = open_artifact(path, kind).load()
    xr.testing.assert_equal(found, dataset)
    assert {name: v.dtype for name, v in found.variables.items()} == {
        name: v.dtype for name, v in dataset.variables.items()
    }
    assert found.attrs["artifact"] == kind
    assert json.loads(found.attrs["provenance"]) == PROVENANCE
    kept = {name: found.attrs[name] for name in dataset.attrs}
    assert str(kept) == str(dataset.attrs)  # as text, since NaN differs from itself
    for name, variable in dataset.variables.items():
        assert found[name].attrs == variable.attrs
    assert verify_bytes(path) is None
    assert [file.name for file in path.parent.iterdir()] == ["a.zarr.zip"]


def test_plain_xarray_opens_an_artifact_as_documented(tmp_path):
    save_artifact(spectrum(), tmp_path / "a.zarr.zip", "spectrum", PROVENANCE)
    with zipfile.ZipFile(tmp_path / "a.zarr.zip") as archive:
        archive.extractall(tmp_path / "a.zarr")
        root = json.loads(archive.read("zarr.json"))
    assert root["zarr_format"] == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = xr.open_zarr(tmp_path / "a.zarr", consolidated=False, chunks=None).load()
    xr.testing.assert_equal(found, spectrum())


def test_spectrum_without_pairs_comes_back(tmp_path):
    path = tmp_path / "a.zarr.zip"
    empty = empty_spectrum(17, 1e-12)
    save_artifact(empty, path, "spectrum", PROVENANCE)
    found = open_artifact(path, "spectrum").load()
    assert found["eigenvectors"].shape == (0, 17)
    xr.testing.assert_equal(found, empty)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_same_content_gives_the_same_bytes_and_other_provenance_others(tmp_path, kind):
    first, second = tmp_path / "first.zarr.zip", tmp_path / "second.zarr.zip"
    save_artifact(EXAMPLES[kind](), first, kind, PROVENANCE)
    os.utime(first, (0, 0))
    save_artifact(EXAMPLES[kind](), second, kind, dict(reversed(PROVENANCE.items())))
    assert first.read_bytes() == second.read_bytes()
    assert file_digest(first) == file_digest(second)
    with zipfile.ZipFile(first) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    other = {**PROVENANCE, "spec": {"step": "other"}}
    save_artifact(EXAMPLES[kind](), second, kind, other)
    assert file_digest(first) != file_digest(second)


def test_top_eigenvectors_are_read_without_the_rest(tmp_path):
    path = tmp_path / "a.zarr.zip"
    save_artifact(spectrum(), path, "spectrum", PROVENANCE)
    with zipfile.ZipFile(path) as archive:
        chunks = [name for name in archive.namelist() if name.startswith("eigenvectors/c/")]
    assert chunks == ["eigenvectors/c/0/0", "eigenvectors/c/1/0", "eigenvectors/c/2/0"]
    _flip_byte(path, "eigenvectors/c/2/0")  # the last chunk is damaged, and not looked at
    top = open_artifact(path)["eigenvectors"].isel(eigen=slice(7)).values
    np.testing.assert_array_equal(top, spectrum()["eigenvectors"].values[:7])


# damage


def _flip_byte(path: Path, member: str) -> None:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    data = bytearray(path.read_bytes())
    # a local header is 30 bytes and the name (and no extra field, which we check)
    assert data[info.header_offset + 28 : info.header_offset + 30] == b"\0\0"
    data[info.header_offset + 30 + len(member) + info.compress_size // 2] ^= 1
    path.write_bytes(data)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"expected an artifact at .*none\.zarr\.zip, found no"):
        open_artifact(tmp_path / "none.zarr.zip")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_truncated_file_is_refused_and_named(tmp_path, kept):
    path = tmp_path / "a.zarr.zip"
    save_artifact(spectrum(), path, "spectrum", PROVENANCE)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ArtifactError, match=r"a\.zarr\.zip, found a damaged or unfinished file"):
        open_artifact(path, "spectrum")
    assert verify_bytes(path) is not None


def test_file_that_is_no_store_is_refused_and_named(tmp_path):
    path = tmp_path / "a.zarr.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no store")
    with pytest.raises(ArtifactError, match=r"expected a Zarr store at .*a\.zarr\.zip"):
        open_artifact(path)


def test_damaged_metadata_is_refused_and_named(tmp_path):
    path = tmp_path / "a.zarr.zip"
    save_artifact(spectrum(), path, "spectrum", PROVENANCE)
    _flip_byte(path, "zarr.json")
    with pytest.raises(ArtifactError, match=r"a\.zarr\.zip, found a damaged"):
        open_artifact(path, "spectrum")


@pytest.mark.parametrize("member", ["eigenvectors/c/1/0", "eigenvalues/c/0"])
def test_flipped_bit_is_detected_and_never_read_as_good(tmp_path, member):
    path = tmp_path / "a.zarr.zip"
    save_artifact(spectrum(), path, "spectrum", PROVENANCE)
    assert verify_bytes(path) is None
    _flip_byte(path, member)
    assert verify_bytes(path) == f"checksum of {member} does not match"
    with pytest.raises((zipfile.BadZipFile, ArtifactError), match=r"CRC|damaged"):
        open_artifact(path).load()
