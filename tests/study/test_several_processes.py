"""Steps in several processes and in pieces: the same results, and only what is lost made again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from helpers.tiny_study import TinyStudy, image_datasets
from helpers.verifying import run_verify
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_boundary.measures.g_theta import g_theta_by_statistic

pytestmark = pytest.mark.slow  # small studies

RUN = "results/tiny/iris/normal/seed0"
HESSIAN = f"{RUN}/spectrum.zarr.zip"
FOLDER = f"{RUN}/class1/gauss_newton"
PIECES = [f"{FOLDER}/{piece}/factor.zarr.zip" for piece in ("1-of-2", "2-of-2")]
GAUSS_NEWTON = [f"{FOLDER}/{kind}.zarr.zip" for kind in ("alignment_samples", "spectrum")]
IN_TWO = ("--set-scatter", "gauss_newton_pieces=2")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """All results, by one process each."""
    study = TinyStudy(tmp_path_factory.mktemp("alone"))
    study = study.edited(profiles__tiny__without=image_datasets())
    result = study.run(HESSIAN, *GAUSS_NEWTON)
    assert result.returncode == 0, result.stderr
    return study


@pytest.fixture
def study(alone: TinyStudy, tmp_path: Path) -> Iterator[TinyStudy]:
    """The same study, to make them in another way."""
    with alone.restored(tmp_path / "saved") as restored:
        yield restored


def _opened(study: TinyStudy, *paths: str) -> list[xr.Dataset]:
    return [open_artifact(study.directory / path).load() for path in paths]


def _assert_the_same_pairs(found: xr.Dataset, expected: xr.Dataset) -> None:
    size = float(abs(expected["eigenvalues"]).max())
    values = [each["eigenvalues"].values for each in (found, expected)]
    np.testing.assert_allclose(*values, rtol=0, atol=1e-11 * size)
    # those of the Gauss-Newton part grow with √(λ_1/λ)
    assert float(found["residuals"][:3].max()) < 1e-12 * size
    cosines = (found["eigenvectors"].values[:3] * expected["eigenvectors"].values[:3]).sum(1)
    np.testing.assert_allclose(abs(cosines), 1, rtol=0, atol=1e-8)


def _run(study: TinyStudy, *arguments: str) -> str:
    result = study.run(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stderr


def _jobs(said: str) -> dict[str, int]:
    """Return how often each rule ran, by what Snakemake says."""
    rules = [line.split()[1].rstrip(":") for line in said.splitlines() if "rule " in line]
    return {rule: rules.count(rule) for rule in rules}


def test_both_matrices_in_two_processes(study: TinyStudy) -> None:
    paths = [HESSIAN, *GAUSS_NEWTON]
    before = _opened(study, *paths)
    costs = sorted((study.results / "costs").rglob("*.tsv"))
    for path in paths:
        (study.directory / path).unlink()
    rules = ("diagonalise", "diagonalise_gauss_newton")
    _run(study, "--set-resources", *(f"{rule}:processes=2" for rule in rules), "--", *paths)
    after = _opened(study, *paths)
    for index in (0, 2):
        _assert_the_same_pairs(after[index], before[index])
    assert g_theta_by_statistic(after[1]) == g_theta_by_statistic(before[1])
    # in how many processes is not part of a result, and only the first leaves files
    made_by = [[each.attrs["provenance"] for each in some] for some in (after, before)]
    assert made_by[0] == made_by[1]
    assert sorted((study.results / "costs").rglob("*.tsv")) == costs
    log = study.directory / "logs/tiny/diagonalise/iris/normal/seed0/diagonalise.log"
    assert log.read_text().count("step diagonalise ") == 2
    assert "Nothing to be done" in _run(study, *paths)


def test_measures_of_the_gauss_newton_part_in_two_processes(study: TinyStudy) -> None:
    path = f"{RUN}/gauss_newton_measures.csv"
    _run(study, path)
    before = open_table(study.directory / path)
    (study.directory / path).unlink()
    _run(study, "--set-resources", "measure_gauss_newton:processes=2", "--", path)
    after = open_table(study.directory / path)
    assert before["measure"].str.endswith("_equal_confidence").sum() == 2
    pd.testing.assert_frame_equal(after, before, rtol=1e-9)
    (log,) = (study.directory / "logs/tiny/measure_gauss_newton").rglob("*.log")
    assert log.read_text().count("step measure_gauss_newton ") == 2


def test_a_lost_piece_is_made_again_alone(study: TinyStudy) -> None:
    before = _opened(study, *GAUSS_NEWTON)
    said = _run(study, *IN_TWO, "--", *GAUSS_NEWTON)
    assert _jobs(said) == {"factor_gauss_newton": 2, "diagonalise_gauss_newton": 1}
    after = _opened(study, *GAUSS_NEWTON)
    _assert_the_same_pairs(after[1], before[1])
    assert g_theta_by_statistic(after[0]) == g_theta_by_statistic(before[0])
    kept = (study.directory / PIECES[0]).stat().st_mtime_ns
    for path in (PIECES[1], GAUSS_NEWTON[0]):
        (study.directory / path).unlink()
    said = _run(study, *IN_TWO, "--", *GAUSS_NEWTON)
    assert _jobs(said) == {"factor_gauss_newton": 1, "diagonalise_gauss_newton": 1}
    assert (study.directory / PIECES[0]).stat().st_mtime_ns == kept
    assert "Nothing to be done" in _run(study, *IN_TWO, "--", *GAUSS_NEWTON)
    result = run_verify(study, GAUSS_NEWTON[0], *IN_TWO)
    assert result.returncode == 0, result.stdout + result.stderr
    result = run_verify(study, GAUSS_NEWTON[0])  # in one piece it would be made otherwise
    assert result.returncode == 1
    assert f"  {GAUSS_NEWTON[0]}: " in result.stdout


@pytest.mark.thorough
def test_a_damaged_piece_is_made_again(study: TinyStudy) -> None:
    _run(study, *IN_TWO, "--", *GAUSS_NEWTON)
    before = [(study.directory / path).read_bytes() for path in GAUSS_NEWTON]
    piece = study.directory / PIECES[0]
    piece.write_bytes(piece.read_bytes()[:-100])
    said = _run(study, *IN_TWO, "--", *GAUSS_NEWTON)
    assert _jobs(said)["factor_gauss_newton"] == 1
    assert [(study.directory / path).read_bytes() for path in GAUSS_NEWTON] == before


@pytest.mark.thorough
def test_pieces_of_a_training_that_diverged_are_empty(study: TinyStudy) -> None:
    diverging = study.edited(experiments__iris__normal__learning_rate=1e30)
    _run(diverging, *IN_TWO, "--", *GAUSS_NEWTON)
    (model,) = _opened(study, f"{RUN}/model.zarr.zip")
    assert model.attrs["status"] == "diverged"
    for piece in _opened(study, *PIECES):
        assert piece["triangle"].size == 0
    assert _opened(study, *GAUSS_NEWTON)[1].sizes["eigen"] == 0
