"""Names in the configuration that refer to another entry, or to a module of the pipeline."""

from collections.abc import Iterator, Mapping
from typing import Any

from hessian_boundary.training.options import TrainingOptions
from hessian_study.configuration.error import ConfigurationError, check_known, check_module
from hessian_study.configuration.figures import check_experiment, check_figures
from hessian_study.configuration.layouts import declared
from hessian_study.configuration.options import check_options
from hessian_study.configuration.profiles import with_changes
from hessian_study.configuration.targets.columns import MEASURED, PLANE, key_values, known_columns
from hessian_study.configuration.targets.generalisation import chunk_settings, chunks
from hessian_study.project import ARCHITECTURES, GENERATORS, STEPS, modules, rule_names, source_file


def check_references(config: Mapping[str, Any]) -> None:
    """Check every name that refers to another entry or to a module of the pipeline."""
    known = {f"{d}/{t}" for d, trainings in config["experiments"].items() for t in trainings}
    _check_datasets(config)
    _check_experiments(config, known)
    for place, name in _tabulated(config):
        check_known(place, name, known)
    _check_targets(config)
    check_figures(config, known)
    _check_columns(config)
    for name in config["over_seeds"]:
        check_known("over_seeds", name, config["figures"])
    for experiment in config["contrasts"]:
        check_experiment("contrasts", experiment, config, known)
    for experiment in config["margins"]["experiments"]:
        check_known("margins.experiments", experiment, known)
    for dataset in config["planar"]:
        check_known("planar", dataset, config["datasets"])
    _check_generalisation(config)
    _check_profiles(config)


# folders of results/<profile> that are no data set's
FOLDERS = ("costs", "figures", "generalisation", "provenance", "tables")


def _check_datasets(config: Mapping[str, Any]) -> None:
    for name, entry in config["datasets"].items():
        place, generator = f"datasets.{name}", entry["generator"]
        if name in FOLDERS:
            raise ConfigurationError(
                place,
                f"expected another name than {', '.join(FOLDERS)}, which are folders among the "
                f"results, found {name}; rename the data set",
            )
        check_module(f"{place}.generator", generator, modules(GENERATORS))
        file = source_file(GENERATORS, generator)
        options = (f"{place}.parameters", file, "generate", entry["parameters"])
        check_options(*options, given=["data_folder", *(["files"] if "files" in entry else [])])
        if entry.get("split") and entry.get("stratify"):
            raise ConfigurationError(
                f"{place}.stratify",
                "expected a split that is drawn, found one of your own in `split`; take one of "
                "the two away",
            )


def _check_experiments(config: Mapping[str, Any], known: set[str]) -> None:
    for dataset, trainings in config["experiments"].items():
        check_known(f"experiments.{dataset}", dataset, config["datasets"])
        for training, entry in trainings.items():
            place = f"experiments.{dataset}.{training}"
            _check_architecture(f"{place}.architecture", entry["architecture"])
            _check_training(place, entry)
            _check_start(place, entry, config, known)


def _check_profiles(config: Mapping[str, Any]) -> None:
    for name, profile in config["profiles"].items():
        with_changes(config, name)  # of profiles that are not used, what they name
        for left_out in profile["without"]:
            known_names = [*config["datasets"], *config["tables"]]
            check_known(f"profiles.{name}.without", left_out, known_names)
    seeds = config["profiles"][config["profile"]]["seeds"]
    if config["drawn_seed"] not in seeds:
        raise ConfigurationError(
            "drawn_seed",
            f"expected one of the profile's seeds {seeds}, found {config['drawn_seed']}",
        )


def _check_generalisation(config: Mapping[str, Any]) -> None:
    for dataset in config["generalisation"].get("datasets", {}):
        check_known("generalisation.datasets", dataset, config["datasets"])
    for chunk in chunks(config):
        try:
            chunk_settings(config, *chunk)
        except ValueError as error:
            raise ConfigurationError("generalisation", str(error)) from error


