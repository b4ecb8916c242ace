"""Eigenpairs by products in float32, finished in float64: on matrices of known spectrum."""

import pytest
import torch

from helpers.diagonal_operators import DiagonalOperator, hessian_like, joined
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos import NotConvergedError, lanczos_eigenpairs
from hessian_boundary.curvature.solvers.linear_algebra import inner_products
from hessian_boundary.curvature.solvers.mixed_lanczos import mixed_lanczos_eigenpairs

EIGENVALUES = hessian_like(2000)
SETTINGS = {"k_top": 6, "k_bottom": 3, "seed": 5, "residual_tolerance": 1e-9, "memory_limit": 1e8}


def operators(eigenvalues=EIGENVALUES):
    return DiagonalOperator(eigenvalues.float()), DiagonalOperator(eigenvalues)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-6, 1e-9])
def test_pairs_are_those_of_the_matrix_in_float64(tolerance):
    single, double = operators()
    pairs = mixed_lanczos_eigenpairs(single, double, **SETTINGS | {"residual_tolerance": tolerance})
    largest, order = EIGENVALUES.sort(descending=True)
    chosen = [*range(6), *range(len(order) - 3, len(order))]
    scale = float(largest[0])
    torch.testing.assert_close(
        pairs.eigenvalues, largest[chosen], rtol=0, atol=2 * tolerance * scale
    )
    assert pairs.eigenvectors.dtype == torch.float64
    error = pairs.eigenvectors * (EIGENVALUES - pairs.eigenvalues[:, None])
    sizes = torch.linalg.vector_norm(error, dim=1)
    assert float(sizes.max()) <= tolerance * scale
    torch.testing.assert_close(pairs.residuals, sizes, rtol=1e-6, atol=1e-13)
    gram = pairs.eigenvectors @ pairs.eigenvectors.T
    torch.testing.assert_close(gram, torch.eye(9, dtype=torch.float64), rtol=0, atol=1e-12)


def test_most_products_are_single_and_few_double_ones_measure():
    single, double = operators()
    mixed_lanczos_eigenpairs(single, double, **SETTINGS | {"residual_tolerance": 1e-5})
    assert double.products == 9
    assert single.products > 40
    single, double = operators()
    mixed_lanczos_eigenpairs(single, double, **SETTINGS | {"residual_tolerance": 1e-6})
    assert double.products == 9
    alone = DiagonalOperator(EIGENVALUES)
    lanczos_eigenpairs(alone, **SETTINGS | {"residual_tolerance": 1e-6})
    assert 40 < single.products < alone.products


def test_long_vectors_in_float32_are_exact_enough_at_once():
    # 100,000 entries added up in float32 would leave residuals of 5e-6
    outliers = torch.logspace(0, -1.3, 30, dtype=torch.float64)
    eigenvalues = torch.cat([outliers, 0.03 * torch.rand(100_000, dtype=torch.float64) ** 8])
    single, double = operators(eigenvalues)
    settings = SETTINGS | {"k_top": 10, "k_bottom": 0, "residual_tolerance": 1e-6}
    pairs = mixed_lanczos_eigenpairs(single, double, **settings)
    assert float(pairs.residuals.max()) < 1e-6
    assert double.products == 10


def test_inner_products_of_float32_are_added_up_in_float64():
    rows = 1 + torch.rand(3, 100_001, generator=torch.Generator().manual_seed(0))
    expected = rows.double() @ rows[:2].double().T
    found = inner_products(rows, rows[:2])
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=5e-7, atol=0)
    torch.testing.assert_close(inner_products(rows.double(), rows[:2].double()), expected)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5, 1e-6, 1e-9])
@pytest.mark.parametrize("copies", [2, 3, 4, 5, 7])
def test_copies_of_an_eigenvalue_are_all_found(copies, tolerance, capsys):
    eigenvalues = joined([5.0], [3.0] * copies, torch.rand(300, dtype=torch.float64))
    settings = SETTINGS | {"k_top": copies + 1, "k_bottom": 0, "residual_tolerance": tolerance}
    pairs = mixed_lanczos_eigenpairs(*operators(eigenvalues), **settings)
    expected = eigenvalues[: copies + 1]
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=5 * tolerance)
    assert not pairs.copies_may_be_missing
    assert "an eigenvalue occurs often: again with blocks of" in capsys.readouterr().err


def test_a_run_goes_on_from_each_of_its_states():
    states = []

    def keep(state):
        copies = {"basis": state.basis.clone(), "projected": state.projected.clone()}
        states.append(type(state)(**{**vars(state), **copies}))

    expected = mixed_lanczos_eigenpairs(*operators(), on_block=keep, **SETTINGS)
    kinds = [state.basis.dtype for state in states]
    assert kinds == sorted(kinds, key=lambda kind: kind.itemsize)  # single first
    assert {torch.float32, torch.float64} == set(kinds)
    first = kinds.index(torch.float64)
    assert states[first].changed == 0
    for state in (states[2], states[first], states[-1]):
        again = mixed_lanczos_eigenpairs(*operators(), resume=state, **SETTINGS)
        torch.testing.assert_close(again.eigenvalues, expected.eigenvalues, rtol=0, atol=1e-12)
    single, double = operators()
    mixed_lanczos_eigenpairs(single, double, resume=states[first], **SETTINGS)
    assert single.products == 0


