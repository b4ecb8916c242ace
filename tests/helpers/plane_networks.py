"""Networks on the plane, by hand and random, whose decision boundaries are traced in a window."""

import numpy as np
import torch
from torch import nn

WINDOW = ((-1.0, 1.0), (-1.0, 1.0))
# logits that hand-made networks combine from relu(x), relu(−x), relu(y), relu(−y) and a bias
PLUS_X, MINUS_X, PLUS_Y, MINUS_Y, ONE = np.eye(5)
X, Y, ABS_X, ABS_Y = PLUS_X - MINUS_X, PLUS_Y - MINUS_Y, PLUS_X + MINUS_X, PLUS_Y + MINUS_Y
ZERO = 0 * ONE


def linear(weight, bias) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight)).double()
    layer.weight.data = torch.tensor(np.array(weight, dtype=float))
    layer.bias.data = torch.tensor(np.array(bias, dtype=float))
    return layer


def on_axes(rows: list[np.ndarray]) -> nn.Sequential:
    weight, bias = np.split(np.array(rows), [4], axis=1)
    axes = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    return nn.Sequential(linear(axes, [0] * 4), nn.ReLU(), linear(weight, bias[:, 0]))


def random_network(hidden: list[int], classes: int, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    parts: list[nn.Module] = []
    for width, units in zip([2, *hidden], hidden, strict=False):
        parts += [nn.Linear(width, units), nn.ReLU()]
    module = nn.Sequential(*parts, nn.Linear(hidden[-1], classes)).double()
    for parameter in module.parameters():
        parameter.data.mul_(3 * torch.rand_like(parameter))
    inputs = 2 * torch.rand(1000, 2, dtype=torch.float64) - 1
    module[-1].bias.data -= module(inputs).detach().mean(0)  # every class is predicted somewhere
    return module


def logits(module: nn.Module, points: np.ndarray) -> np.ndarray:
    return module(torch.from_numpy(points)).detach().numpy()


def grid_crossings(module: nn.Module, resolution: int = 300) -> np.ndarray:
    """Where the predicted class changes along the lines of a grid, found by bisection."""
    # shifted a little, so that no line of the grid is one of a hand-made network
    axis = np.linspace(-1, 1, resolution) * 0.999 + 1e-4
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    predicted = logits(module, grid.reshape(-1, 2)).argmax(1).reshape(grid.shape[:2])
    changes = [np.diff(predicted, axis=axis) != 0 for axis in (0, 1)]
    low = np.concatenate([grid[:-1][changes[0]], grid[:, :-1][changes[1]]])
    high = np.concatenate([grid[1:][changes[0]], grid[:, 1:][changes[1]]])
    before = logits(module, low).argmax(1)
    for _ in range(55):
        middle = (low + high) / 2
        same = (logits(module, middle).argmax(1) == before)[:, None]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2
