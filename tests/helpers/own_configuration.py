"""A configuration of one's own: one data set, and trainings on it."""

import copy
from typing import Any

MLP = {"name": "mlp", "hidden": [4], "activation": "relu"}
OWN = {
    "datasets": {"moons": {"generator": "moons", "parameters": {"samples": 9, "noise": 0.1}}},
    "experiments": {"moons": {"plain": {"architecture": MLP}}},
}
MOONS = {"samples": 9, "noise": 0.1, "random_state": 1}


def own(**experiments: Any) -> dict[str, Any]:
    """A configuration of one data set, with these trainings besides `plain`."""
    config = copy.deepcopy(OWN)
    config["datasets"]["moons"]["parameters"] = MOONS
    config["experiments"]["moons"] |= experiments
    return config
