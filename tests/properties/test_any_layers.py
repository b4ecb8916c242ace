"""All ways to products, traces and gradients, in batches of any size, against one naive Hessian."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from helpers.examples import examples
from helpers.naive import NAIVE_LOSSES, naive_gradients, naive_hessian
from helpers.random_networks import Recipe, layered_recipes, recipes, samples
from hessian_boundary.certificates.plain import plain_products
from hessian_boundary.curvature.loss_form import with_digits
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.trace import trace_by_samples
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.losses.per_sample import PER_SAMPLE
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered

pytestmark = pytest.mark.filterwarnings("ignore")
LARGEST = 130
SIZES = st.integers(1, 12)


def matrices(problem: Problem, data: st.DataObject) -> dict[str, Tensor]:
    """The Hessian by each way that treats the network, each in its own random batches."""
    unit = torch.eye(problem.parameters, dtype=torch.float64)
    found = {"plain": plain_products(problem, unit, data.draw(SIZES))}
    if why_not_layered(problem.network):
        return found
    batch, chunk = data.draw(SIZES), data.draw(SIZES)
    found["forward over reverse"] = Hessian(problem, batch_size=batch, chunk=chunk)(unit)
    memory = data.draw(st.sampled_from([0.0, 3e3, 1e9]))
    layered = LayeredProducts(problem, batch_size=batch, chunk=chunk, memory=memory)
    found |= {"layered": layered(unit), "layered, again": layered(unit)}
    try:
        limit = data.draw(st.sampled_from([2e9, 3e5, 3e4]))
        found["assembled"] = layered_hessian(problem, memory_limit=limit)
    except ValueError as error:
        assert "expected a memory limit of at least" in str(error)  # noqa: PT017
    return found


def check(recipe: Recipe, data: st.DataObject) -> None:
    network = recipe.build()
    assume(0 < sum(p.numel() for p in network.parameters() if p.requires_grad) <= LARGEST)
    x, y = data.draw(samples(recipe))
    loss = data.draw(st.sampled_from(sorted(NAIVE_LOSSES)))
    problem = with_digits(Problem(network, x, y, PER_SAMPLE[loss]))
    expected = naive_hessian(network, x, y, NAIVE_LOSSES[loss])
    scale = float(torch.linalg.matrix_norm(expected, 2))
    for name, matrix in matrices(problem, data).items():
        assert float((matrix - expected).abs().max()) <= 1e-8 * scale, name
    trace = trace_by_samples(problem, batch_size=data.draw(SIZES))
    if trace is not None:
        assert abs(trace - float(expected.trace())) <= 1e-8 * scale * len(expected)
    assert_gradients(problem, NAIVE_LOSSES[loss], data)


def assert_gradients(problem: Problem, loss, data: st.DataObject) -> None:
    """Products with random directions at any labels, in any batches."""
    labels = data.draw(st.sampled_from([None, problem.y]))
    expected = naive_gradients(problem.network, problem.x, loss, labels)
    directions = torch.randn(3, problem.parameters, dtype=torch.float64)
    found = gradient_products(
        problem.network,
        problem.x,
        directions,
        problem.loss,
        labels=labels,
        minimum_norm=1e-300,
        batch_size=data.draw(SIZES),
    )
    lengths = expected.norm(dim=1)
    known = lengths > 1e-150  # beyond, the squares of the naive ones are no numbers
    np.testing.assert_allclose(found.norm[known], lengths[known], rtol=1e-8)
    cosines = directions @ expected.T / lengths / directions.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(found.cosine[:, known], cosines[:, known], atol=1e-8)


@examples(15)
@given(layered_recipes(), st.data())
def test_fast_paths_are_right_in_batches_of_any_size(recipe: Recipe, data: st.DataObject) -> None:
    check(recipe, data)


@pytest.mark.slow
@pytest.mark.thorough
@examples(200)
@given(st.one_of(layered_recipes(), recipes()), st.data())
def test_many_paths_are_right_in_batches_of_any_size(recipe: Recipe, data: st.DataObject) -> None:
    check(recipe, data)
