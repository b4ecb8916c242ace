"""Where a training starts: a default draw, another model's parameters, or a large norm."""

import torch
from torch import Tensor


def scale_to_norm(fresh: Tensor, reference: Tensor) -> Tensor:
    """Multiply a fresh initialisation so that its L2 norm is that of a reference model.

    θ = θ_fresh · ‖θ_reference‖ / ‖θ_fresh‖, both vectors (p,): the paper's "large norm
    initialization" (Section 3), with the random-label model of the same seed as reference.
    """
    return fresh * (torch.linalg.vector_norm(reference) / torch.linalg.vector_norm(fresh))
