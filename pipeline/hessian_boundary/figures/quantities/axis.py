"""What an axis says, and whether it is logarithmic."""

import re
import textwrap
from collections.abc import Collection, Sequence

import pandas as pd

from hessian_boundary.wording.glossary import meaning
from hessian_boundary.wording.labels import measure_label, readable

DECADES = 2  # values that span more are drawn on a logarithmic axis
CHARACTER = 0.064  # inches, of the labels' font
# one symbol and its index, as in λ_max, G_θ, A_i
INDEXED = re.compile(r"(?<![\w/])([A-Zλθ])_([\wθ]+)")


def axis_label(name: str, settings: Collection[str], length: float) -> str:
    """Return what a measure is, in words; of one of `settings`, its name.

    `length` is that of the axis, in inches: longer text has several lines.
    """
    if name in settings:
        text = readable(name).replace(".", " ")
    else:
        text = meaning(name) or measure_label(name)
    lines = textwrap.wrap(text, int(length / CHARACTER))
    return "\n".join(INDEXED.sub(r"$\1_{\\mathrm{\2}}$", line) for line in lines)


def is_logarithmic(values: pd.Series, axis: str, chosen: Sequence[str] | None) -> bool:
    """Tell whether numbers go on a logarithmic axis: if `chosen` says so or, where it is None,
    they are positive and span more than two decades.

    Raises ValueError for a chosen axis with numbers that are not positive.
    """
    known = values.dropna().astype(float)
    positive = not known.empty and known.min() > 0
    if chosen is None:
        return bool(positive and known.max() > 10**DECADES * known.min())
    if axis in chosen and not positive:
        raise ValueError(
            f"expected positive numbers for the logarithmic axis {axis}, found {known.min():g}; "
            f"leave {axis!r} out of the figure's `log`"
        )
    return axis in chosen
