"""What YAML takes for something else than text: names and values that JSON does not have."""

import datetime
from typing import Any

import pytest

from helpers.own_configuration import MLP, own
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study

NAMES = {
    "a word of YAML": ({"experiments": {"moons": {True: {"architecture": MLP}}}}, "moons", "True"),
    "nothing": ({"figures": {None: {}}}, "figures", "None"),
    "a number": ({"datasets": {2024: {"generator": "moons"}}}, "datasets", "2024"),
    "of a parameter": (
        {"datasets": {"m": {"generator": "moons", "parameters": {"counts": {0: 100}}}}},
        r"datasets\.m\.parameters\.counts", "0"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "place", "found"), NAMES.values(), ids=NAMES)
def test_names_that_are_no_text_are_refused(more: dict[str, Any], place: str, found: str) -> None:
    message = rf"{place}: expected names that are text, found {found} \(\w+\); write it in quotes"
    with pytest.raises(ConfigurationError, match=message):
        Study(own() | more)


def test_a_date_is_refused_with_its_place() -> None:
    config = own()
    since = {"since": [datetime.date(2024, 1, 1)]}
    config["datasets"]["moons"] = {"generator": "moons", "parameters": since}
    with pytest.raises(ConfigurationError, match=r"parameters\.since\.0: .* \(date\); write it in"):
        Study(config)
