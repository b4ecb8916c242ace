"""How much of a loss' slope is round-off, where samples are classified with confidence.

The losses here keep the relative precision of ∂ℓ/∂f (`losses.per_sample`). A function of the user's
may form it as a difference of numbers of size one, p − 1: below 1e-8 it has few digits then, and
the direction of the sample's gradient is noise. Along a line through the logits a smooth slope s(t)
has differences Δᵏs of the size of hᵏ, and noise of standard deviation σ has
E[(Δᵏs)²] = σ² (2k)!/(k!)².

Source: Moré and Wild (2011), SIAM J. Sci. Comput. 33, 1292, Estimating computational noise.
"""

from math import comb

import torch
from torch import Tensor

from hessian_boundary.losses.derivatives import logit_slope
from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.losses.recognised import is_known

FLAT = 1e-8  # of the slope at equal logits; steeper ones have digits, however they are formed
ORDER = 12  # k of the differences
# h of the gap of two logits: a slope that falls with it as e^(−gap) changes by a factor of e^(k h);
# one that falls faster takes steps as many times shorter
STEP = 0.15
FASTEST = 20.0  # how many times
UNRESOLVED = 1e-6  # noise of a slope, relative, whose direction is not told


def unresolved(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Return of which samples (n,) the slope of a loss at logits (n, C), labels (n,) is round-off.

    None of a loss that is known here, and none that is exactly zero: it has no direction anyway.
    """
    found = torch.zeros_like(labels, dtype=torch.bool)
    if is_known(loss) or not len(labels):
        return found
    sizes = logit_slope(loss, labels)(logits).abs().amax(1)
    ordinary = logit_slope(loss, labels)(torch.zeros_like(logits)).abs().amax(1)
    flat = (sizes > 0) & (sizes < FLAT * ordinary)
    if flat.any():
        noise = _noise(loss, logits[flat], labels[flat])
        found[flat] = ~(noise <= UNRESOLVED * sizes[flat])
    return found


def _noise(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Return the standard deviation of the slopes' largest entry, (n,)."""
    # towards less confidence; the label's own logit moves as well, for a loss of that one alone
    direction = torch.full_like(logits, 0.5).scatter_(1, labels[:, None], -0.5)

    def slope(steps: Tensor) -> Tensor:
        return logit_slope(loss, labels)(logits + steps[:, None] * direction)

    step = torch.full_like(logits[:, 0], STEP)
    before, after = (slope(sign * step).abs().amax(1) for sign in (-1, 1))
    rate = ((after / before).log().abs() / (2 * STEP)).nan_to_num(1, posinf=1)
    step = step / rate.clamp(1, FASTEST)
    difference = torch.zeros_like(logits)
    for k in range(ORDER + 1):
        difference += (-1) ** k * comb(ORDER, k) * slope((k - ORDER / 2) * step)
    return difference.abs().amax(1) / comb(2 * ORDER, ORDER) ** 0.5
