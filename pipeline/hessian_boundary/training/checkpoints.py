"""What a network was after chosen epochs of its training."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from hessian_boundary.networks.parameters import buffer_vector, parameter_vector


class Checkpoints:
    """Parameters and buffers after chosen epochs; 0 is the start, which is kept at once."""

    def __init__(self, module: nn.Module, epochs: Sequence[int]) -> None:
        self._module, self._epochs = module, set(epochs)
        self.parameters: dict[int, Tensor] = {}
        self.buffers: dict[int, Tensor] = {}
        self.save(0)

    def save(self, epoch: int) -> None:
        """Keep what the network has now, if the epoch is one of those asked for."""
        if epoch in self._epochs:
            self.parameters[epoch] = parameter_vector(self._module)
            self.buffers[epoch] = buffer_vector(self._module)

    def state(self) -> dict[str, Any]:
        """Return everything."""
        return {"parameters": self.parameters, "buffers": self.buffers}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.parameters, self.buffers = state["parameters"], state["buffers"]