def _check_targets(config: Mapping[str, Any]) -> None:
    """Tables and figures are targets of the workflow, beside its steps: each needs its own name."""
    steps = {"all", *modules(STEPS), *rule_names()}
    for section, taken in (("tables", steps), ("figures", steps | set(config["tables"]))):
        if shared := sorted(taken & set(config[section])):
            raise ConfigurationError(
                section,
                f"expected names that no step and no other target has, "
                f"found {', '.join(shared)}; rename it",
            )


def _check_architecture(place: str, entry: Mapping[str, Any]) -> None:
    check_module(f"{place}.name", entry["name"], modules(ARCHITECTURES))
    options = {key: value for key, value in entry.items() if key != "name"}
    file = source_file(ARCHITECTURES, entry["name"])
    check_options(place, file, "build", options, leading=2)  # input_shape, classes


def _check_training(place: str, entry: Mapping[str, Any]) -> None:
    """Keys of one experiment that do not go together are refused before anything runs."""
    try:
        TrainingOptions.of_settings(entry)
    except ValueError as error:
        raise ConfigurationError(place, str(error)) from error


def _check_start(
    place: str, entry: Mapping[str, Any], config: Mapping[str, Any], known: set[str]
) -> None:
    """Follow the chain of starting models to its end; a chain that returns never ends."""
    seen = [place.removeprefix("experiments.").replace(".", "/")]
    while entry["start"] != "default" and "state_dict" not in entry["start"]:
        reference = start_reference(entry["start"])
        check_known(f"{place}.start", reference, known)
        if reference in seen:
            raise ConfigurationError(
                f"{place}.start",
                f"expected a chain that ends in `start: default`, "
                f"found the circle {' → '.join([*seen, reference])}",
            )
        seen.append(reference)
        dataset, training = reference.split("/")
        entry = config["experiments"][dataset][training]


def _tabulated(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place in the configuration, experiment) for every row of a table."""
    tables = {f"tables.{name}": entry for name, entry in config["tables"].items()}
    for place, rows in {**tables, "precision": config["precision"]}.items():
        if "columns" in rows:
            yield from ((f"{place}.experiments", experiment) for experiment in rows["experiments"])
            continue
        for dataset, trainings in rows.items():
            for training in trainings:
                yield f"{place}.{dataset}", f"{dataset}/{training}"


def _check_columns(config: Mapping[str, Any]) -> None:
    """Refuse columns of tables and axes of figures that neither a key nor a measure is called."""
    for place, names, experiments in _columns(config):
        pairs = [experiment.split("/")[:2] for experiment in experiments]
        entries = [config["experiments"][dataset][training] for dataset, training in pairs]
        keys, planar = key_values(names, entries), {d for d, _ in pairs} & set(config["planar"])
        for name in names:
            check_known(place, name, known_columns(entries))
            if name in MEASURED[PLANE] and name not in keys and not planar:
                raise ConfigurationError(
                    place, f"expected a data set that `planar` names to measure {name!r}, found "
                    f"{', '.join(sorted({d for d, _ in pairs}))}; add it there if it has two "
                    "features"
                )  # fmt: skip


def _columns(config: Mapping[str, Any]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (place, names of keys or measures, experiments) of tables and figures."""
    for table, entry in config["tables"].items():
        if "columns" in entry:
            yield f"tables.{table}.columns", entry["columns"], entry["experiments"]
    for figure, entry in config["figures"].items():
        for setting in (declared(entry["layout"]) or {}).get("QUANTITIES", ()):
            if setting in entry:
                yield f"figures.{figure}.{setting}", [entry[setting]], entry["experiments"]


def start_reference(start: Mapping[str, Any]) -> str:
    """Return data set/training of the model that a training starts from or takes the norm of."""
    return start.get("parameters_of") or start["norm_of"]
