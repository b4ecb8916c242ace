"""Figures, checked before anything runs: can their layouts draw what they name?"""

from collections.abc import Mapping, Sequence
from typing import Any

from hessian_study.configuration.error import ConfigurationError, check_known, check_module
from hessian_study.configuration.layouts import declared
from hessian_study.configuration.views import experiment_parts, parse_view
from hessian_study.project import LAYOUTS, modules

ABOUT = ("layout", "experiments")  # keys that every figure has
PLANAR = 2  # features of a data set that `planar` names


def check_figures(config: Mapping[str, Any], known: set[str]) -> None:
    """Check what figures name: layouts, experiments, checkpoints, labels and settings.

    Raises ConfigurationError for what does not exist or what the layout cannot draw.
    """
    for figure, entry in config["figures"].items():
        place = f"figures.{figure}"
        check_module(f"{place}.layout", entry["layout"], modules(LAYOUTS))
        for experiment in entry["experiments"]:
            check_experiment(place, experiment, config, known)
        labels = entry.get("labels", entry["experiments"])
        if len(labels) != len(entry["experiments"]):
            raise ConfigurationError(
                f"{place}.labels",
                f"expected {len(entry['experiments'])} labels, one "
                f"per experiment, found {len(labels)}",
            )
        if said := declared(entry["layout"]):
            _check_settings(place, entry, said)
            _check_experiments(place, entry, said, config["planar"])


def check_experiment(
    place: str, experiment: str, config: Mapping[str, Any], known: set[str]
) -> None:
    """Check that an experiment exists, and the view that its name may end in.

    Raises ConfigurationError where one does not.
    """
    named = experiment_parts(experiment)
    check_known(place, "/".join(named[:2]), known)
    dataset, training, *view = named
    _check_view(place, view, config["experiments"][dataset][training])


def _check_view(place: str, view: Sequence[str], entry: Mapping[str, Any]) -> None:
    try:
        epoch = parse_view(f"{view[0]}/" if view else "").epoch
    except ValueError as error:
        raise ConfigurationError(place, f"{error}") from error
    if epoch is not None and epoch not in entry.get("checkpoints", []):
        raise ConfigurationError(
            place,
            f"expected a checkpoint among {entry.get('checkpoints', [])}, "
            f"found epoch {epoch}; add it to the experiment's `checkpoints`",
        )


def _check_settings(place: str, entry: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Refuse a setting that the layout lacks or does not take."""
    layout, given = entry["layout"], [key for key in entry if key not in ABOUT]
    for setting in said.get("NEEDED", ()):
        if setting not in given:
            raise ConfigurationError(
                place, f"expected {setting!r}, which the layout {layout} needs, found {given}"
            )
    taken = [*said.get("NEEDED", ()), *said.get("TAKEN", given)]
    if surplus := [setting for setting in given if setting not in taken]:
        raise ConfigurationError(
            f"{place}.{surplus[0]}",
            f"expected of the settings that the layout {layout} takes, {sorted(taken)}, found "
            f"{surplus[0]!r}; leave it out",
        )
    if entry.get("eigenvectors") == "all" and "NEEDED" in said and not said.get("ALL_EIGENVECTORS"):
        raise ConfigurationError(
            f"{place}.eigenvectors",
            f"expected a number of eigenvectors, as the layout {layout} draws a panel or line for "
            "each, found 'all'; write how many, or take the layout sample_alignments",
        )


def _check_experiments(
    place: str, entry: Mapping[str, Any], said: Mapping[str, Any], planar: Sequence[str]
) -> None:
    """Refuse too many or too few experiments, and data sets known to have other features.

    How many features the others have is known when they are made; the step refuses then.
    """
    layout, experiments = entry["layout"], entry["experiments"]
    wanted = said.get("EXPERIMENTS", len(experiments))
    if len(experiments) != wanted:
        raise ConfigurationError(
            f"{place}.experiments",
            f"expected {wanted} to draw with the layout {layout}, found {len(experiments)}; make a "
            "figure of each",
        )
    drawn = {experiment.split("/")[0] for experiment in experiments}
    unfit = sorted(drawn & set(planar)) if said.get("FEATURES", PLANAR) != PLANAR else ()
    if unfit:
        raise ConfigurationError(
            f"{place}.experiments",
            f"expected data sets with {said['FEATURES']} input features to draw with the layout "
            f"{layout}, found {unfit[0]}, which `planar` says has {PLANAR}; take another layout or "
            "data set",
        )
