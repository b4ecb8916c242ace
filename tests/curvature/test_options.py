"""Options of a spectrum: read from a configuration, and refused where they make no sense."""

from math import inf

import pytest

from hessian_boundary.curvature.options import CurvatureOptions


def test_a_section_of_the_configuration_is_read() -> None:
    settings = {
        "method": "lanczos", "rank_tolerance": 1e-10, "memory_limit_gb": 2,
        "eigenpairs": {"top": 5, "bottom": 3}, "residual_tolerance": 1e-7,
        "density": {"probes": 4, "steps": 11},
    }  # fmt: skip
    found = CurvatureOptions.of_settings(settings)
    assert found == CurvatureOptions("lanczos", 1e-10, 2, 5, 3, 1e-7, 4, 11)
    assert found.memory_limit == 2e9


def test_defaults_set_no_limit() -> None:
    assert CurvatureOptions.of_settings({}) == CurvatureOptions()
    assert CurvatureOptions().memory_limit == inf


@pytest.mark.parametrize(
    ("parameters", "expected"), [(100, (5, 3)), (8, (5, 3)), (6, (5, 1)), (5, (5, 0)), (2, (2, 0))]
)
def test_no_more_pairs_than_parameters_are_asked_for(parameters, expected) -> None:
    found = CurvatureOptions(top=5, bottom=3).fitting(parameters)
    assert (found.top, found.bottom) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "lanzcos"}, "found 'lanzcos'; did you mean 'lanczos'"),
        ({"rank_tolerance": 0.0}, "tolerances between 0 and 1, found rank_tolerance 0.0"),
        ({"residual_tolerance": 1.0}, "and residual_tolerance 1.0"),
        ({"memory_limit_gb": 0}, "memory limit above 0 GB, found 0"),
        ({"top": 0, "bottom": 0}, "at least one eigenpair"),
        ({"top": -1}, "at least one eigenpair at the top .* found -1 and 0"),
        ({"top": 0, "bottom": 5}, "at least one eigenpair at the top .* found 0 and 5"),
        ({"density_probes": 1}, "density_probes of 2 or more, .* found 1 and 40; 0 probes leave"),
        ({"density_steps": 0}, "each with density_steps of 1 or more, found 2 and 0"),
        ({"tol": 1e-3}, "expected options among .* found 'tol'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        CurvatureOptions.of_keywords(**options)


def test_without_a_limit_half_of_the_memory_is_one_unless_all_is_asked_for() -> None:
    assert CurvatureOptions().bounded(8e9).memory_limit == 4e9
    assert CurvatureOptions(method="lanczos").bounded(8e9).memory_limit == 4e9
    assert CurvatureOptions(memory_limit_gb=9).bounded(8e9).memory_limit == 9e9
    for method in ("dense", "range"):
        assert CurvatureOptions(method=method).bounded(8e9).memory_limit == inf
