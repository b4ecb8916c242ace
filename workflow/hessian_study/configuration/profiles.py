"""What an entry has from another one, and what a profile changes in the configuration.

A profile has what it does not say from the one that it `extends`, an experiment from the one that
it is `like`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hessian_study.configuration.error import ConfigurationError, check_known
from hessian_study.schema import schema

BASE = "extends"
LIKE = "like"
USUAL = "study"  # of a configuration that stands in no file


def usual_profile(files: Sequence[str | Path]) -> str:
    """Return the profile of a configuration that names none: it is called as its file is.

    Two studies in one folder so have results apart. Of several files the first is the study; what
    the others change is laid over it. Raises ConfigurationError for what is no name of a profile,
    and where a.yaml and a.yml would have one folder of results.
    """
    if not files:
        return USUAL
    file = Path(files[0])
    if not re.search(schema()["properties"]["profiles"]["propertyNames"]["pattern"], file.stem):
        raise ConfigurationError(
            "",
            "expected a study's file with a name of lower-case letters, digits and _, a letter "
            f"first: its results go to results/<name>; found {file.name}; rename the file, or name "
            "a profile in it: `profiles: {mine: {}}`",
        )
    twin = file.with_suffix(".yml" if file.suffix == ".yaml" else ".yaml")
    if twin.is_file():
        raise ConfigurationError(
            "",
            f"expected one study whose results go to results/{file.stem}, found {file.name} and "
            f"{twin.name} in {file.absolute().parent}; rename one of them, or name a "
            "profile in it: `profiles: {mine: {}}`",
        )
    return file.stem


def with_extended_profiles(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with every profile complete: what it does not say is its base's.

    Raises ConfigurationError for a base that does not exist or leads back to the profile.
    """
    profiles = {name: _extended(config["profiles"], (name,)) for name in config["profiles"]}
    return {**config, "profiles": profiles}


def _extended(profiles: Mapping[str, Any], chain: tuple[str, ...]) -> dict[str, Any]:
    own = dict(profiles[chain[-1]])
    base = own.pop(BASE, None)
    if base is None:
        return own
    place = f"profiles.{chain[-1]}.{BASE}"
    check_known(place, base, profiles)
    if base in chain:
        raise ConfigurationError(
            place,
            f"expected a chain that ends in a profile without `{BASE}`, "
            f"found the circle {' → '.join((*chain, base))}",
        )
    return laid_over(_extended(profiles, (*chain, base)), own)


def with_likes(experiments: Mapping[str, Any]) -> dict[str, Any]:
    """Return data set -> training -> entry, with what each does not say from the one it is like.

    `like` names a training of the same data set, or data set/training. A key that an entry says
    stands in the place of the other's, whole. Raises ConfigurationError for an experiment that does
    not exist or leads back, and for one that comes to no architecture.
    """
    found = {
        (dataset, training): entry
        for dataset, trainings in experiments.items()
        for training, entry in trainings.items()
    }
    return {
        dataset: {training: _inherited(found, ((dataset, training),)) for training in trainings}
        for dataset, trainings in experiments.items()
    }


def _inherited(
    experiments: Mapping[tuple[str, str], Any], chain: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    dataset, training = chain[-1]
    own = dict(experiments[dataset, training])
    base, place = own.pop(LIKE, None), f"experiments.{dataset}.{training}"
    if base is None:
        if "architecture" not in own:
            raise ConfigurationError(
                place,
                f"expected an architecture, or an experiment that this one is `{LIKE}`, found "
                f"{sorted(own)}; write architecture: {{name: …}}",
            )
        return own
    names = {f"{d}/{t}": (d, t) for d, t in experiments}
    name = base if "/" in base else f"{dataset}/{base}"
    check_known(f"{place}.{LIKE}", name, names)
    if names[name] in chain:
        circle = " → ".join("/".join(link) for link in (*chain, names[name]))
        raise ConfigurationError(
            f"{place}.{LIKE}",
            f"expected a chain that ends in an experiment without `{LIKE}`, found the circle "
            f"{circle}",
        )
    return {**_inherited(experiments, (*chain, names[name])), **own}


class UnsaidEpochs(int):
    """A number of epochs that the configuration does not say: what a training starts from does."""


def with_unsaid_epochs(
    experiments: Mapping[str, Any], usual: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return data set -> training -> entry with its epochs; a trained network has none more.

    `usual` is how many a training has that does not start from a file of parameters. Changes and
    sweeps of where it starts change a number that was not said: call this again after them.
    """

    def complete(entry: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(entry.get("epochs", UnsaidEpochs()), UnsaidEpochs):
            return dict(entry)
        number = 0 if "state_dict" in entry.get("start", ()) else usual
        return {**entry, "epochs": UnsaidEpochs(number)}

    return {
        dataset: {training: complete(entry) for training, entry in trainings.items()}
        for dataset, trainings in experiments.items()
    }


def with_changes(config: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """Return the configuration with the `changes` of a profile in place of what stands there.

    Mappings are gone into, anything else is replaced whole. Raises ConfigurationError for a change
    of something that is not there.
    """
    changes = config["profiles"][profile]["changes"]
    _check_places(config, changes, f"profiles.{profile}.changes")
    return laid_over(config, changes)


def laid_over(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return `old` with the entries of `new`, mapping by mapping."""
    merged = dict(old)
    for key, value in new.items():
        inner = isinstance(value, Mapping) and isinstance(old.get(key), Mapping)
        merged[key] = laid_over(old[key], value) if inner else value
    return merged


def _check_places(old: Mapping[str, Any], changes: Mapping[str, Any], place: str) -> None:
    for key, value in changes.items():
        check_known(place, key, old)
        if isinstance(value, Mapping) and isinstance(old[key], Mapping):
            _check_places(old[key], value, f"{place}.{key}")


def check_targets(config: Mapping[str, Any], targets: Iterable[str]) -> None:
    """Raise ConfigurationError for a path in results/ of a profile that is not the one in use."""
    for target in targets:
        results, *folders = target.split("/")
        if results != "results" or len(folders) < 2 or folders[0] == config["profile"]:
            continue
        check_known("profiles", folders[0], config["profiles"])
        raise ConfigurationError(
            "",
            f"expected a path below results/{config['profile']}, found one of the profile "
            f"{folders[0]!r}; add `--config profile={folders[0]}`",
        )
