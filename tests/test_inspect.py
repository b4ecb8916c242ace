"""Looking into artifacts: what is printed is compared with arrays made in the test."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pipeline.artifacts import save_artifact
from workflow import inspect


def spectrum(eigenvalues: list[float], seed: int = 0) -> xr.Dataset:
    vectors = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.array(eigenvalues)),
            "eigenvectors": (("eigen", "parameter"), vectors[: len(eigenvalues)]),
            "residuals": ("eigen", np.full(len(eigenvalues), 1e-16)),
        },
        attrs={"method": "dense"},
    )


def saved(path: Path, dataset: xr.Dataset, tolerance: float = 1e-12) -> str:
    settings = {"curvature": {"rank_tolerance": tolerance}}
    spec = {"step": "diagonalise", "code": "abc", "settings": settings}
    save_artifact(dataset, path, "spectrum", {"spec": spec})
    return str(path)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    inspect.main(list(arguments))
    return capsys.readouterr().out


def test_list_names_kind_size_dimensions_and_damage(tmp_path, capsys) -> None:
    saved(tmp_path / "a" / "good.zarr.zip", spectrum([3.0, 1.0]))
    (tmp_path / "bad.zarr.zip").write_bytes(b"PK")
    lines = output(capsys, "list", str(tmp_path)).splitlines()
    assert len(lines) == 2
    good = next(line for line in lines if "good.zarr.zip" in line)
    assert "diagonalise (code abc)" in good
    assert "eigen 2, parameter 6" in good
    assert "damaged" in next(line for line in lines if "bad.zarr.zip" in line)


def test_show_gives_statistics_and_leading_pairs(tmp_path, capsys) -> None:
    text = output(capsys, "show", saved(tmp_path / "s.zarr.zip", spectrum([3.0, 1.0, -1.0])))
    assert "eigenvalues(eigen 3) float64  min -1, mean 1, max 3" in text
    assert "3.0000000000000000e+00    1.0e-16" in text
    assert "method: dense" in text


def test_large_variables_are_not_read() -> None:
    large = xr.Variable("eigen", np.broadcast_to(np.float64(1), inspect.READ_LIMIT))
    assert inspect.statistics(large) == "not read"


def test_missing_values_are_counted() -> None:
    assert inspect.statistics(xr.Variable("x", [1.0, np.nan, 3.0])) == (
        "min 1, mean 2, max 3, 1 not finite"
    )


def test_compare_says_what_made_them_differ_and_by_how_much(tmp_path, capsys) -> None:
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    second = saved(tmp_path / "two.zarr.zip", spectrum([3.0, 1.5]), tolerance=1e-10)
    text = output(capsys, "compare", first, second)
    assert "spec.settings.curvature.rank_tolerance: 1e-12 → 1e-10" in text
    assert "eigenvalues: largest difference 0.5 (largest value 3)" in text
    assert "residuals: identical" in text
    assert "smallest cosine 1.000000000000" in text


def test_compare_ignores_the_sign_of_eigenvectors_but_not_their_span(tmp_path, capsys) -> None:
    flipped = spectrum([3.0, 1.0])
    flipped["eigenvectors"] = -flipped["eigenvectors"]
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    text = output(capsys, "compare", first, saved(tmp_path / "two.zarr.zip", flipped))
    assert "made by the same code" in text
    assert "smallest cosine 1.000000000000" in text
    other = saved(tmp_path / "three.zarr.zip", spectrum([3.0, 1.0], seed=1))
    assert "smallest cosine 1.000000000000" not in output(capsys, "compare", first, other)


def test_a_missing_artifact_ends_with_a_message(tmp_path, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        inspect.main(["show", str(tmp_path / "none.zarr.zip")])
    assert exit_.value.code == 1
    assert "run its rule first" in capsys.readouterr().err
