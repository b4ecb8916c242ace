"""Fresh samples of a data set's distribution, where its generator can draw them.

A simulated data set is one draw; how often a network errs on its distribution is known from further
ones. A generator says how by a second function beside `generate`:

    def draw(n, seed, **parameters):
        return x, y

It is given the data set's `parameters`, and returns n samples that depend on nothing but its
arguments. `n` and `seed` (a whole number below 2**63) take the place of what in the parameters says
how many samples there are and how they are drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hessian_boundary.data.generating import GENERATORS
from hessian_boundary.data.labels import whole_number_labels
from hessian_boundary.data.single_precision import to_float32
from hessian_boundary.runtime.own_code import full_name, own_function, own_module
from hessian_boundary.runtime.own_files import only_reading
from hessian_boundary.runtime.seeds import derive_seed

FRESH_SAMPLES = 200_000  # the binomial deviation of an error of 1 % is then 0.02 %
AT_ONCE = 20_000

Samples = tuple[np.ndarray, np.ndarray]


def can_draw(generator: str) -> bool:
    """Return whether a generator has a function `draw`."""
    return hasattr(own_module(full_name(GENERATORS, generator)), "draw")


def fresh_samples(
    generator: str, parameters: Mapping[str, Any], x: np.ndarray, class_names: Sequence[str] = ()
) -> Iterator[Samples]:
    """Yield 200,000 fresh samples in parts: x (n, feature…) float32 and labels (n,) int64.

    They are the same for every model of a data set. `x` (sample, feature…) are samples of the data
    set, whose shape fresh ones must have; `class_names` are the classes where labels are words.

    Raises ValueError for a generator that draws other than it should: with what to return.
    """
    draw, place = own_function(full_name(GENERATORS, generator), "draw")
    for part in range(FRESH_SAMPLES // AT_ONCE):
        seed = derive_seed("fresh samples", generator, part)
        with only_reading([], f"`draw` of the generator {generator!r}"):
            returned = draw(AT_ONCE, seed, **parameters)
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            raise ValueError(
                f"expected x and y from `draw` in {place}, found {type(returned).__name__}; end it "
                "with `return x, y`"
            )
        inputs, labels = returned
        yield _checked(inputs, labels, x.shape[1:], class_names, place)


def _checked(x: Any, y: Any, shape: tuple[int, ...], names: Sequence[str], place: str) -> Samples:
    features = np.asarray(x)
    if features.shape != (AT_ONCE, *shape):
        raise ValueError(
            f"expected x of shape {(AT_ONCE, *shape)} from `draw` in {place}, found "
            f"{features.shape}; return n samples like those of `generate`"
        )
    labels, words = whole_number_labels(y, len(features))
    if words:  # in alphabetical order of those drawn, which may lack a class
        if unknown := sorted(set(words) - set(names)):
            raise ValueError(
                f"expected labels among the classes {list(names)} from `draw` in {place}, found "
                f"{unknown}; return the labels of `generate`"
            )
        labels = np.array([list(names).index(word) for word in words])[labels]
    return to_float32(features), labels