def test_where_single_precision_fails_double_does_all(capsys):
    eigenvalues = joined([1e60, 3e59], 1e58 * torch.rand(200, dtype=torch.float64))
    single, double = operators(eigenvalues)  # infinite in float32
    pairs = mixed_lanczos_eigenpairs(single, double, **SETTINGS | {"k_top": 2, "k_bottom": 0})
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues[:2], rtol=1e-12, atol=0)
    assert "float32 is not enough: expected finite" in capsys.readouterr().err


def test_products_in_double_that_are_not_finite_are_refused():
    single, _ = operators()
    with pytest.raises(ValueError, match="expected finite Hessian-vector products"):
        mixed_lanczos_eigenpairs(single, operators(EIGENVALUES * torch.inf)[1], **SETTINGS)


@pytest.mark.parametrize("options", [{"residual_tolerance": 1e-16}, {"k_top": 0, "k_bottom": 0}])
def test_what_no_run_can_reach_is_refused_before_any_product(options):
    single, double = operators()
    with pytest.raises(ValueError, match="expected"):
        mixed_lanczos_eigenpairs(single, double, **SETTINGS | options)
    assert single.products == double.products == 0


def test_what_does_not_fit_or_does_not_repeat_is_refused():
    with pytest.raises(MemoryLimitError):
        mixed_lanczos_eigenpairs(*operators(), **SETTINGS | {"memory_limit": 1e5})
    single, _ = operators()

    class Noisy(DiagonalOperator):
        def __call__(self, block):
            return super().__call__(block) + 1e-3 * torch.randn_like(block)

    with pytest.raises(NotConvergedError):
        mixed_lanczos_eigenpairs(single, Noisy(EIGENVALUES), **SETTINGS, maximum_products=400)


def test_a_run_that_goes_on_in_float64_finds_the_copies_that_float32_had_no_room_for():
    eigenvalues = joined([5.0], [3.0] * 7, torch.rand(300, dtype=torch.float64))
    settings, states = SETTINGS | {"k_top": 9, "k_bottom": 0}, []

    def keep(state):
        copies = {"basis": state.basis.clone(), "projected": state.projected.clone()}
        states.append(type(state)(**{**vars(state), **copies}))

    expected = mixed_lanczos_eigenpairs(*operators(eigenvalues), on_block=keep, **settings)
    kinds = [state.basis.dtype for state in states]
    for state in (states[kinds.index(torch.float64)], states[-1]):
        pairs = mixed_lanczos_eigenpairs(*operators(eigenvalues), resume=state, **settings)
        torch.testing.assert_close(pairs.eigenvalues, expected.eigenvalues, rtol=0, atol=1e-12)


def test_blocks_that_were_widened_stay_as_wide_after_a_kill():
    """Those of all wanted pairs too, in float32."""
    eigenvalues = joined([5.0], [3.0] * 5, torch.rand(300, dtype=torch.float64))
    settings, states = SETTINGS | {"k_top": 6, "k_bottom": 0, "residual_tolerance": 1e-6}, []

    def keep(state):
        copies = {"basis": state.basis.clone(), "projected": state.projected.clone()}
        states.append(type(state)(**{**vars(state), **copies}))

    mixed_lanczos_eigenpairs(*operators(eigenvalues), on_block=keep, **settings)
    widths = [state.frontier for state in states]
    assert set(widths) == {2, 4, 6}
    for width in (2, 4, 6):
        state = states[widths.index(width) + 3]
        assert state.basis.dtype == torch.float32
        pairs = mixed_lanczos_eigenpairs(*operators(eigenvalues), resume=state, **settings)
        torch.testing.assert_close(pairs.eigenvalues, eigenvalues[:6], rtol=0, atol=2e-6)
        assert float(pairs.residuals.max()) <= 1e-6 * 5


def test_a_space_that_is_whole_goes_on_to_its_pairs():
    """Of so small a matrix the last state has no frontier."""
    eigenvalues = joined([5.0, 4.0, 3.0], torch.rand(9, dtype=torch.float64))
    for solve in (
        lambda **given: lanczos_eigenpairs(DiagonalOperator(eigenvalues), **given),
        lambda **given: mixed_lanczos_eigenpairs(*operators(eigenvalues), **given),
    ):
        states = []

        def keep(state, states=states):
            copies = {"basis": state.basis.clone(), "projected": state.projected.clone()}
            states.append(type(state)(**{**vars(state), **copies}))

        settings = SETTINGS | {"k_top": 8, "k_bottom": 4}
        expected = solve(on_block=keep, **settings)
        assert states[-1].frontier == 0
        pairs = solve(resume=states[-1], **settings)
        torch.testing.assert_close(pairs.eigenvalues, expected.eigenvalues, rtol=0, atol=1e-12)
