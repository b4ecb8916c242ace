"""`analyse` in several processes: the numbers of one process, and every error ends all of them."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from helpers.naive import naive_hessian
from helpers.several_processes import in_processes, small_problem
from hessian_boundary import analyse, open_artifact
from hessian_boundary.curvature import coarse_products
from hessian_boundary.measures.g_theta import g_theta_by_statistic

pytestmark = pytest.mark.slow  # up to four processes that import everything

# name -> problem, options
CASES = {
    "range of layers": ("layers", {"method": "range"}),
    "Lanczos of layers": ("layers", {"top": 4}),
    "Gauss-Newton of layers": ("layers", {"matrix": "gauss_newton", "top": 5}),
    "covariance of layers": ("layers", {"matrix": "covariance"}),
    "dense of convolutions": ("convolutions", {"method": "dense"}),
    "range with batch norm": ("batch norm", {"method": "range"}),
    "Gauss-Newton with batch norm": ("batch norm", {"matrix": "gauss_newton"}),
    "range of one sample": ("one sample", {"method": "range"}),
    "Gauss-Newton of one sample": ("one sample", {"matrix": "gauss_newton"}),
}
HESSIANS = [name for name, (_, options) in CASES.items() if "matrix" not in options]
PROGRAM = """
import os
import sys
from helpers.several_processes import small_problem
from hessian_boundary import analyse
from hessian_boundary.curvature import coarse_products
from test_analysis_in_several_processes import CASES

coarse_products.LARGE = 1  # so that Lanczos takes products in float32
for name, (problem, options) in CASES.items():
    found = analyse(*small_problem(problem), **options)
    assert (found is None) == (os.environ["RANK"] != "0")
    if found is not None:
        found.save(f"{sys.argv[1]}/{name}")
"""

Saved = tuple[xr.Dataset, xr.Dataset]


@pytest.fixture(
    scope="module",
    params=[pytest.param(2, marks=pytest.mark.thorough), 3],
    ids="{} processes".format,
)
def saved(request, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Saved]:
    """Spectrum and alignment of each case, made in several processes."""
    folder = tmp_path_factory.mktemp("several")
    ran = in_processes(request.param, folder, PROGRAM, str(folder))
    assert ran.returncode == 0, ran.stderr
    kinds = ("spectrum", "alignment_samples")
    return {
        name: tuple(open_artifact(folder / name / f"{kind}.zarr.zip", kind) for kind in kinds)
        for name in CASES
    }


def _alone(name: str, monkeypatch: pytest.MonkeyPatch) -> Saved:
    monkeypatch.setattr(coarse_products, "LARGE", 1)
    problem, options = CASES[name]
    found = analyse(*small_problem(problem), **options)
    return found.spectrum, found.alignment


@pytest.mark.parametrize("name", HESSIANS)
def test_eigenvalues_are_those_of_the_naive_hessian(name, saved):
    spectrum, _ = saved[name]
    matrix = naive_hessian(*small_problem(CASES[name][0])).numpy()
    values, vectors = spectrum["eigenvalues"].values, spectrum["eigenvectors"].values
    size = np.abs(values).max()
    residuals = np.linalg.norm(vectors @ matrix - values[:, None] * vectors, axis=1)
    assert residuals.max() < (1e-8 if "Lanczos" in name else 1e-13) * size
    expected = np.linalg.eigvalsh(matrix)[::-1]
    kept = expected[np.abs(expected) > spectrum.attrs["rank_tolerance"] * size]
    np.testing.assert_allclose(values, kept[: len(values)], rtol=0, atol=1e-12 * size)
    assert spectrum.attrs["complete"] == ("Lanczos" not in name)
    assert len(values) == (4 if "Lanczos" in name else len(kept))


@pytest.mark.parametrize("name", list(CASES))
def test_all_is_as_of_one_process(name, saved, monkeypatch):
    (found, aligned), (expected, aligned_alone) = saved[name], _alone(name, monkeypatch)
    size = float(abs(expected["eigenvalues"]).max())
    values = (found["eigenvalues"].values, expected["eigenvalues"].values)
    np.testing.assert_allclose(*values, rtol=0, atol=1e-12 * size)
    residuals = found["residuals"].values
    assert residuals.max() <= 10 * expected["residuals"].values.max() + 1e-14 * size
    traces = [each.attrs["trace_by_samples"] for each in (found, expected)]
    np.testing.assert_allclose(*traces, rtol=1e-13, equal_nan=True)
    counts = [each.attrs["hessian_vector_products"] for each in (found, expected)]
    if CASES[name][1] != {"method": "dense"}:  # one process assembles its matrix of convolutions
        assert counts[0] == pytest.approx(counts[1], rel=0.1)
    for key in ("prediction", "label"):
        np.testing.assert_array_equal(aligned[key], aligned_alone[key])
    for key in ("gradient_norm", "random_alignment"):
        np.testing.assert_allclose(aligned[key], aligned_alone[key], rtol=0, atol=1e-12)
    alignments = [abs(each["alignment"].values) for each in (aligned, aligned_alone)]
    well_apart = slice(4)
    np.testing.assert_allclose(*[a[well_apart] for a in alignments], rtol=0, atol=1e-6)
    np.testing.assert_equal(*[g_theta_by_statistic(a) for a in (aligned, aligned_alone)])


def test_lanczos_takes_products_in_single_precision_in_all_processes(saved):
    assert "products in float32, residuals in float64" in saved["Lanczos of layers"][0].reason


FAILING = """
import os
import sys
from torch.nn import functional as F
from helpers.several_processes import small_problem
from hessian_boundary import analyse

def loss(logits, labels):
    if os.environ["RANK"] == sys.argv[1] and len(labels) > 2:  # not when the problem is made
        raise ValueError("of this process alone")
    return F.cross_entropy(logits, labels, reduction="none")

analyse(*small_problem("layers"), loss, method="range")
"""
GOING_ON = """
import sys
from helpers.several_processes import small_problem
from hessian_boundary import analyse
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError

def say(word):  # in one piece: all write to one pipe, and `print` may end its line later
    sys.stdout.write(word + "\\n")

problem = small_problem("layers")
for limit in (1e-5, 1.0):
    try:
        found = analyse(*problem, method="range", memory_limit_gb=limit)
        say("found" if found else "helped")
    except MemoryLimitError:
        say("refused")
"""


def _lines(ran: subprocess.CompletedProcess[str]) -> list[str]:
    return sorted(ran.stdout.split())


@pytest.mark.parametrize("failing", ["0", "1"])
def test_an_error_of_one_process_ends_all(failing: str, tmp_path: Path) -> None:
    ran = in_processes(2, tmp_path, FAILING, failing)
    assert ran.returncode != 0
    assert "ValueError: of this process alone" in ran.stderr


def test_an_error_of_the_leader_that_a_script_handles_lets_all_go_on(tmp_path: Path) -> None:
    ran = in_processes(2, tmp_path, GOING_ON)
    assert ran.returncode == 0, ran.stderr
    assert _lines(ran) == ["found", "helped", "helped", "refused"]
