"""Sweeps: experiments that differ from one in a few values, all of them in a few lines.

    sweeps:
      rates:
        base: spirals/small
        over: {learning_rate: [0.01, 0.02], architecture.width: [8, 64]}  # every combination
        zip: {optimizer: [sgd, adam], epochs: [200, 100]}                 # side by side

Each point is an experiment of the base's data set: the base's entry with the values laid over it.
It is called `rates,epochs=200,learning_rate=0.01,optimizer=sgd,width=8`, whatever other points
there are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from hessian_boundary.wording.labels import key_labels
from hessian_study.configuration.error import ConfigurationError, check_known
from hessian_study.configuration.profiles import LIKE
from hessian_study.configuration.targets.points import TRAINING, value_text

Points = dict[str, dict[str, Any]]  # data set/training -> swept key -> its value there

LONGEST = 200  # characters of a folder's name; file systems allow 255 bytes


def with_sweeps(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Points]]:
    """Return the configuration with the points among the experiments, and the points of each sweep.

    Tables and figures that name a sweep have its points as `experiments`. A sweep may be based on a
    point of one that stands before it.

    Raises ConfigurationError for a base or a sweep that does not exist, and for values that make no
    points or two of one name.
    """
    experiments = {dataset: dict(found) for dataset, found in config["experiments"].items()}
    sweeps: dict[str, Points] = {}
    for name, sweep in config.get("sweeps", {}).items():
        known = [
            f"{dataset}/{training}" for dataset, found in experiments.items() for training in found
        ]
        check_known(f"sweeps.{name}.base", sweep["base"], known)
        dataset, base = sweep["base"].split("/")
        sweeps[name] = {}
        for values in _combinations(name, sweep):
            point = _point_name(name, values, experiments[dataset])
            entry = experiments[dataset][base]
            for key in sorted(values, key=lambda key: key.count(".")):  # `a` before `a.b`
                entry = _laid_over(entry, key.split("."), values[key], _place(name, sweep, key))
            experiments[dataset][point] = entry
            sweeps[name][f"{dataset}/{point}"] = values
    drawn = {section: _with_points(config, section, sweeps) for section in ("tables", "figures")}
    return {**config, "experiments": experiments, **drawn}, sweeps


def in_its_sweep(
    error: ConfigurationError, config: Mapping[str, Any], sweeps: Mapping[str, Points]
) -> ConfigurationError:
    """Return the error with the place in `sweeps` of what is wrong with a point's entry."""
    points = {experiment: name for name, found in sweeps.items() for experiment in found}
    for experiment in sorted(points, key=len, reverse=True):  # one name may begin another
        name, place = points[experiment], f"experiments.{experiment.replace('/', '.', 1)}"
        if error.place != place and not error.place.startswith(f"{place}."):
            continue
        wrong = ".".join(filter(None, [error.place[len(place) + 1 :], error.key]))
        for key in sweeps[name][experiment]:
            if f"{wrong}.".startswith(f"{key}."):
                found = _place(name, config["sweeps"][name], key)
                return ConfigurationError(found, error.problem, profile=error.profile)
        problem = f"{experiment}: {error.problem}"
        return ConfigurationError(f"sweeps.{name}", problem, key=error.key, profile=error.profile)
    return error


