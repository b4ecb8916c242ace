"""The contract of every kind of artifact: what does not keep it is refused by name."""

import numpy as np
import pytest

from helpers.example_artifacts import EXAMPLES, PROVENANCE, spectrum
from helpers.made_up_artifacts import EVERY_KIND
from hessian_boundary.artifacts.schema import SchemaError, check
from hessian_boundary.artifacts.store import open_artifact, save_artifact


def test_missing_variable_is_refused_by_name(tmp_path):
    broken = spectrum().drop_vars("residuals")
    with pytest.raises(SchemaError, match=r"variable residuals.*spectrum artifact, found only \["):
        save_artifact(broken, tmp_path / "a.zarr.zip", "spectrum", PROVENANCE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "broken",
    [
        spectrum().rename(parameter="weight"),
        spectrum().transpose("parameter", "eigen"),
        spectrum().assign(eigenvectors=spectrum()["eigenvalues"]),
        spectrum().assign(eigenvectors=spectrum()["eigenvectors"].expand_dims("z", axis=-1)),
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
        save_artifact(spectrum(), tmp_path / "a.zarr.zip", "spectra", PROVENANCE)


def test_artifact_of_another_kind_is_refused_when_opened(tmp_path):
    path = tmp_path / "a.zarr.zip"
    save_artifact(EVERY_KIND["model"](), path, "model", PROVENANCE)
    with pytest.raises(SchemaError, match=r"expected the variable eigenvalues"):
        open_artifact(path, "spectrum")
