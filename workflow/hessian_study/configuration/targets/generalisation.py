"""What the target `generalisation` reads of the configuration, data set by data set."""

from collections.abc import Mapping
from typing import Any

HALVES = ("explore", "confirm")


def swept_datasets(config: Mapping[str, Any]) -> list[str]:
    """Return the data sets on which models are trained: those with a walk, and not left out."""
    entries = config["generalisation"].get("datasets", {})
    without = config["profiles"][config["profile"]]["without"]
    return [name for name in entries if entries[name]["walks"] and name not in without]


def chunks(config: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return (data set, data draw) of each artifact of models."""
    section = config["generalisation"]
    draws = [draw for half in HALVES for draw in section.get(half, ())]
    return [(dataset, draw) for dataset in swept_datasets(config) for draw in draws]


def regimes(config: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return (data set, data draw) of each artifact of the three regimes: of planar data sets."""
    count = config["generalisation"].get("regimes", {}).get("draws", 0)
    planar = [name for name in swept_datasets(config) if name in config["planar"]]
    return [(dataset, draw) for dataset in planar for draw in range(count)]


def chunk_settings(config: Mapping[str, Any], dataset: str, draw: int) -> dict[str, Any]:
    """Return what the models of one data draw depend on.

    Raises ValueError for a draw that is not in one of the two halves.
    """
    section = config["generalisation"]
    halves = [half for half in HALVES if draw in section.get(half, ())]
    if len(halves) != 1:
        raise ValueError(
            f"expected the data draw {draw} in one of {' and '.join(HALVES)}, found it in "
            f"{len(halves)}; name it in one of the two"
        )
    own = section["datasets"][dataset]
    knobs = {**section["knobs"], **own.get("knobs", {})}
    data = config["datasets"][dataset]
    return {
        "generator": data["generator"],
        "parameters": data["parameters"],
        "half": halves[0],
        "architecture": own["architecture"],
        "walks": own["walks"],
        "repeats": own["repeats"],
        "knobs": {name: values for name, values in knobs.items() if values},
        "random_label_epochs": section["random_label_epochs"],
    }


def comparison_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule of which models count, the measures, and the verdict's rule."""
    section = config["generalisation"]
    names = ("fitted", "measures", "asked_about", "resamples", "permutations", "verdict")
    return {name: section[name] for name in names}
