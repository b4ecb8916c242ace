"""The configuration, checked before anything runs and asked for by name afterwards."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema

from hessian_boundary.wording.suggestion import suggestion
from hessian_study.configuration.error import TOP, ConfigurationError, check_known
from hessian_study.configuration.file import stands_in, with_own_files
from hessian_study.configuration.profiles import (
    laid_over,
    usual_profile,
    with_changes,
    with_extended_profiles,
    with_likes,
)
from hessian_study.configuration.references import check_references, start_reference
from hessian_study.configuration.sweeps import in_its_sweep, with_sweeps
from hessian_study.configuration.targets.selection import Selection
from hessian_study.configuration.typed_values import plain_value, with_exponents
from hessian_study.schema import schema, with_defaults

# JSON has one kind of number, in which 20.0 is an integer; for Python's functions it is none
_VALIDATOR = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


class Study:
    """A valid configuration, seen from the workflow's side.

    `files` are the ones that it was read from, in that order: names of the user's own code are
    relative to the file that they stand in. Raises ConfigurationError for an unknown key, an
    impossible value, or a name that refers to nothing.
    """

    def __init__(self, config: Mapping[str, Any], files: Sequence[str | Path] = ()) -> None:
        config = completed(config, files)
        self.profile: str = config["profile"]
        check_known("profile", self.profile, config["profiles"])
        changed = with_changes(config, self.profile)
        check_schema(changed, self.profile)
        self.config, self.sweeps = with_sweeps(changed)
        try:
            if self.sweeps:
                check_schema(self.config)
            self._check_references()
        except ConfigurationError as error:
            raise in_its_sweep(error, self.config, self.sweeps) from error
        self.selection = Selection(self.config)
        self.seeds: list[int] = config["profiles"][self.profile]["seeds"]

    def _check_references(self) -> None:
        try:
            check_references(self.config)
        except ConfigurationError as error:
            changes = self.config["profiles"][self.profile]["changes"]
            if error.place and stands_in(changes, error.place.split(".")):
                error.profile = self.profile
            raise

    def dataset(self, name: str) -> Mapping[str, Any]:
        """Return a data set's entry. Raises ConfigurationError where there is none."""
        check_known("datasets", name, self.config["datasets"])
        return self.config["datasets"][name]

    def experiment(self, dataset: str, training: str) -> Mapping[str, Any]:
        """Return an experiment's entry. Raises ConfigurationError where there is none."""
        check_known("experiments", dataset, self.config["experiments"])
        check_known(f"experiments.{dataset}", training, self.config["experiments"][dataset])
        return self.config["experiments"][dataset][training]

    def training_settings(self, dataset: str, training: str) -> dict[str, Any]:
        """Return what a training depends on, with the profile's early stop."""
        entry = dict(self.experiment(dataset, training))
        entry.pop("curvature", None)  # for later steps
        profile = self.config["profiles"][self.profile]
        entry["stop_when_fitted"] = profile["random_labels_until_fitted"] and entry["labels"] != "y"
        return entry

    def curvature(self, dataset: str, training: str) -> dict[str, Any]:
        """Return how an experiment's curvature is computed: what it says over what all share."""
        own = self.experiment(dataset, training).get("curvature", {})
        laid = laid_over(self.config["curvature"], own)
        return with_defaults(laid, schema()["properties"]["curvature"], schema())

    def start(self, dataset: str, training: str, seed: str) -> tuple[str, str, str] | None:
        """Return (data set, training, seed) of the model that a training starts from, if any."""
        start = self.experiment(dataset, training)["start"]
        if start == "default" or "state_dict" in start:
            return None
        source, name = start_reference(start).split("/")
        return source, name, str(start.get("seed", seed))


