"""The configuration, checked before anything runs and asked for by name afterwards."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hessian_study.configuration.error import ConfigurationError, check_known
from hessian_study.configuration.file import check_values, stands_in, with_own_files
from hessian_study.configuration.profiles import (
    laid_over,
    usual_profile,
    with_changes,
    with_extended_profiles,
    with_likes,
    with_unsaid_epochs,
)
from hessian_study.configuration.references import check_references, start_reference
from hessian_study.configuration.sweeps import in_its_sweep, with_sweeps
from hessian_study.configuration.targets.selection import Selection
from hessian_study.configuration.typed_values import check_schema, with_exponents
from hessian_study.schema import schema, with_defaults

EMPTY: Mapping[str, Any] = MappingProxyType({})


class Study:
    """A valid configuration, seen from the workflow's side.

    `files` are the ones that it was read from, in that order: names of the user's own code are
    relative to the file that they stand in, but for those on the `command_line`.

    Raises ConfigurationError for an unknown key, an impossible value, or a name that refers to
    nothing.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        files: Sequence[str | Path] = (),
        command_line: Mapping[str, Any] = EMPTY,
    ) -> None:
        config = completed(config, files, command_line)
        self.profile: str = config["profile"]
        check_known("profile", self.profile, config["profiles"])
        changed = with_changes(config, self.profile)
        check_schema(changed, self.profile)
        self.config, self.sweeps = with_sweeps(changed)
        experiments = with_unsaid_epochs(self.config["experiments"], _usual_epochs())
        self.config["experiments"] = experiments
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

    @cached_property
    def started_from(self) -> set[tuple[str, str, str]]:
        """The models that some training starts from, (data set, training, seed), along chains."""
        found: set[tuple[str, str, str]] = set()
        pending = [
            (dataset, training, str(seed))
            for dataset, trainings in self.config["experiments"].items()
            for training in trainings
            for seed in self.seeds
        ]
        while pending:
            source = self.start(*pending.pop())
            if source is not None and source not in found:
                found.add(source)
                pending.append(source)
        return found


def completed(
    config: Mapping[str, Any],
    files: Sequence[str | Path] = (),
    command_line: Mapping[str, Any] = EMPTY,
) -> dict[str, Any]:
    """Return a configuration with all that it leaves out: what is `like` another, and defaults.

    Without a profile it has the one called as its file is, of the `seeds` at the top. A complete
    configuration stays as it is. Raises ConfigurationError for what the schema does not allow.
    """
    check_values(config)
    config = with_exponents(config, schema())
    check_schema(config)
    config = with_own_files(config, files, command_line)
    config["experiments"] = with_likes(config["experiments"])
    config["experiments"] = with_unsaid_epochs(config["experiments"], _usual_epochs())
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


def _usual_epochs() -> int:
    return int(schema()["$defs"]["experiment"]["properties"]["epochs"]["default"])
