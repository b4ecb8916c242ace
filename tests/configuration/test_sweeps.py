"""Sweeps: which points they have, and what these are called."""

from typing import Any

import pytest
import yaml

from hessian_boundary.wording.labels import key_labels
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.sweeps import with_sweeps
from hessian_study.configuration.targets.points import TRAINING, value_text
from hessian_study.project import SCHEMA

BASE = {"architecture": {"name": "mlp", "width": 4}, "learning_rate": 0.5, "start": "default"}


def expanded(sweep: dict[str, Any], **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    config = {"experiments": {"a": {"b": BASE}}, "tables": {}, "figures": {}, **more}
    return with_sweeps({**config, "sweeps": {"rates": {"base": "a/b", **sweep}}})


def names(sweep: dict[str, Any]) -> list[str]:
    return [name.removeprefix("a/rates,") for name in expanded(sweep)[1]["rates"]]


def test_a_product_of_keys_is_laid_over_the_base_and_nothing_else_changes() -> None:
    sweep = {"over": {"learning_rate": [0.01, 0.02], "architecture.width": [8, 64]}}
    config, points = expanded(sweep)
    assert points["rates"] == {
        f"a/rates,learning_rate={rate},width={width}": {
            "learning_rate": rate,
            "architecture.width": width,
        }
        for rate in (0.01, 0.02)
        for width in (8, 64)
    }
    assert config["experiments"]["a"].pop("b") == BASE
    for name, entry in config["experiments"]["a"].items():
        values = points["rates"][f"a/{name}"]
        architecture = {"name": "mlp", "width": values["architecture.width"]}
        rate = values["learning_rate"]
        assert entry == {**BASE, "architecture": architecture, "learning_rate": rate}


def test_pairs_go_together_and_multiply_with_the_product() -> None:
    paired = {"optimizer": ["sgd", "adam"], "epochs": [200, 100]}
    assert names({"zip": paired}) == ["epochs=200,optimizer=sgd", "epochs=100,optimizer=adam"]
    both = names({"zip": paired, "over": {"weight_decay": [0, 0.1]}})
    assert both == [
        f"epochs={epochs},optimizer={optimizer},weight_decay={decay}"
        for decay in ("0", "0.1")
        for optimizer, epochs in (("sgd", 200), ("adam", 100))
    ]


def test_names_do_not_depend_on_other_values_or_on_the_order_of_keys() -> None:
    few = names({"over": {"learning_rate": [0.1], "architecture.width": [8]}})
    many = names({"over": {"architecture.width": [4, 8], "learning_rate": [0.3, 0.1]}})
    assert set(few) < set(many)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"), (1e-05, "1e-05"), (0.1 + 0.2, "0.30000000000000004"), (1e16, "1e16"),
        (20.0, "20"), (20, "20"), (-0.5, "-0.5"), (True, "true"), (None, "none"),
        ("adam", "adam"), ("./Nets/my net.py", "nets-my-net.py"), ("ü", ""), ([100, 50], "100x50"),
        ({"parameters_of": "a/b"}, "parameters_of-a-b"),
    ],
)  # fmt: skip
def test_values_are_written_so_that_paths_can_have_them(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_keys_are_called_by_their_last_word_unless_two_end_alike() -> None:
    assert key_labels(["a.b", "c"]) == {"a.b": "b", "c": "c"}
    assert key_labels(["a.b", "c.b", "d"]) == {"a.b": "a.b", "c.b": "c.b", "d": "d"}


def test_the_schema_allows_the_names_that_points_have() -> None:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    trainings = schema["properties"]["experiments"]["additionalProperties"]
    assert trainings["propertyNames"]["pattern"] == f"^{TRAINING}$"


def test_a_whole_value_is_replaced_before_what_stands_in_it() -> None:
    sweep = {"over": {"architecture.width": [7], "architecture": [{"name": "cnn"}]}}
    config, _ = expanded(sweep)
    entry = config["experiments"]["a"]["rates,architecture=name-cnn,width=7"]
    assert entry["architecture"] == {"name": "cnn", "width": 7}


def test_a_key_that_the_base_lacks_is_added_and_sweeps_build_on_each_other() -> None:
    config, _ = expanded({"over": {"curvature.method": ["dense"]}})
    assert config["experiments"]["a"]["rates,method=dense"]["curvature"] == {"method": "dense"}
    more = {"base": "a/rates,learning_rate=2", "over": {"epochs": [3]}}
    sweeps = {"rates": {"base": "a/b", "over": {"learning_rate": [2]}}, "more": more}
    config, points = with_sweeps(
        {"experiments": {"a": {"b": BASE}}, "tables": {}, "figures": {}, "sweeps": sweeps}
    )
    assert list(points["more"]) == ["a/more,epochs=3"]
    assert config["experiments"]["a"]["more,epochs=3"]["learning_rate"] == 2


def test_likes_are_looked_up_before_and_cannot_be_swept() -> None:
    with pytest.raises(ConfigurationError, match=r"sweeps\.rates\.over\.like: .*base a sweep on"):
        expanded({"over": {"like": ["b", "c"]}})
