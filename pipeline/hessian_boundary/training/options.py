"""How a model is trained: an experiment's entry of the configuration, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Start:
    """Where the parameters come from: a default draw, a file, or another model.

    state_dict: the file, as the configuration names it. parameters_of: the model
    ("data set/training") whose parameters are taken, after `rescale_layers` (a factor for the
    weights of each layer). norm_of: the model to whose norm a default draw is scaled.
    """

    parameters_of: str = ""
    norm_of: str = ""
    state_dict: str = ""
    rescale_layers: tuple[float, ...] = ()


@dataclass(frozen=True)
class TrainingOptions:
    """An experiment, and whether its training ends early."""

    architecture: Mapping[str, Any]  # the module's name, and options of its `build`
    labels: str  # variable of the data set
    loss: str  # name, see networks.losses
    optimizer: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    presumes_fit: bool  # a run that does not reach 100 % training accuracy is marked
    start: Start = field(default_factory=Start)
    checkpoints: tuple[int, ...] = ()  # epochs after which parameters are kept
    stop_when_fitted: bool = False

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "TrainingOptions":
        """Read an experiment's entry, which the workflow has checked against its schema."""
        entry = {**settings, "checkpoints": tuple(settings.get("checkpoints", ()))}
        start = entry.pop("start")
        if start == "default":
            return cls(**entry)
        known = {
            key: start[key] for key in ("parameters_of", "norm_of", "state_dict") if key in start
        }
        scales = tuple(start.get("rescale_layers", ()))
        return cls(**entry, start=Start(**known, rescale_layers=scales))
