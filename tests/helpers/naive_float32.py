"""The authors' arithmetic, line by line: the oracle of what the project computes in float32."""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.losses.per_sample import Loss


def naive_float32(
    module: nn.Sequential, x: Tensor, y: Tensor, _: Loss, shortest: float = 1e-20
) -> dict[str, float]:
    """The authors' computation: double backward row by row, LAPACK, a gradient at a time."""
    module, x = copy.deepcopy(module).float(), x.float()
    parameters = list(module.parameters())

    def flat(parts: tuple[Tensor, ...]) -> Tensor:
        return torch.cat([part.flatten() for part in parts])

    gradient = torch.autograd.grad(F.cross_entropy(module(x), y), parameters, create_graph=True)
    hessian = torch.stack(
        [flat(torch.autograd.grad(g, parameters, retain_graph=True)) for g in flat(gradient)]
    )
    vectors = torch.linalg.eigh((hessian + hessian.T) / 2)[1].T.numpy()
    directions = random_directions(len(vectors))
    alignments, randoms, lengths = [], [], []
    for sample in x:
        logits = module(sample[None])
        g = flat(torch.autograd.grad(F.cross_entropy(logits, logits.argmax(1)), parameters)).numpy()
        length = np.linalg.norm(g.astype(float))
        unit = g / length if length >= shortest and length > 0 else 0 * g
        alignments.append(abs(vectors @ unit))
        randoms.append(abs(directions @ unit))
        lengths.append(length)
    epsilon = np.max(randoms, axis=0).mean()
    return {
        "unaligned": np.mean([not alignment.any() for alignment in alignments]),
        "max": (np.max(alignments, axis=0) > epsilon).mean(),
        "mean": (np.mean(alignments, axis=0) > epsilon).mean(),
        "epsilon": epsilon,
        "gradients_zero": np.mean(np.array(lengths) == 0),
        "gradients_below_1e-20": np.mean(np.array(lengths) < 1e-20),
    }
