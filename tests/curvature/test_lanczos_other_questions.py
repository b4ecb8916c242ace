"""A killed Lanczos run goes on with another tolerance, and for fewer pairs."""

from pathlib import Path

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator, hessian_like, limit_for
from helpers.lanczos_runs import KEY
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_study.steps.diagonalise import krylov_key


class Killed(Exception):  # noqa: N818
    """What the tests kill a run with."""


def _solve(operator: DiagonalOperator, top: int, bottom: int, **options):
    limit = limit_for(operator, 60, wanted=20)
    return lanczos_eigenpairs(
        operator, k_top=top, k_bottom=bottom, seed=5, block=4, memory_limit=limit, **options
    )


def _killed_run(folder: Path, blocks: int, **options) -> None:
    """Save the states of a run for 10 pairs at each end until it is killed."""
    operator = DiagonalOperator(hessian_like(300))
    checkpoint = LanczosCheckpoint(folder / "s", KEY, (10, 10))

    def save(state: KrylovState) -> None:
        checkpoint.save(state)
        if state.products == 4 * blocks:
            raise Killed

    with pytest.raises(Killed):
        _solve(operator, 10, 10, on_block=save, **options)


def test_fewer_pairs_and_a_looser_tolerance_take_fewer_products_than_from_nothing(
    tmp_path: Path,
) -> None:
    _killed_run(tmp_path, 12, residual_tolerance=1e-10)
    state = LanczosCheckpoint(tmp_path / "s", KEY, (4, 0)).load()
    assert state is not None
    resumed, fresh = (DiagonalOperator(hessian_like(300)) for _ in range(2))
    pairs = _solve(resumed, 4, 0, residual_tolerance=1e-4, resume=state)
    _solve(fresh, 4, 0, residual_tolerance=1e-4)
    assert resumed.products < fresh.products
    exact = hessian_like(300).sort(descending=True).values
    torch.testing.assert_close(pairs.eigenvalues, exact[:4], rtol=1e-6, atol=0)
    assert float(pairs.residuals.max()) <= 1e-4 * float(exact.abs().max())


def test_a_tighter_tolerance_ends_as_if_it_had_been_asked_for_from_the_start(
    tmp_path: Path,
) -> None:
    _killed_run(tmp_path, 8, residual_tolerance=1e-4)
    state = LanczosCheckpoint(tmp_path / "s", KEY, (10, 10)).load()
    operators = [DiagonalOperator(hessian_like(300)) for _ in range(2)]
    resumed = _solve(operators[0], 10, 10, residual_tolerance=1e-9, resume=state)
    whole = _solve(operators[1], 10, 10, residual_tolerance=1e-9)
    assert torch.equal(resumed.eigenvectors, whole.eigenvectors)


def test_work_for_fewer_pairs_is_discarded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _killed_run(tmp_path, 8)
    checkpoint = LanczosCheckpoint(tmp_path / "s", KEY, (10, 11))
    assert checkpoint.load() is None
    assert "expected work for at least (10, 11) pairs" in capsys.readouterr().err
    assert not checkpoint.folder.exists()


def test_the_key_leaves_out_what_does_not_change_the_space() -> None:
    settings = {
        "method": "lanczos", "memory_limit_gb": 4, "eigenpairs": {"top": 5, "bottom": 0},
        "residual_tolerance": 1e-8, "rank_tolerance": 1e-12, "density": "none",
    }  # fmt: skip

    def key(code: str = "c", **changes) -> str:
        return krylov_key({"spec": {"code": code, "settings": settings | changes}, "inputs": {}})

    assert key() == key(residual_tolerance=1e-4, eigenpairs={"top": 2, "bottom": 0})
    assert key() == key(density={"probes": 2, "steps": 9}, rank_tolerance=1e-10)
    assert key() != key(memory_limit_gb=2)
    assert key() != key(method="auto")
    assert key() != key(code="d")
