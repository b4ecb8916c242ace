"""How a model is trained: an experiment's entry of the configuration, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hessian_boundary.training.optimisation.options import UpdateOptions

# what is only about the loop that a file of one's own stands in for
OF_THE_LOOP = {
    "momentum": 0,
    "nesterov": False,
    "decay_biases_and_norms": True,
    "optimizer_options": {},
    "learning_rate_schedule": "constant",
    "clip_gradient_norm": None,
    "accumulate_batches": 1,
    "early_stopping": None,
    "shuffle_seed": None,
    "checkpoints": (),
}


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
class LossOptions:
    """The loss that is trained, and whether H is taken of it or of the `plain` one of that name.

    class_weights: one for each class, "balanced" for n / (C n_c) with n_c training samples of
    class c, or None.
    """

    name: str = "cross_entropy"  # see losses.per_sample
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | str | None = None
    hessian_loss: str = "trained"

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "LossOptions":
        """Read the keys of an experiment's entry that are about the loss."""
        weights = settings.get("class_weights")
        return cls(
            settings["loss"],
            settings.get("label_smoothing", 0.0),
            tuple(weights) if isinstance(weights, list | tuple) else weights,
            settings.get("hessian_loss", "trained"),
        )


@dataclass(frozen=True)
class TrainingOptions:
    """An experiment, and whether its training ends early.

    training: a file whose function `train` stands in for the loop; then `update`, `batch_size` and
    `epochs` are not used.
    """

    architecture: Mapping[str, Any]  # the module's name, and options of its `build`
    labels: str  # variable of the data set
    loss: LossOptions
    update: UpdateOptions
    batch_size: int
    epochs: int
    presumes_fit: bool  # a run that does not reach 100 % training accuracy is marked
    start: Start = field(default_factory=Start)
    checkpoints: tuple[int, ...] = ()  # epochs after which parameters are kept
    stop_when_fitted: bool = False
    patience: int | None = None  # of early stopping
    shuffle_seed: int | None = None  # else it is derived from the run's
    training: str | None = None

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "TrainingOptions":
        """Read an experiment's entry, which the workflow has checked against its schema.

        Keys for other steps are passed over. Raises ValueError for keys that do not go together.
        """
        entry = {key: settings[key] for key in cls.__dataclass_fields__ if key in settings}
        entry["loss"] = LossOptions.of_settings(settings)
        entry["update"] = UpdateOptions.of_settings(settings)
        entry["checkpoints"] = tuple(settings.get("checkpoints", ()))
        entry["patience"] = (settings.get("early_stopping") or {}).get("patience")
        if entry.get("training"):
            _check_own(settings)
        start = entry.pop("start")
        if start == "default":
            return cls(**entry)
        known = {
            key: start[key] for key in ("parameters_of", "norm_of", "state_dict") if key in start
        }
        scales = tuple(start.get("rescale_layers", ()))
        return cls(**entry, start=Start(**known, rescale_layers=scales))


def _check_own(settings: Mapping[str, Any]) -> None:
    for key, default in OF_THE_LOOP.items():
        given = settings.get(key, default)
        if (tuple(given) if isinstance(given, list) else given) != default:
            raise ValueError(
                f"expected `training: {settings['training']}` without {key}, found {given!r}; that "
                f"file trains, and {key} would have no effect: take it out"
            )
