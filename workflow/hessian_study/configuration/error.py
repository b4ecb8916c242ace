"""What is wrong with a configuration, in words that name the key and what to change."""

from collections.abc import Iterable

from hessian_boundary.runtime.own_modules import is_file_name
from hessian_boundary.wording.suggestion import suggestion

TOP = "top level"  # the place of a key that stands in no section


class ConfigurationError(ValueError):
    """The configuration cannot be run; the message names the key and what to change.

    `place` is where, as dotted keys; `key` what stands there and should not. The file is
    `config.yaml` until somebody finds another one (hessian_study.configuration.file).
    """

    def __init__(self, place: str, problem: str, *, key: str = "", profile: str = "") -> None:
        super().__init__(place, problem)
        self.place, self.problem, self.key, self.profile = place, problem, key, profile
        self.file = "config.yaml"

    def __str__(self) -> str:
        changed = f" with profile {self.profile}" if self.profile else ""
        where = f"{self.file}{changed}, {self.place}: " if self.place else ""
        return f"{where}{self.problem}"


def check_known(place: str, name: str, known: Iterable[str]) -> None:
    """Raise ConfigurationError with the nearest known name unless `name` is known."""
    known = list(map(str, known))
    if name not in known:
        hint = suggestion(name, known)
        raise ConfigurationError(place, f"{name!r} does not exist; {hint}", key=name)


def check_module(place: str, name: str, known: Iterable[str]) -> None:
    """Raise ConfigurationError unless a name is that of a known module, or of a file.

    A file that is missing or no Python stops the steps that use it, and no others.
    """
    if not is_file_name(name):
        check_known(place, name, known)
