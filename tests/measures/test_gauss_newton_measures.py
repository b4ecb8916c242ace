"""G_θ in the eigenvectors of the Gauss-Newton part: against a matrix built by loops."""

from pathlib import Path

import pytest
from torch import Tensor, nn

from helpers.naive_gauss_newton import naive_gauss_newton
from helpers.problems import network_as_confident
from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.artifacts.store import open_table
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.measures.gauss_newton import gauss_newton_measures
from hessian_boundary.networks.problem import Problem
from hessian_study.steps.measure_gauss_newton import main


def _naive(module: nn.Module, x: Tensor) -> dict[str, float]:
    found = naive_gauss_newton(module, x)
    del found["trace"], found["lambda_max"]
    return {f"gauss_newton_{name}": value for name, value in found.items()}


def test_measures_are_those_of_a_matrix_built_by_loops() -> None:
    module, x, y, loss = network_as_confident(0.7)
    found = gauss_newton_measures(Problem(module, x, y, loss))
    expected = _naive(module, x)
    assert 0 < expected["gauss_newton_g_theta_mean"] < expected["gauss_newton_g_theta_max"] < 1
    # the control, by hand: a median gap of 5 between the two largest logits
    ordered = module(x).sort(1).values
    for parameter in module[-1].parameters():
        parameter.data *= 5 / (ordered[:, -1] - ordered[:, -2]).median()
    control = _naive(module, x)
    for name in ("gauss_newton_g_theta_max", "gauss_newton_g_theta_mean"):
        expected[f"{name}_equal_confidence"] = control[name]
    assert found == pytest.approx(expected, rel=1e-9)


def test_networks_that_cannot_be_scaled_have_no_control() -> None:
    module, x, y, loss = network_as_confident(0.7)
    found = gauss_newton_measures(Problem(nn.Sequential(module, nn.Softplus()), x, y, loss))
    assert not [name for name in found if name.endswith("equal_confidence")]


def test_every_gradient_of_a_confident_network_is_resolved() -> None:
    """The matrix has lost what the smallest softmax weights add to it."""
    module, x, y, loss = network_as_confident(4.0)
    found = gauss_newton_measures(Problem(module, x, y, loss))
    lost = _naive(module, x)
    assert found["gauss_newton_resolved_share_min"] == pytest.approx(1, abs=1e-9)
    assert lost["gauss_newton_resolved_share_min"] < 0.9
    assert found["gauss_newton_rank"] > lost["gauss_newton_rank"]


def test_the_step_writes_a_row_per_measure(tmp_path: Path) -> None:
    job = step_on_a_model(tmp_path, "measures")
    main(job)
    table = open_table(job.output["measures"])
    assert list(table) == ["dataset", "training", "seed", "status", "measure", "value"]
    assert len(table) == 6
    assert table.iloc[0, :4].tolist() == ["mine", "normal", 3, "fitted"]


def test_the_step_keeps_the_memory_limit(tmp_path: Path) -> None:
    job = step_on_a_model(tmp_path, "measures")
    enough = 15 * 24 * 24 * 8 / 1e9  # R of the 24 rows, fifteen times
    job.spec["settings"]["memory_limit_gb"] = 1.01 * enough
    main(job)
    job.spec["settings"]["memory_limit_gb"] = 0.99 * enough
    with pytest.raises(
        MemoryLimitError, match="raise `memory_limit_gb`, or take 23 samples at most"
    ):
        main(job)


def test_the_step_writes_no_row_for_a_training_that_diverged(tmp_path: Path) -> None:
    job = step_on_a_model(tmp_path, "measures", status="diverged")
    main(job)
    assert open_table(job.output["measures"]).empty
