"""What G_θ depends on besides the boundary: probes of one trained network whose boundary stays.

Each probe changes something and leaves the predictions near the data as they are. A measure of the
boundary's complexity should not move, or, of wiggles, should.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor, nn

from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.boundary.exact import exact_boundary
from hessian_boundary.data.input_window import Window, grid_window
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.rescaling import rescale_layers

SAMPLES = (50, 100, 200, 400, 800)
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
WIGGLES = (0, 4, 8, 16)  # hidden units that switch on far from all samples
AWAY = 1.5  # where they do, in units of the distance of the outermost sample from the origin
MARGIN = 1.5  # of the data's range, on each side: a window that shows where they are
COLUMNS = ("probe", "setting", "quantity", "value")


def probe_g_theta(problem: Problem, more: Tensor) -> pd.DataFrame:
    """Return (probe, setting, quantity, value) for a network with one hidden layer of ReLU.

    `problem` is the trained network with its training samples, planar, in float64; `more` (m, 2)
    are further samples of their distribution, 800 at least. Quantities: g_theta_max and _mean of
    the Gauss–Newton part, trace and lambda_max of it, and
    - probe "samples": G_θ by n of the further samples, and its ceiling n (C − 1) / p, the most that
      the rank of F allows;
    - probe "rescaling": weights of the first layer times α and of the last by 1/α, which is the
      same function (`networks.rescaling`);
    - probe "wiggles": hidden units that are off at all samples switch on beyond them and bend the
      boundary there, where no gradient sees it: the blind spot of Appendix I.2; `pieces` counts the
      boundary's in a window that shows it. All settings have the same units, and p; those that
      are not counted have no outgoing weight.

    Raises ValueError for fewer further samples, and for another network.
    """
    if len(more) < max(SAMPLES):
        raise ValueError(
            f"expected at least {max(SAMPLES)} further samples to probe with, found {len(more)}; "
            "draw more of them"
        )
    rows = [*_by_samples(problem, more), *_by_scale(problem), *_by_wiggles(problem)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


Row = tuple[str, float, str, float]


def _by_samples(problem: Problem, more: Tensor) -> Iterator[Row]:
    for count in SAMPLES:
        x = more[:count]
        with torch.no_grad():
            y = problem.network(x).argmax(1)  # of labels F knows the class weights only
        ceiling = min(1.0, count * (problem.classes - 1) / problem.parameters)
        yield from _rows("samples", count, replace(problem, x=x, y=y))
        yield "samples", count, "ceiling", ceiling


def _by_scale(problem: Problem) -> Iterator[Row]:
    for scale in SCALES:
        network = deepcopy(problem.network)
        rescale_layers(network, [scale, 1 / scale])
        yield from _rows("rescaling", scale, replace(problem, network=network))


def _by_wiggles(problem: Problem) -> Iterator[Row]:
    window = grid_window(problem.x.numpy(), MARGIN)
    for count in WIGGLES:
        network = with_wiggles(problem.network, problem.x, count, max(WIGGLES))
        yield from _rows("wiggles", count, replace(problem, network=network))
        yield "wiggles", count, "pieces", _pieces(network, window)


def _pieces(network: nn.Module, window: Window) -> float:
    return float(exact_boundary(network, window).attrs["pieces"])


def _rows(probe: str, setting: float, problem: Problem) -> Iterator[Row]:
    samples = align_pairs(pairs_with_random_directions(problem))
    eigenvalues = samples["eigenvalue"].values
    values = g_theta_by_statistic(samples)
    values |= {"trace": float(eigenvalues.sum()), "lambda_max": float(eigenvalues.max())}
    for name, value in values.items():
        yield probe, setting, name, value


def with_wiggles(network: nn.Module, x: Tensor, count: int, units: int) -> nn.Module:
    """Return a copy with `units` further hidden units, of which `count` change the logits.

    All are off at x (n, 2). Unit k switches on beyond the line ⟨u_k, x⟩ = 1.5 max ‖x‖, with u_k at
    equal angles around the origin, and adds ± its value to the logits of two classes.

    Raises ValueError for a network that is not a dense layer, ReLU and a dense layer.
    """
    layers = list(network.children())
    if [type(layer) for layer in layers] != [nn.Linear, nn.ReLU, nn.Linear]:
        names = [type(layer).__name__ for layer in layers]
        raise ValueError(
            f"expected a network of Linear, ReLU and Linear to add wiggles to, found {names}; "
            "train one of depth 1"
        )
    first, last = layers[0], layers[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    angles = 2 * torch.pi * torch.arange(units, dtype=x.dtype) / units
    directions = torch.stack([angles.cos(), angles.sin()], dim=1)
    threshold = AWAY * torch.linalg.vector_norm(x, dim=1).max()
    outgoing = torch.zeros(last.out_features, units, dtype=x.dtype)
    for unit in range(count):  # by turns in favour of one class and another
        outgoing[unit % last.out_features, unit] = _STRENGTH
        outgoing[(unit + 1) % last.out_features, unit] = -_STRENGTH
    return nn.Sequential(
        _dense([first.weight, directions], 0, [first.bias, -threshold.expand(units)]),
        nn.ReLU(),
        _dense([last.weight, outgoing], 1, [last.bias]),
    ).eval()


_STRENGTH = 100.0  # of a wiggle, against logits of some tens


def _dense(weights: Sequence[Tensor], along: int, biases: Sequence[Tensor]) -> nn.Linear:
    weight = torch.cat([part.detach() for part in weights], dim=along)
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(torch.cat([part.detach() for part in biases]))
    return layer
