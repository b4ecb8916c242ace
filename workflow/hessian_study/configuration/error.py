"""What is wrong with a configuration, in words that name the key and what to change."""

from collections.abc import Iterable

from hessian_boundary.wording.suggestion import suggestion


class ConfigurationError(ValueError):
    """The configuration cannot be run; the message names the key and what to change."""


def check_known(place: str, name: str, known: Iterable[str]) -> None:
    """Raise ConfigurationError with the nearest known name unless `name` is known."""
    known = list(map(str, known))
    if name not in known:
        hint = suggestion(name, known)
        raise ConfigurationError(f"config.yaml, {place}: {name!r} does not exist; {hint}")
