"""The same samples in other forms: arrays, lists, other number types; the same grid by hand."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from helpers.examples import examples
from helpers.naive import naive_gradients, naive_hessian
from hessian_boundary import align_grid, analyse, compute_spectrum, grid_window
from hessian_boundary.networks.problem import Problem

# the inputs are such that every form holds them exactly
INPUTS: dict[str, Callable[[np.ndarray], object]] = {
    "array": np.asarray,
    "single precision": lambda x: x.astype(np.float32),
    "half precision": lambda x: x.astype(np.float16),
    "column by column": np.asfortranarray,
    "backwards in memory": lambda x: x[::-1].copy()[::-1],
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "other byte order": lambda x: x.astype(">f8"),
    "read only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "list": lambda x: x.tolist(),
    "list of rows": list,
    "tensor": torch.from_numpy,
    "tensor with a graph": lambda x: torch.from_numpy(x).requires_grad_(),
    "list of tensors": lambda x: list(torch.from_numpy(x)),
}
LABELS: dict[str, Callable[[np.ndarray], object]] = {
    "array": np.asarray,
    **{kind: lambda y, kind=kind: y.astype(kind) for kind in ("i1", "u1", "i4", "u2", "u8", ">i4")},
    "whole floats": lambda y: y.astype(float),
    "list": lambda y: y.tolist(),
    "tuple": lambda y: tuple(y.tolist()),
    "tensor": torch.from_numpy,
    "short tensor": lambda y: torch.from_numpy(y).short(),
    "backwards in memory": lambda y: y[::-1].copy()[::-1],
}


def network(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3)).double()


def numbers(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.integers(-2048, 2048, size=(count, 2)) / 1024, draw.integers(3, size=count)


@examples(60)
@given(
    st.integers(0, 1000), st.integers(1, 7), st.sampled_from([*INPUTS]), st.sampled_from([*LABELS])
)
def test_any_form_of_the_same_samples_gives_the_same_spectrum(seed, count, inputs, labels) -> None:
    x, y = numbers(seed, count)
    found = analyse(network(seed), INPUTS[inputs](x), LABELS[labels](y), method="dense")
    hessian = naive_hessian(network(seed), torch.from_numpy(x), torch.from_numpy(y))
    expected = torch.linalg.eigvalsh(hessian).flip(0).numpy()
    rank = found.spectrum.sizes["eigen"]
    zeros = np.zeros(len(expected) - rank)
    values = np.sort([*found.spectrum["eigenvalues"].values, *zeros])[::-1]
    np.testing.assert_allclose(values, expected, atol=1e-12)


@examples(20)
@given(st.integers(0, 1000), st.integers(2, 5), st.integers(1, 4), st.floats(0, 2))
def test_a_grid_is_its_points_one_by_one(seed, resolution, eigenvectors, margin) -> None:
    x, y = numbers(seed, 5)
    problem = Problem.prepared(network(seed), x, y)
    spectrum = compute_spectrum(problem)
    window = grid_window(x, margin)
    grid = align_grid(problem, window, resolution, spectrum, eigenvectors)
    for row in range(resolution):
        for column in range(resolution):
            ends = (window[0][0], window[0][1], window[1][0], window[1][1])
            share = (column / (resolution - 1), row / (resolution - 1))
            point = [
                ends[0] + share[0] * (ends[1] - ends[0]),
                ends[2] + share[1] * (ends[3] - ends[2]),
            ]
            (gradient,) = naive_gradients(
                problem.network, torch.tensor([point], dtype=torch.float64)
            )
            gradient = gradient.numpy()
            here = grid.isel(y=row, x=column)
            assert [float(here["x"]), float(here["y"])] == pytest.approx(point, abs=1e-12)
            assert float(here["gradient_norm"]) == pytest.approx(np.linalg.norm(gradient), rel=1e-8)
            for index, value in enumerate(here["alignment"].values):
                vector = spectrum["eigenvectors"].values[index]
                cosine = gradient @ vector / np.linalg.norm(gradient)
                assert value == pytest.approx(cosine, abs=1e-8)
