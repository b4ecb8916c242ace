"""What the points of a sweep are called: `rates,learning_rate=0.01,width=8`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# the name of a training; of a point it goes on with a value per key
TRAINING = r"[a-z][a-z0-9_]*(?:,[A-Za-z0-9_.]+=[a-z0-9_.-]+)*"


def value_text(value: Any) -> str:
    """Write a value so that it can be part of a path: 0.01, 1e-05, 100x100, adam, net.py.

    Numbers have the fewest digits that read back exactly; of text, what is no letter, digit, `_`
    or point becomes a dash.
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value).removesuffix(".0").replace("+", "")
    if isinstance(value, Mapping):
        return "-".join(f"{value_text(key)}-{value_text(part)}" for key, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "x".join(map(value_text, value))
    return re.sub(r"[^a-z0-9_.]+", "-", str(value).lower()).strip("-.")
