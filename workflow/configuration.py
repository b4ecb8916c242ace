"""The configuration, checked before anything runs and asked for by name afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from pipeline.suggestion import suggestion
from workflow.configuration_error import ConfigurationError, check_known
from workflow.options import check_options
from workflow.profiles import with_changes, with_extended_profiles
from workflow.selection import Selection
from workflow.views import parse_view

SCHEMA = Path(__file__).parent / "schemas" / "config.schema.yaml"
PACKAGE = Path(__file__).parent.parent / "pipeline"


class Study:
    """A valid configuration, seen from the workflow's side.

    Raises ConfigurationError for an unknown key, an impossible value, or a name that refers to
    nothing.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        check_schema(config)
        config = with_extended_profiles(config)
        self.profile: str = config["profile"]
        check_known("profile", self.profile, config["profiles"])
        self.config = with_changes(config, self.profile)
        check_schema(self.config, f" with profile {self.profile}")
        check_references(self.config)
        self.selection = Selection(self.config)
        self.seeds: list[int] = config["profiles"][self.profile]["seeds"]

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
        profile = self.config["profiles"][self.profile]
        entry["stop_when_fitted"] = profile["random_labels_until_fitted"] and entry["labels"] != "y"
        return entry

    def start(self, dataset: str, training: str, seed: str) -> tuple[str, str, str] | None:
        """Return (data set, training, seed) of the model that a training starts from, if any."""
        start = self.experiment(dataset, training)["start"]
        if start == "default":
            return None
        source, name = _start_reference(start).split("/")
        return source, name, str(start.get("seed", seed))


def check_schema(config: Mapping[str, Any], changed: str = "") -> None:
    """Compare with the closed schema; the message names the key and the nearest known one.

    `changed` is told with the key: what the configuration was changed by.
    """
    validator = jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text()))
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error is None:
        return
    place = ".".join(map(str, error.absolute_path)) or "top level"
    message = f"config.yaml{changed}, {place}: {error.message}"
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in set(error.instance) - set(known):
            hint = suggestion(str(key), known)
            message = f"config.yaml{changed}, {place}: unknown key {key!r}; {hint}"
    raise ConfigurationError(message)


def check_references(config: Mapping[str, Any]) -> None:
    """Check every name that refers to another entry or to a module of the pipeline."""
    for name, entry in config["datasets"].items():
        place, generator = f"datasets.{name}", entry["generator"]
        check_known(f"{place}.generator", generator, _modules("generators"))
        file = PACKAGE / "generators" / f"{generator}.py"
        options = (f"{place}.parameters", file, "generate", entry["parameters"])
        check_options(*options, given=["data_folder"])
    known = {f"{d}/{t}" for d, trainings in config["experiments"].items() for t in trainings}
    for dataset, trainings in config["experiments"].items():
        check_known(f"experiments.{dataset}", dataset, config["datasets"])
        for training, entry in trainings.items():
            place = f"experiments.{dataset}.{training}"
            _check_architecture(f"{place}.architecture", entry["architecture"])
            _check_start(place, entry, config, known)
    for place, name in _tabulated(config):
        check_known(place, name, known)
    check_figures(config, known)
    for dataset in config["planar"]:
        check_known("planar", dataset, config["datasets"])
    for name, profile in config["profiles"].items():
        with_changes(config, name)  # of profiles that are not used, what they name
        for dataset in profile["without"]:
            check_known(f"profiles.{name}.without", dataset, config["datasets"])
    seeds = config["profiles"][config["profile"]]["seeds"]
    if config["drawn_seed"] not in seeds:
        raise ConfigurationError(
            f"config.yaml, drawn_seed: expected one of the profile's seeds {seeds}, found "
            f"{config['drawn_seed']}"
        )


def _check_architecture(place: str, entry: Mapping[str, Any]) -> None:
    check_known(f"{place}.name", entry["name"], _modules("architectures"))
    options = {key: value for key, value in entry.items() if key != "name"}
    file = PACKAGE / "architectures" / f"{entry['name']}.py"
    check_options(place, file, "build", options, leading=2)  # input_shape, classes


def _check_start(
    place: str, entry: Mapping[str, Any], config: Mapping[str, Any], known: set[str]
) -> None:
    """Follow the chain of starting models to its end; a chain that returns never ends."""
    seen = [place.removeprefix("experiments.").replace(".", "/")]
    while entry["start"] != "default":
        reference = _start_reference(entry["start"])
        check_known(f"{place}.start", reference, known)
        if reference in seen:
            raise ConfigurationError(
                f"config.yaml, {place}.start: expected a chain that ends in `start: default`, "
                f"found the circle {' → '.join([*seen, reference])}"
            )
        seen.append(reference)
        dataset, training = reference.split("/")
        entry = config["experiments"][dataset][training]


def _start_reference(start: Mapping[str, Any]) -> str:
    return start.get("parameters_of") or start["norm_of"]


def _tabulated(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place in the configuration, experiment) for every row of a table."""
    tables = {f"tables.{name}": rows for name, rows in config["tables"].items()}
    for place, rows in {**tables, "precision": config["precision"]}.items():
        for dataset, trainings in rows.items():
            for training in trainings:
                yield f"{place}.{dataset}", f"{dataset}/{training}"


def check_figures(config: Mapping[str, Any], known: set[str]) -> None:
    """Check what figures name: layouts, experiments, checkpoints, and a label for each."""
    for figure, entry in config["figures"].items():
        place = f"figures.{figure}"
        check_known(f"{place}.layout", entry["layout"], _modules("figures/layouts"))
        for experiment in entry["experiments"]:
            dataset, training, *view = experiment.split("/", 2)
            check_known(place, f"{dataset}/{training}", known)
            _check_view(place, view, config["experiments"][dataset][training])
        labels = entry.get("labels", entry["experiments"])
        if len(labels) != len(entry["experiments"]):
            raise ConfigurationError(
                f"config.yaml, {place}.labels: expected {len(entry['experiments'])} labels, one "
                f"per experiment, found {len(labels)}"
            )


def _check_view(place: str, view: Sequence[str], entry: Mapping[str, Any]) -> None:
    try:
        epoch = parse_view(f"{view[0]}/" if view else "").epoch
    except ValueError as error:
        raise ConfigurationError(f"config.yaml, {place}: {error}") from error
    if epoch is not None and epoch not in entry.get("checkpoints", []):
        raise ConfigurationError(
            f"config.yaml, {place}: expected a checkpoint among {entry.get('checkpoints', [])}, "
            f"found epoch {epoch}; add it to the experiment's `checkpoints`"
        )


def _modules(package: str) -> list[str]:
    return sorted(f.stem for f in (PACKAGE / package).glob("*.py") if f.stem != "__init__")
