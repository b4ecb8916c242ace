"""Measures of a classifier that its logits and last layer tell: margins, relative flatness."""

import torch
from torch import Tensor, nn

from hessian_boundary.networks.parameters import trainable_parameters

TENTH = 0.1  # Jiang et al. (2020) take the 10th percentile of margins, as the least is noisy


def output_margin(module: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the 10th percentile over samples of f_y(x) − max_{c≠y} f_c(x), for x (n, feature…)."""
    with torch.no_grad():
        logits = module(x)
    own = logits.gather(1, y[:, None])[:, 0]
    others = logits.scatter(1, y[:, None], -torch.inf).max(dim=1).values
    return float(torch.quantile(own - others, TENTH))


def mean_loss(module: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the mean cross-entropy of x (n, feature…) with labels y (n,)."""
    with torch.no_grad():
        return float(nn.functional.cross_entropy(module(x), y))


def relative_flatness(module: nn.Module, x: Tensor) -> float:
    """Return the relative flatness of the last dense layer, for the mean cross-entropy.

    κ = Σ_{c,c'} ⟨w_c, w_c'⟩ Tr(H_cc'), with the layer's weight W (C, m) of rows w_c and the blocks
    H_cc' of the loss's Hessian over W. With the layer's input φ and the predicted probabilities q,
    H_cc' = (1/n) Σ_s (q_c δ_cc' − q_c q_c') φ_s φ_sᵀ, so

        κ = (1/n) Σ_s ‖φ_s‖² (Σ_c q_c ‖w_c‖² − ‖Σ_c q_c w_c‖²).

    A scaling that leaves the function as it is leaves κ, too. Source: Petzka, Kamp, Adilova,
    Sminchisescu & Boley (2021), Relative flatness and generalization, NeurIPS, Definition 3.

    Raises ValueError for a network that does not end in a dense layer.
    """
    dense = [part for part in module.modules() if isinstance(part, nn.Linear)]
    if not dense or not any(dense[-1].weight is last for last in trainable_parameters(module)[-2:]):
        raise ValueError(
            "expected a network that ends in a dense layer, found none; take `relative_flatness` "
            "out of `generalisation.measures` in config.yaml"
        )
    inputs: list[Tensor] = []
    hook = dense[-1].register_forward_hook(lambda _, given, __: inputs.append(given[0]))
    try:
        with torch.no_grad():
            q = module(x).softmax(dim=1)
    finally:
        hook.remove()
    weight = dense[-1].weight.detach()
    spread = q @ weight.square().sum(dim=1) - (q @ weight).square().sum(dim=1)
    return float((inputs[0].square().sum(dim=1) * spread).mean())
