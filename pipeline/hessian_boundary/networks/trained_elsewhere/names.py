"""The names in a file of trained parameters, and those that the network has for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from torch import Tensor

# what people save the parameters under, beside epochs and optimisers
WRAPPINGS = ("state_dict", "model_state_dict", "model")
PARALLEL = "module."  # what DataParallel puts before every name
COMPILED = "_orig_mod."  # what torch.compile puts before the names of a part
SHOWN = 5


def unwrapped(found: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the tensors by name, also where they stand under a name such as "state_dict".

    Raises ValueError for values that are no tensors, and where there are none.
    """
    for name in WRAPPINGS:
        if isinstance(found.get(name), Mapping):
            return unwrapped(found[name])
    other = [str(name) for name, value in found.items() if not isinstance(value, Tensor)]
    if other or not found:
        what = f"{type(found[other[0]]).__name__} as {listed(other)}" if other else "nothing"
        raise ValueError(
            f"expected tensors by name, in the file or under {', '.join(WRAPPINGS)} in it, found "
            f"{what}; save torch.save(network.state_dict(), 'model.pt')"
        )
    return {str(name): value for name, value in found.items()}


def without_prefixes(tensors: Mapping[str, Tensor], expected: Collection[str]) -> dict[str, Tensor]:
    """Return the tensors by the names that a network has which is neither parallel nor compiled.

    Names stay as they are where the network expects most of them so.
    """
    plain = {name.replace(COMPILED, ""): value for name, value in tensors.items()}
    while plain and all(name.startswith(PARALLEL) for name in plain):
        shorter = {name.removeprefix(PARALLEL): value for name, value in plain.items()}
        if _known(shorter, expected) < _known(plain, expected):
            break
        plain = shorter
    as_it_is = len(plain) < len(tensors) or _known(plain, expected) < _known(tensors, expected)
    return dict(tensors) if as_it_is else plain


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _known(names: Collection[str], expected: Collection[str]) -> int:
    return len(set(names) & set(expected))