def completed(config: Mapping[str, Any], files: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Return a configuration with all that it leaves out: what is `like` another, and defaults.

    Without a profile it has the one called as its file is, of the `seeds` at the top. A complete
    configuration stays as it is. Raises ConfigurationError for what the schema does not allow.
    """
    config = with_exponents(config, schema())
    check_schema(config)
    config = with_own_files(config, files)
    config["experiments"] = with_likes(config["experiments"])
    for entry in (e for trainings in config["experiments"].values() for e in trainings.values()):
        if "state_dict" in entry.get("start", ()):  # a trained network stays as it is, unless asked
            entry.setdefault("epochs", 0)
    if "profiles" not in config:
        config["profiles"] = {usual_profile(files): {}}
    config.setdefault("profile", next(iter(config["profiles"])))
    config = with_extended_profiles(config)
    seeds = config.pop("seeds", schema()["properties"]["seeds"]["default"])
    for profile in config["profiles"].values():
        profile.setdefault("seeds", seeds)
    check_known("profile", config["profile"], config["profiles"])
    config.setdefault("drawn_seed", config["profiles"][config["profile"]]["seeds"][0])
    return {
        name: value
        for name, value in with_defaults(config, schema(), schema()).items()
        if name != "seeds"
    }


def check_schema(config: Mapping[str, Any], profile: str = "") -> None:
    """Compare with the closed schema; the message names the key and the nearest known one.

    `profile` is the one by which the configuration was changed.
    """
    error = jsonschema.exceptions.best_match(_VALIDATOR(schema()).iter_errors(config))
    if error is None:
        return
    place, problem, key = ".".join(map(str, error.absolute_path)), error.message, ""
    if error.validator == "type":
        problem = _wrong_type(error.validator_value, error.instance)
    if error.validator == "oneOf":
        problem = _none_fits(error.validator_value, error.instance)
    unknown, known = _unknown_keys(error)
    if unknown:
        key = min(unknown)
        problem = f"unknown key {key!r}; {suggestion(key, known)}"
    raise ConfigurationError(place or TOP, problem, key=key, profile=profile)


# JSON's types in words, each with an example of what to write
_TYPES = {
    "integer": ("a whole number", "20"),
    "number": ("a number", "0.5 or 1e-3"),
    "boolean": ("true or false", "true"),
    "string": ("text", "it in quotes"),
    "null": ("null", "null"),
    "array": ("a list", "[a, b]"),
    "object": ("keys with values", "{key: value}"),
}


def _unknown_keys(error: jsonschema.ValidationError) -> tuple[set[str], list[str]]:
    """Return the keys that no form of the value may have, and those that some form may."""
    forms = {"additionalProperties": [error.schema], "oneOf": error.validator_value}
    if error.validator not in forms or not isinstance(error.instance, Mapping):
        return set(), []
    known = [key for form in forms[error.validator] for key in form.get("properties", {})]
    return set(map(str, error.instance)) - set(known), known


def _none_fits(choices: Sequence[Mapping[str, Any]], found: Any) -> str:
    """Say what may stand there instead: a word, or a value of one of some types."""
    ways = [repr(choice["const"]) if "const" in choice else _in_words(choice) for choice in choices]
    return f"expected {' or '.join(ways)}, found {found!r}; write one of them"


def _in_words(choice: Mapping[str, Any]) -> str:
    words = _TYPES[choice["type"]][0]
    if needed := choice.get("required"):
        return f"{words} ({', '.join(needed)})"
    known = choice.get("properties")
    return f"{words} among {', '.join(known)}" if known else words


def _wrong_type(types: str | Sequence[str], found: Any) -> str:
    """Say what was expected, what was found, and what to write."""
    names = [types] if isinstance(types, str) else list(types)
    words, example = " or ".join(_TYPES[name][0] for name in names), _TYPES[names[0]][1]
    meant = plain_value(found) if isinstance(found, str) else found
    if isinstance(meant, float) and meant.is_integer() and "integer" in names:
        example = f"{meant:.0f}, without a point or an exponent"
    elif isinstance(found, str) and _VALIDATOR({"type": names}).is_valid(meant):
        example = f"{found}, without quotes"
    return f"expected {words}, found {found!r}; write {example}"
