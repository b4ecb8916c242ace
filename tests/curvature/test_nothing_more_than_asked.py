"""Pairs at the bottom and an estimate of the density are computed where they are asked for."""

from helpers.problems import build_problem
from hessian_boundary.analysis import analyse
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum

PROBES, STEPS = 2, 40
SETTINGS = {"method": "lanczos", "residual_tolerance": 1e-6, "rank_tolerance": 1e-12}


def _products(**settings) -> tuple[int, bool]:
    """Return how many products a spectrum took, and whether it has a density."""
    options = CurvatureOptions.of_settings(SETTINGS | settings)
    spectrum = compute_spectrum(build_problem("mlp_relu").problem, options)
    expected = options.top + options.bottom
    assert spectrum.sizes["eigen"] == expected
    return spectrum.attrs["hessian_vector_products"], "density_nodes" in spectrum


def test_what_is_left_out_takes_no_products() -> None:
    top_only = {"eigenpairs": {"top": 4, "bottom": 0}}
    alone, none = _products(**top_only, density="none")
    both, estimated = _products(**top_only, density={"probes": PROBES, "steps": STEPS})
    assert (none, estimated) == (False, True)
    assert both == alone + PROBES * STEPS
    more, _ = _products(eigenpairs={"top": 4, "bottom": 4}, density="none")
    assert alone < more


def test_analyse_obeys_too() -> None:
    case = build_problem("mlp_relu")
    found = analyse(case.module, case.x, case.y, top=4, bottom=2, density_probes=0).spectrum
    assert (found["eigenvalues"].values > 0).sum() == 4
    assert found.attrs["bottom_pairs"] == 2
    assert "density_nodes" not in found
