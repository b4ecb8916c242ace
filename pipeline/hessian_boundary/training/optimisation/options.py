"""How gradients become updates: what an experiment's entry says of its optimizer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# keys that each schedule takes, as its class in torch.optim.lr_scheduler calls them
SCHEDULES: dict[str, tuple[str, ...]] = {
    "constant": (),
    "step": ("step_size", "gamma"),
    "exponential": ("gamma",),
    "cosine": ("eta_min",),
    "one_cycle": ("pct_start", "div_factor", "final_div_factor"),
}
NEEDED = {"step": ("step_size",), "exponential": ("gamma",)}
WITH_MOMENTUM = ("sgd", "rmsprop")
# of torch's optimizers, what has a key of its own or would change what an update is
NO_OPTIONS = (
    *("params", "lr", "weight_decay", "momentum", "nesterov"),
    *("maximize", "capturable", "differentiable", "fused", "foreach"),
)


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a training, after `warm_up` epochs or steps in which it rises to it.

    `per` is "epoch" or "step": when it changes, and what `warm_up` and `step_size` count.
    """

    name: str = "constant"
    per: str = "epoch"
    warm_up: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_entry(cls, entry: "Mapping[str, Any] | str") -> "Schedule":
        """Read `learning_rate_schedule`: `constant`, or a name with what belongs to it."""
        if isinstance(entry, str):
            return cls(entry)
        own = {key: entry[key] for key in ("name", "per", "warm_up") if key in entry}
        return cls(**own, options={key: entry[key] for key in entry if key not in own})

    def __post_init__(self) -> None:
        if self.name not in SCHEDULES:
            raise ValueError(
                f"expected a learning_rate_schedule among {list(SCHEDULES)}, found {self.name!r}; "
                "write one of them"
            )
        takes = SCHEDULES[self.name]
        if others := sorted(set(self.options) - set(takes)):
            raise ValueError(
                f"expected {', '.join(takes) or 'no further keys'} for the learning_rate_schedule "
                f"{self.name!r}, found {', '.join(others)}; take {others[0]} out"
            )
        if missing := [key for key in NEEDED.get(self.name, ()) if key not in self.options]:
            raise ValueError(
                f"expected {missing[0]} for the learning_rate_schedule {self.name!r}, found none; "
                f"write `learning_rate_schedule: {{name: {self.name}, {missing[0]}: …}}`"
            )
        if self.name == "one_cycle" and self.warm_up:
            raise ValueError(
                f"expected no warm_up for the learning_rate_schedule 'one_cycle', found "
                f"{self.warm_up}; it has a rise of its own: write `pct_start` for its share"
            )


@dataclass(frozen=True)
class UpdateOptions:
    """The optimizer and what is done to gradients before it, and to its learning rate.

    Without `decay_biases_and_norms`, parameters of less than two dimensions have no weight decay:
    biases, and the factors of normalisation layers. `accumulate_batches` mini-batches make one
    update, `clip_gradient_norm` bounds the length of the gradient it is made of.
    """

    optimizer: str
    learning_rate: float
    weight_decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    decay_biases_and_norms: bool = True
    optimizer_options: Mapping[str, Any] = field(default_factory=dict)
    clip_gradient_norm: float | None = None
    accumulate_batches: int = 1
    schedule: Schedule = field(default_factory=Schedule)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "UpdateOptions":
        """Read the keys of an experiment's entry that are about updates."""
        known = {key: settings[key] for key in cls.__dataclass_fields__ if key in settings}
        entry = settings.get("learning_rate_schedule", "constant")
        return cls(**known, schedule=Schedule.of_entry(entry))

    def __post_init__(self) -> None:
        if self.momentum and self.optimizer not in WITH_MOMENTUM:
            raise ValueError(
                f"expected momentum with the optimizer {' or '.join(WITH_MOMENTUM)}, found "
                f"{self.optimizer!r}; take `momentum` out: others have their own "
                "(`optimizer_options: {betas: [0.9, 0.999]}`)"
            )
        if self.nesterov and (self.optimizer != "sgd" or not self.momentum):
            raise ValueError(
                f"expected `optimizer: sgd` and a momentum above 0 with `nesterov: true`, found "
                f"{self.optimizer} and {self.momentum}; write `momentum: 0.9`, or take `nesterov` "
                "out"
            )
        if managed := sorted(set(self.optimizer_options) & set(NO_OPTIONS)):
            raise ValueError(
                f"expected optimizer_options without {', '.join(NO_OPTIONS)}, found {managed[0]}; "
                "take it out: the experiment has keys of its own for the learning rate, weight "
                "decay and momentum"
            )
