"""`train` with the options of the optimizer beside the others, as experiments have them."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from hessian_boundary.training import loop
from hessian_boundary.training.history import Training
from hessian_boundary.training.optimisation.options import UpdateOptions

UPDATE = {*UpdateOptions.__dataclass_fields__, "learning_rate_schedule"}


def train(module: nn.Module, x: Tensor, y: Tensor, loss: Callable, **options: Any) -> Training:
    update = UpdateOptions.of_settings(options)
    others = {key: value for key, value in options.items() if key not in UPDATE}
    return loop.train(module, x, y, loss, update=update, **others)
