"""Functions of PyTorch's that others stand in for, wherever a network calls them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode


class ReplacedFunctions(TorchFunctionMode):
    """Inside, what calls a function gets its replacement, which takes the same arguments."""

    def __init__(self, replacements: Mapping[Callable[..., Any], Callable[..., Tensor]]) -> None:
        super().__init__()
        self._replacements = replacements

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: Sequence[Any] = (),
        options: dict[str, Any] | None = None,
    ) -> Any:
        """Call the replacement, or the function itself where it has none."""
        return self._replacements.get(function, function)(*arguments, **(options or {}))
