"""What is wrong with a configuration, in words that name the key and what to change."""

from collections.abc import Iterable
from difflib import get_close_matches


class ConfigurationError(ValueError):
    """The configuration cannot be run; the message names the key and what to change."""


def check_known(place: str, name: str, known: Iterable[str]) -> None:
    """Raise ConfigurationError with the nearest known name unless `name` is known."""
    known = list(map(str, known))
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
        raise ConfigurationError(f"config.yaml, {place}: {name!r} does not exist; {hint}")
