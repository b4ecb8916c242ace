"""Gradients written out, and their alignment, against one backward pass per sample."""

import numpy as np
import pytest
import torch

from helpers.naive import naive_gradients
from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.unit_gradients import align, unit_gradients
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


@pytest.fixture
def problem(plane) -> Problem:
    module, x, y, _ = plane
    return Problem(module, x[:7], y[:7], cross_entropy_per_sample)


def test_directions_lengths_and_labels(problem: Problem) -> None:
    directions, lengths, labels = unit_gradients(problem, 1e-300)
    expected = naive_gradients(problem.network, problem.x).numpy()
    sizes = np.linalg.norm(expected, axis=1)
    np.testing.assert_allclose(lengths, sizes, rtol=1e-12)
    np.testing.assert_allclose(directions, expected / sizes[:, None], rtol=1e-11, atol=1e-14)
    assert labels.tolist() == problem.network(problem.x).argmax(1).tolist()


def test_a_gradient_that_is_no_longer_than_the_minimum_has_no_direction(problem: Problem) -> None:
    _, lengths, _ = unit_gradients(problem, 0)
    minimum = float(lengths.sort().values[3])
    directions, again, _ = unit_gradients(problem, minimum)
    assert torch.equal(directions.isnan().all(1), lengths <= minimum)
    assert torch.equal(directions.isnan().any(1), lengths <= minimum)
    assert torch.equal(again, lengths)


def test_gradients_whose_squares_are_no_numbers_keep_their_direction(problem: Problem) -> None:
    """Logits are scaled until the loss is about e^−500; a zero gradient has length 0."""
    with torch.no_grad():
        logits = problem.network(problem.x)
        gap = (logits.max(1).values - logits.topk(2).values[:, 1]).max()
        problem.network[-1].weight *= 500 / gap
        problem.network[-1].bias *= 500 / gap
    directions, lengths, _ = unit_gradients(problem, 1e-300)
    smallest = int(lengths.argmin())
    assert 1e-300 < lengths[smallest] < 1e-160
    torch.testing.assert_close(directions[smallest].norm(), torch.tensor(1.0).double())
    # 1 − p of the label is the sum of the others' p, which the difference of floats is not
    logits = problem.network(problem.x[smallest])
    others = (logits - logits.max()).detach().exp() * (logits < logits.max()) * 1e200
    slopes = torch.where(logits < logits.max(), others, -others.sum())
    parts = torch.autograd.grad((logits * slopes).sum(), list(problem.network.parameters()))
    expected = torch.cat([part.flatten() for part in parts])
    torch.testing.assert_close(directions[smallest], expected / expected.norm())
    assert float(lengths[smallest]) * 1e200 == pytest.approx(float(expected.norm()))


def test_alignment_is_the_cosine_with_each_eigenvector(problem: Problem, plane) -> None:
    spectrum = plane[3]
    vectors = torch.from_numpy(spectrum["eigenvectors"].values[:20])
    values = torch.from_numpy(spectrum["eigenvalues"].values[:20])
    found = align(values, vectors, *unit_gradients(problem, 1e-300))
    gradients = naive_gradients(problem.network, problem.x).numpy()
    units = gradients / np.linalg.norm(gradients, axis=1)[:, None]
    cosines = vectors.numpy() @ units.T
    np.testing.assert_allclose(found["alignment"], cosines, atol=1e-13)
    parameters = vectors.shape[1]
    random = random_directions(parameters) @ units.T
    np.testing.assert_allclose(found["random_alignment"], random, atol=1e-13)
    np.testing.assert_allclose(found["resolved_share"], (cosines**2).sum(0), atol=1e-12)
    np.testing.assert_allclose(found["gradient_norm"], np.linalg.norm(gradients, axis=1))
    assert found["eigenvalue"].values.tolist() == values.tolist()
    assert found["prediction"].values.tolist() == problem.network(problem.x).argmax(1).tolist()
    assert found.attrs["rank"] == 20
    assert found.attrs["null_space_dimension"] == parameters - 20
    assert found["alignment"].dims == ("eigen", "sample")
