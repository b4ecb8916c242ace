"""Which models a sweep trains: walks through the knobs, on which one knob is turned at a time.

A grid over ten knobs has too many points. On a walk every knob is turned once, so that its k + 1
points give k pairs of models that differ in one knob and nothing else, at ever other values of the
rest. Source: Morris (1991), Technometrics 33, 161.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hessian_boundary.runtime.seeds import derive_seed

# what a model is trained with where a sweep does not turn the knob
DEFAULTS: dict[str, Any] = {
    "initial_scale": 1,  # factor of all parameters before the first training
    "width": 32,  # units of each hidden layer
    "depth": 2,  # hidden layers
    "learning_rate": 0.02,
    "batch_size": 32,
    "weight_decay": 0,
    "label_noise": 0,  # share of the training labels that are wrong
    "training_size": 100,
    "epochs": 1000,
    "start": "normal",
}
STARTS = ("normal", "adversarial", "large_norm")
# further axes along which two models can differ
DRAW, SEED = "draw", "seed"
AXES = (*DEFAULTS, DRAW, SEED)


@dataclass(frozen=True)
class PlannedModel:
    """A point of a walk with a seed. The seeds of a walk's points are the same."""

    walk: int
    point: int
    seed: int
    knobs: Mapping[str, Any]  # every one of `DEFAULTS`


def walk(values: Mapping[str, Sequence[Any]], draw: np.random.Generator) -> list[dict[str, Any]]:
    """Return k + 1 points, of which each differs from the one before in one of k knobs.

    The first point and the order of the knobs are random, and so is the new value of each.

    Raises ValueError for a knob that is not known or has fewer than two values.
    """
    for name, choices in values.items():
        if name not in DEFAULTS:
            raise ValueError(
                f"expected knobs among {', '.join(DEFAULTS)}, found {name!r}; correct "
                "`generalisation.knobs` in config.yaml"
            )
        if len(set(choices)) < 2:
            raise ValueError(
                f"expected at least two values of the knob {name}, found {list(choices)}; add one "
                "in `generalisation.knobs` of config.yaml, or take the knob out"
            )
    point = dict(DEFAULTS)
    for name, choices in values.items():
        point[name] = choices[draw.integers(len(choices))]  # type: ignore[call-overload]
    points = [dict(point)]
    for name in draw.permutation(list(values)).tolist():
        others = [value for value in values[name] if value != point[name]]
        point[name] = others[draw.integers(len(others))]
        points.append(dict(point))
    return points


def planned_models(
    dataset: str, half: str, values: Mapping[str, Sequence[Any]], walks: int, repeats: int
) -> list[PlannedModel]:
    """Return the models of each data draw of one half of a study, `explore` or `confirm`.

    The walks of the halves differ; those of the draws within a half are the same, so that two
    models can differ in the draw alone. The first `repeats` points of each walk are trained a
    second time, with another seed.
    """
    planned = []
    for index in range(walks):
        draw = np.random.default_rng(derive_seed("walk through knobs", dataset, half, index))
        for number, knobs in enumerate(walk(values, draw)):
            seeds = (0, 1) if number < repeats else (0,)
            planned += [PlannedModel(index, number, seed, knobs) for seed in seeds]
    return planned
