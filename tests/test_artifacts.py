"""Files: what is written is read back, byte for byte repeatable, whole or not at all."""

import json
import math
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_up_artifacts import EVERY_KIND
from matplotlib.figure import Figure

from pipeline import artifacts
from pipeline.artifacts import (
    ArtifactError,
    atomic,
    file_digest,
    open_artifact,
    open_table,
    save_artifact,
    save_figure,
    save_table,
    save_text,
    verify_bytes,
)
from pipeline.curvature.spectrum_dataset import empty_spectrum
from pipeline.dataset import build_dataset
from pipeline.schema import SchemaError, check

PROVENANCE = {"spec": {"step": "test", "seed": 0}, "versions": {"torch": "x"}}


def _spectrum(count=150, size=40) -> xr.Dataset:
    state = np.random.RandomState(0)
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.linspace(1, 0, count), {"long_name": "eigenvalue"}),
            "eigenvectors": (("eigen", "parameter"), state.standard_normal((count, size))),
            "residuals": ("eigen", np.full(count, 1e-16)),
        },
        coords={"eigen": np.arange(count)},
        attrs={"method": "range", "trace_by_samples": math.nan, "complete": True},
    )


def _samples() -> xr.Dataset:
    state = np.random.RandomState(1)
    values = state.standard_normal((4, 6))
    values[:, 2] = math.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), values),
            "scalar_product": (("eigen", "sample"), values),
            "random_alignment": (("direction", "sample"), values[:2]),
            "gradient_norm": ("sample", np.array([1e-250, 1.0, 0.0, 2.0, 3.0, 4.0])),
            "resolved_share": ("sample", values[0] ** 2),
            "label": ("sample", np.arange(6)),
            "prediction": ("sample", np.arange(6)),
        }
    )


def _dataset() -> xr.Dataset:
    x = np.random.RandomState(0).standard_normal((20, 2)).astype(np.float32)
    return build_dataset(x, np.arange(20) % 2, train_fraction=0.5, features=["width", "größe"])


# three chunks of eigenvectors, NaN and tiny numbers, and letters beyond ASCII
EXAMPLES = {
    **EVERY_KIND, "spectrum": _spectrum, "alignment_samples": _samples, "dataset": _dataset
}  # fmt: skip


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
    save_artifact(_spectrum(), tmp_path / "a.zarr.zip", "spectrum", PROVENANCE)
    with zipfile.ZipFile(tmp_path / "a.zarr.zip") as archive:
        archive.extractall(tmp_path / "a.zarr")
        root = json.loads(archive.read("zarr.json"))
    assert root["zarr_format"] == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = xr.open_zarr(tmp_path / "a.zarr", consolidated=False, chunks=None).load()
    xr.testing.assert_equal(found, _spectrum())


def test_spectrum_without_pairs_comes_back(tmp_path):
    path = tmp_path / "a.zarr.zip"
    empty = empty_spectrum(17, {"rank_tolerance": 1e-12})
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
    save_artifact(_spectrum(), path, "spectrum", PROVENANCE)
    with zipfile.ZipFile(path) as archive:
        chunks = [name for name in archive.namelist() if name.startswith("eigenvectors/c/")]
    assert chunks == ["eigenvectors/c/0/0", "eigenvectors/c/1/0", "eigenvectors/c/2/0"]
    _flip_byte(path, "eigenvectors/c/2/0")  # the last chunk is damaged, and not looked at
    top = open_artifact(path)["eigenvectors"].isel(eigen=slice(7)).values
    np.testing.assert_array_equal(top, _spectrum()["eigenvectors"].values[:7])


# contracts


def test_missing_variable_is_refused_by_name(tmp_path):
    broken = _spectrum().drop_vars("residuals")
    with pytest.raises(SchemaError, match=r"variable residuals.*spectrum artifact, found only \["):
        save_artifact(broken, tmp_path / "a.zarr.zip", "spectrum", PROVENANCE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "broken",
    [
        _spectrum().rename(parameter="weight"),
        _spectrum().transpose("parameter", "eigen"),
        _spectrum().assign(eigenvectors=_spectrum()["eigenvalues"]),
        _spectrum().assign(eigenvectors=_spectrum()["eigenvectors"].expand_dims("z", axis=-1)),
    ],
    ids=["renamed", "transposed", "too few", "too many"],
)
def test_wrong_dimensions_are_refused_by_name(broken):
    message = r"spectrum\.eigenvectors with dimensions \('eigen', 'parameter'\), found \('"
    with pytest.raises(SchemaError, match=message):
        check(broken, "spectrum")


def test_open_ended_dimensions_need_their_fixed_beginning():
    check(EVERY_KIND["alignment_grid"]().isel(y=0), "alignment_grid")  # data of one feature
    with pytest.raises(SchemaError, match=r"alignment_grid\.alignment with dimensions .* found"):
        check(EVERY_KIND["alignment_grid"]().transpose("y", "x", "eigen", ...), "alignment_grid")


