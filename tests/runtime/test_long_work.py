"""Long work says how far it is: every few seconds, by one of several processes."""

import ctypes
import time
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.curvature.gauss_newton import rotations
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.solvers.dense import dense_eigenpairs
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime import progress
from hessian_boundary.runtime.progress import Progress, at_work, at_work_with_the_lock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that is 4 s further at each look."""
    now = [0.0]

    def look() -> float:
        now[0] += 4
        return now[0]

    monkeypatch.setattr(progress.time, "monotonic", look)
    return now


def test_a_line_has_an_estimate_and_comes_now_and_then(clock, capsys) -> None:
    counted = Progress("samples", 10)
    for done in range(1, 5):
        counted.update(done, "all well")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "samples: 2 of 10, about 32 s left, all well",
        "samples: 4 of 10, about 24 s left, all well",
    ]


def test_of_several_processes_the_first_one_speaks(clock, capsys, monkeypatch) -> None:
    monkeypatch.setenv("RANK", "1")
    counted = Progress("samples", 10)
    for done in range(1, 5):
        counted.update(done)
    assert capsys.readouterr().err == ""


def test_one_call_that_takes_long_is_said_to_go_on_until_it_ends(capsys) -> None:
    with at_work("decomposition", interval=0.05):
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert set(lines) == {"decomposition: 0 s so far"}
    time.sleep(0.1)
    assert capsys.readouterr().err == ""
    with pytest.raises(ValueError, match="inside"), at_work("decomposition", interval=0.05):
        raise ValueError("inside")


@pytest.mark.parametrize(("rank", "spoken"), [("0", True), ("1", False)])
def test_a_call_that_keeps_pythons_lock_is_said_to_go_on(capfd, monkeypatch, rank, spoken) -> None:
    monkeypatch.setenv("RANK", rank)
    with at_work_with_the_lock("rotations", interval=0.05):
        ctypes.PyDLL(None).usleep(2_000_000)  # no thread of Python's runs meanwhile
    said = capfd.readouterr().err
    assert ("rotations: 0 s so far\nrotations:" in said) == spoken
    assert bool(said) == spoken
    time.sleep(0.1)
    assert capfd.readouterr().err == ""
    with pytest.raises(ValueError, match="inside"), at_work_with_the_lock("rotations"):
        raise ValueError("inside")


def test_rotations_of_many_columns_are_said_to_go_on(capfd, monkeypatch) -> None:
    monkeypatch.setattr(rotations, "LONG", 300)
    monkeypatch.setattr(
        rotations, "at_work_with_the_lock", partial(at_work_with_the_lock, interval=0.02)
    )
    rows = torch.randn(600, 600, generator=torch.Generator().manual_seed(0)).double().numpy()
    for columns, spoken in ((299, False), (600, True)):
        rotations.graded_singular_pairs(rows[:, :columns].copy())
        found = f"rotations of {columns} columns: 0 s so far" in capfd.readouterr().err
        assert found == spoken


def _problem() -> Problem:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    return Problem.prepared(network, torch.randn(8, 3), torch.arange(8) % 2)


@pytest.mark.parametrize(
    "path", ["forward over reverse", "layered", "plain", "assembled", "gradients"]
)
def test_a_product_that_takes_long_says_how_far_it_is(path, clock, capsys) -> None:
    problem = _problem()
    block = torch.eye(problem.parameters, dtype=torch.float64)[:3]
    sizes = {"batch_size": 2, "chunk": 1}
    {
        "forward over reverse": lambda: Hessian(problem, **sizes)(block),
        "layered": lambda: LayeredProducts(problem, **sizes)(block),
        "plain": partial(plain_products, problem, block, 2),
        "assembled": partial(layered_hessian, problem, memory_limit=1e4),
        "gradients": lambda: gradient_products(
            problem.network, problem.x, block, problem.loss, minimum_norm=0, batch_size=2
        ),
    }[path]()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(" of " in line and line.endswith(" s left") for line in lines)


def test_a_decomposition_that_takes_long_is_said_to_go_on(monkeypatch, capsys) -> None:
    problem = _problem()
    right = np.linalg.eigh

    def slow(matrix: np.ndarray) -> object:
        time.sleep(0.2)
        return right(matrix)

    monkeypatch.setattr(np.linalg, "eigh", slow)
    monkeypatch.setattr(
        "hessian_boundary.curvature.solvers.dense.at_work", partial(at_work, interval=0.05)
    )
    dense_eigenpairs(Hessian(problem), rank_tolerance=1e-12)
    assert "eigenvectors of the dense Hessian: 0 s so far" in capsys.readouterr().err
