"""A trained network has no further epochs unless they are said, wherever its start is said."""

from typing import Any

import pytest

from helpers.own_configuration import MLP, own
from hessian_study.configuration.study import Study

FILE = {"state_dict": "a.pt"}


def epochs(config: dict[str, Any]) -> dict[str, int]:
    found = Study(config).config["experiments"]["moons"]
    return {name: entry["epochs"] for name, entry in found.items()}


def test_of_the_entry() -> None:
    config = own(
        trained={"architecture": MLP, "start": FILE},
        on={"architecture": MLP, "start": FILE, "epochs": 7},
        again={"like": "trained", "start": "default"},
    )
    assert epochs(config) == {"plain": 100, "trained": 0, "on": 7, "again": 100}


def test_of_a_sweep() -> None:
    starts = {"start": [FILE, {"state_dict": "b.pt"}]}
    config = own(trained={"architecture": MLP, "start": FILE})
    config["sweeps"] = {
        "files": {"base": "moons/plain", "over": starts},
        "on": {"base": "moons/plain", "over": {**starts, "epochs": [3]}},
        "fresh": {"base": "moons/trained", "over": {"start": ["default"]}},
    }
    found = epochs(config)
    assert {n for name, n in found.items() if name.startswith("files,")} == {0}
    assert {n for name, n in found.items() if name.startswith("on,")} == {3}
    assert {n for name, n in found.items() if name.startswith("fresh,")} == {100}


@pytest.mark.parametrize(("changed", "expected"), [({}, 0), ({"epochs": 4}, 4)])
def test_of_a_profile(changed: dict[str, int], expected: int) -> None:
    changes = {"experiments": {"moons": {"plain": {"start": FILE, **changed}}}}
    config = own()
    config["profiles"] = {"trained": {"changes": changes}}
    assert epochs(config) == {"plain": expected}