@pytest.mark.parametrize(
    ("kind", "variable", "dtype"),
    [("spectrum", "eigenvalues", int), ("dataset", "y", np.float32), ("model", "loss", bool)],
)
def test_wrong_dtype_is_refused_by_name(kind, variable, dtype):
    dataset = EXAMPLES[kind]()
    dataset[variable] = dataset[variable].astype(dtype)
    message = rf"{kind}\.{variable} of dtype kind '.', found {np.dtype(dtype)}"
    with pytest.raises(SchemaError, match=message):
        check(dataset, kind)


def test_unknown_kind_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(SchemaError, match=r"among \['dataset', .* found 'spectra'"):
        save_artifact(_spectrum(), tmp_path / "a.zarr.zip", "spectra", PROVENANCE)


def test_artifact_of_another_kind_is_refused_when_opened(tmp_path):
    path = tmp_path / "a.zarr.zip"
    save_artifact(EVERY_KIND["model"](), path, "model", PROVENANCE)
    with pytest.raises(SchemaError, match=r"expected the variable eigenvalues"):
        open_artifact(path, "spectrum")


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
    save_artifact(_spectrum(), path, "spectrum", PROVENANCE)
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
    save_artifact(_spectrum(), path, "spectrum", PROVENANCE)
    _flip_byte(path, "zarr.json")
    with pytest.raises(ArtifactError, match=r"a\.zarr\.zip, found a damaged"):
        open_artifact(path, "spectrum")


@pytest.mark.parametrize("member", ["eigenvectors/c/1/0", "eigenvalues/c/0"])
def test_flipped_bit_is_detected_and_never_read_as_good(tmp_path, member):
    path = tmp_path / "a.zarr.zip"
    save_artifact(_spectrum(), path, "spectrum", PROVENANCE)
    assert verify_bytes(path) is None
    _flip_byte(path, member)
    assert verify_bytes(path) == f"checksum of {member} does not match"
    with pytest.raises((zipfile.BadZipFile, ArtifactError), match=r"CRC|damaged"):
        open_artifact(path).load()


# atomic writes


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "a.zarr.zip"
    save_artifact(_spectrum(), path, "spectrum", PROVENANCE)
    before = path.read_bytes()
    genuine = zipfile.ZipFile.writestr
    written = []

    def failing(self, *arguments):
        if len(written) == 2:
            raise error
        written.append(arguments)
        genuine(self, *arguments)

    monkeypatch.setattr(artifacts.zipfile.ZipFile, "writestr", failing)
    with pytest.raises(type(error)):
        save_artifact(_spectrum(count=3), path, "spectrum", PROVENANCE)
    assert len(written) == 2
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_failed_first_write_leaves_no_file(tmp_path):
    def stop_halfway():
        with atomic(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            assert list(tmp_path.iterdir()) == [temporary]
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop_halfway()
    assert list(tmp_path.iterdir()) == []


def test_killed_process_leaves_no_target(tmp_path):
    script = (
        "import os, sys\n"
        "from pipeline.artifacts import atomic\n"
        "with atomic(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parent.parent
    target = tmp_path / "a.zarr.zip"
    done = subprocess.run([sys.executable, "-c", script, str(target)], cwd=root, check=False)
    assert done.returncode == -9
    assert not target.exists()


def test_text_replaces_the_old_file(tmp_path):
    save_text("old", tmp_path / "new" / "a.txt")
    save_text("größer ≥ alt\n", tmp_path / "new" / "a.txt")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "größer ≥ alt\n".encode()


# tables and figures


def test_tables_read_back_exactly(tmp_path):
    values = [1 / 3, 0.1 + 0.2, 1e-300, 5e-324, -0.0, math.nan, 123456789.123456789]
    state = np.random.RandomState(0)
    values += (state.standard_normal(2000) * 10.0 ** state.randint(-300, 300, 2000)).tolist()
    table = pd.DataFrame(
        {"measure": [f"m{i}" for i in range(len(values))], "seed": 3, "value": values}
    )
    save_table(table, tmp_path / "a.csv")
    pd.testing.assert_frame_equal(open_table(tmp_path / "a.csv"), table, check_exact=True)
    first = file_digest(tmp_path / "a.csv")
    save_table(open_table(tmp_path / "a.csv"), tmp_path / "a.csv")
    assert file_digest(tmp_path / "a.csv") == first


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_figures_are_written_without_a_date(tmp_path, monkeypatch, kind):
    digests = set()
    for epoch in ("0", "1000000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        figure = Figure()
        figure.subplots().plot([0, 1, 3], label="θ")
        path = tmp_path / f"{epoch}.{kind}"
        save_figure(figure, {kind: path})
        digests.add(file_digest(path))
    assert len(digests) == 1
    magic = {"pdf": b"%PDF-", "png": b"\x89PNG"}[kind]
    assert path.read_bytes().startswith(magic)


def test_file_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "a") == expected