def _combinations(name: str, sweep: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the values of each point; the first key of `over` changes last."""
    over, paired, place = sweep.get("over", {}), sweep.get("zip", {}), f"sweeps.{name}"
    if not over and not paired:
        raise ConfigurationError(
            place, "expected keys to sweep, found none; write `over: {learning_rate: [0.01, 0.1]}`"
        )
    if both := sorted(set(over) & set(paired)):
        raise ConfigurationError(
            f"{place}.zip.{both[0]}", "expected every key once, found it in `over` too; leave one"
        )
    for key, values in {**over, **paired}.items():
        if key == LIKE:
            raise ConfigurationError(
                _place(name, sweep, key),
                f"expected keys in which points differ, found {LIKE!r}, which is looked up before; "
                "sweep these keys, or base a sweep on each experiment",
            )
        if not values:
            raise ConfigurationError(
                _place(name, sweep, key),
                "expected values, found an empty list; write some, or leave the key out",
            )
    axes = [(f"{place}.over.{key}", [{key: value} for value in over[key]]) for key in over]
    if paired:
        axes.append((f"{place}.zip", _paired(f"{place}.zip", paired)))
    for where, values in axes:
        _check_names(where, values)
    for parts in product(*(values for _, values in axes)):
        yield {key: value for part in parts for key, value in part.items()}


def _paired(place: str, paired: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    lengths = {key: len(values) for key, values in paired.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{length} of {key}" for key, length in lengths.items())
        raise ConfigurationError(
            place, f"expected as many values of each key, found {said}; for every combination of "
            "them write `over`"
        )  # fmt: skip
    return [dict(zip(paired, row, strict=True)) for row in zip(*paired.values(), strict=True)]


def _check_names(place: str, values: Sequence[Mapping[str, Any]]) -> None:
    """Refuse values of one name, and those that leave none."""
    seen: dict[str, Any] = {}
    for value in values:
        texts = [value_text(part) for part in value.values()]
        shown, name = list(value.values()), ",".join(texts)
        if not all(texts):
            raise ConfigurationError(
                place, f"expected values with a letter or digit, found {shown}; points are called "
                "by their values"
            )  # fmt: skip
        if name in seen:
            raise ConfigurationError(
                place, f"expected values with names of their own, found {seen[name]} and {shown}, "
                f"both called {name!r}; leave one out"
            )  # fmt: skip
        seen[name] = shown


def _point_name(sweep: str, values: Mapping[str, Any], taken: Mapping[str, Any]) -> str:
    labels = key_labels(list(values))
    # in the order of the alphabet: who sorts the keys of a sweep renames nothing
    parts = sorted(f"{labels[key]}={value_text(value)}" for key, value in values.items())
    name = ",".join([sweep, *parts])
    if not re.fullmatch(TRAINING, name):
        raise ConfigurationError(
            f"sweeps.{sweep}",
            f"expected keys of letters, digits, `_` and points, found {sorted(values)}; rename it",
        )
    if len(name) > LONGEST:
        raise ConfigurationError(
            f"sweeps.{sweep}",
            f"expected names of at most {LONGEST} characters, found {name!r}; sweep fewer keys, or "
            "shorter values",
        )
    if name in taken:
        raise ConfigurationError(
            f"sweeps.{sweep}",
            f"expected a name that no experiment has, found {name!r}; rename the sweep",
        )
    return name


def _laid_over(entry: Mapping[str, Any], keys: list[str], value: Any, place: str) -> dict[str, Any]:
    """Return an entry with a value in the place of what stands at a path of keys, if anything."""
    key, *below = keys
    if not below:
        return {**entry, key: value}
    inner = entry.get(key, {})
    if not isinstance(inner, Mapping):
        raise ConfigurationError(
            place, f"expected keys below {key!r} in the base, found {inner!r}; sweep {key!r} itself"
        )
    return {**entry, key: _laid_over(inner, below, value, place)}


def _with_points(
    config: Mapping[str, Any], section: str, sweeps: Mapping[str, Points]
) -> dict[str, Any]:
    """Return tables or figures with experiments in the place of a sweep's name."""
    found = {}
    for name, entry in config[section].items():
        place, found[name] = f"{section}.{name}", entry
        if section == "tables" and "columns" not in entry:
            continue  # data set -> trainings
        given = [key for key in ("experiments", "sweep") if key in entry]
        if len(given) != 1:
            raise ConfigurationError(
                place,
                f"expected either `experiments` or `sweep`, found {' and '.join(given) or 'none'}; "
                "name what it shows in one of them",
            )
        if given == ["sweep"]:
            check_known(f"{place}.sweep", entry["sweep"], sweeps)
            rest = {key: value for key, value in entry.items() if key != "sweep"}
            found[name] = {**rest, "experiments": list(sweeps[entry["sweep"]])}
    return found


def _place(name: str, sweep: Mapping[str, Any], key: str) -> str:
    return f"sweeps.{name}.{'over' if key in sweep.get('over', {}) else 'zip'}.{key}"
