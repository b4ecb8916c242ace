"""The examples that open artifacts, on made-up ones."""

import zipfile
from pathlib import Path

import numpy as np
import xarray as xr

from helpers.damages import flip_byte
from helpers.made_up_artifacts import dataset
from helpers.saved_results import saved, spectrum
from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.artifacts.strings import string_array
from hessian_study.commands import open as opened
from hessian_study.commands.main import main
from hessian_study.commands.open import EXAMPLES


def test_training_samples_are_counted_by_class_and_by_its_name() -> None:
    store = dataset()  # of three classes with two samples each; the last sample is a test sample
    assert opened.dataset(store).to_dict() == {0: 2, 1: 2, 2: 1}
    named = store.assign(class_name=("class", string_array(["cat", "dog", "owl"])))
    assert opened.dataset(named).to_dict() == {"cat": 2, "dog": 2, "owl": 1}


def test_there_is_an_example_of_opening_every_kind_of_artifact() -> None:
    assert set(EXAMPLES) == set(KINDS)


def test_many_models_are_shown_with_their_errors() -> None:
    names = ("test_error", "train_error", "g_theta_max", "width")
    store = xr.Dataset({name: ("model", np.arange(7.0)) for name in names})
    assert list(opened.models(store)) == ["test_error", "train_error", "g_theta_max"]
    assert len(opened.models(store)) == 5
    assert list(opened.models(store.drop_vars("g_theta_max"))) == ["test_error", "train_error"]


def test_a_piece_of_a_factor_is_shown_by_the_lengths_of_its_rows() -> None:
    rows = np.random.default_rng(0).normal(size=(7, 9))  # of 7 parameters
    store = xr.Dataset({"triangle": (("row", "dyad"), np.linalg.qr(rows).R)})
    np.testing.assert_allclose(opened.factor(store), np.linalg.norm(rows, axis=0)[:5])


def test_an_example_opens_the_first_artifact_of_its_kind(tmp_path, capsys) -> None:
    for name, eigenvalues in (("a/spectrum", [3.0, 1.0]), ("b/spectrum", [9.0])):
        saved(tmp_path / f"{name}.zarr.zip", spectrum(eigenvalues))
    (tmp_path / "a" / "measures.csv").write_text("measure,value\ntrace,4.5\n")
    assert main(["open", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert f"{tmp_path}/a/spectrum.zarr.zip\n" in text
    assert "eigenvectors('eigen', 'parameter') float64" in text
    assert "The five largest eigenvalues" in text
    largest = abs(spectrum([3.0, 1.0])["eigenvectors"]).max("parameter").values
    assert f"{largest[0]:.6f}" in text
    assert "9.0" not in text
    assert "trace    4.5" in text


def test_damaged_artifacts_are_named_and_the_others_shown(tmp_path, capsys) -> None:
    for name, harm in (("spectrum", cut), ("other", cut), ("flipped", flip_last_chunk)):
        saved(tmp_path / f"{name}.zarr.zip", spectrum([3.0, 1.0]))
        harm(tmp_path / f"{name}.zarr.zip")
    (tmp_path / "g_theta_curve.csv").write_bytes(b"")
    (tmp_path / "measures.csv").write_text("measure,value\ntrace,4.5\n")
    assert main(["open", str(tmp_path)]) == 1
    said = capsys.readouterr()
    for name in ("spectrum.zarr.zip", "other.zarr.zip", "g_theta_curve.csv"):
        assert f"{tmp_path}/{name}, found" in said.err
    assert f"damaged: {tmp_path}/flipped.zarr.zip" in said.err
    assert "trace    4.5" in said.out


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_last_chunk(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        chunk = next(m for m in archive.infolist() if m.filename.startswith("eigenvectors/c/"))
    flip_byte(path, chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2)


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys) -> None:
    assert main(["open", str(tmp_path / "results")]) == 1
    message = f"expected a folder of results, found none at {tmp_path}/results; name another"
    assert message in capsys.readouterr().err
