"""Sweeps: which points they have, what these are called, and what is refused."""

import copy
import re
from typing import Any

import pytest
import yaml

from helpers.tiny_study import tiny_config
from hessian_boundary.wording.labels import key_labels
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study
from hessian_study.configuration.sweeps import with_sweeps
from hessian_study.configuration.targets.points import TRAINING, value_text
from hessian_study.project import SCHEMA

BASE = {"architecture": {"name": "mlp", "width": 4}, "learning_rate": 0.5, "start": "default"}
RATES = {
    "base": "circle/normal",
    "over": {"learning_rate": [0.01, 1e-05], "architecture.hidden": [[8], [8, 8]]},
}


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


def study(**changes: Any) -> Study:
    config = tiny_config()
    config["sweeps"] = {"rates": copy.deepcopy(RATES) | changes}
    config["tables"]["own"] = {"sweep": "rates", "columns": ["learning_rate", "test_error"]}
    config["figures"]["lines"] = {"layout": "data_sets", "sweep": "rates"}
    return Study(config)


def test_points_are_experiments_and_tables_and_figures_have_them() -> None:
    made = study()
    points = list(made.sweeps["rates"])
    assert points[0] == "circle/rates,hidden=8,learning_rate=0.01"
    assert made.experiment(*points[-1].split("/"))["learning_rate"] == 1e-05
    assert ["/".join(row) for row in made.selection.rows("own")] == points
    assert made.selection.table_runs("own")[0] == (*points[0].split("/"), 0)
    assert made.selection.columns("own") == ["learning_rate", "test_error"]
    assert made.selection.columns("table1") == []
    assert made.selection.figure("lines") == {"layout": "data_sets", "experiments": points}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": "circle/nrmal"}, r"rates\.base: 'circle/nrmal' .*; did you mean 'circle/normal'"),
        ({"over": {}}, r"rates: expected keys to sweep, found none; write `over"),
        ({"over": {"learning_rate": []}}, r"rates\.over\.learning_rate: expected values, found an"),
        ({"over": {"learning_rat": [1]}}, r"over\.learning_rat: unknown key .* 'learning_rate'\?"),
        ({"over": {"learning_rate": [-1]}}, r"rates\.over\.learning_rate: -1 is less than"),
        (
            {"over": {"architecture.hiden": [[3]]}},
            r"rates\.over\.architecture\.hiden: 'hiden' does not exist; did you mean 'hidden'",
        ),
        (
            {"over": {"architecture": [{"name": "mlp"}]}},
            r"rates\.over\.architecture: expected 'hidden', which mlp\.build\(\) has no default",
        ),
        (
            {"over": {"labels": ["y_random"], "start": [{"parameters_of": "circle/normal"}],
                      "checkpoints": [[0]], "epochs": [-3]}},
            r"rates\.over\.epochs: -3 is less than",
        ),
        (
            {"over": {"start.seed": [1]}},
            r"over\.start\.seed: expected keys below 'start' in the base, found 'default'; sweep",
        ),
        (
            {"over": {"learning_rate": [1, 1.0]}},
            r"over\.learning_rate: .* of their own, found \[1\] and \[1\.0\], both called '1'",
        ),
        ({"over": {"optimizer": ["ü"]}}, r"over\.optimizer: expected values with a letter"),
        ({"over": {"läbels": ["y"]}}, r"rates: expected keys of letters, digits, .* found \['läb"),
        ({"zip": {"learning_rate": [1]}}, r"zip\.learning_rate: expected every key once, found it"),
        (
            {"zip": {"epochs": [1, 2], "batch_size": [3]}},
            r"rates\.zip: expected as many values of each key, found 2 of epochs, 1 of batch_size",
        ),
        ({"zip": {"epochs": [1, 1]}}, r"rates\.zip: .* names of their own, found \[1\] and \[1\]"),
        ({"over": {"optimizer": ["a" * 200]}}, r"rates: expected names of at most 200 characters"),
        ({"ovr": {}}, r"rates: unknown key 'ovr'; did you mean 'over'"),
    ],
)  # fmt: skip
def test_mistakes_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        study(**changes)
    assert str(error.value).startswith("config.yaml, sweeps.rates")
    assert re.search(message, str(error.value)), str(error.value)


def test_what_is_wrong_with_a_point_but_no_value_names_the_point() -> None:
    config = tiny_config()
    entry = config["experiments"]["gaussian"]["reparametrised"]
    config["experiments"]["circle"]["rates,epochs=3"] = entry
    config["sweeps"] = {"rates": {"base": "circle/normal", "over": {"epochs": [3]}}}
    with pytest.raises(ConfigurationError, match=r"sweeps\.rates: expected a name that no exper"):
        Study(config)
    del config["experiments"]["circle"]["rates,epochs=3"]
    config["experiments"]["circle"]["normal"]["architecture"]["name"] = "mpl"
    with pytest.raises(ConfigurationError, match=r"circle\.normal\.architecture\.name: 'mpl' does"):
        Study(config)


@pytest.mark.parametrize(
    ("section", "entry", "message"),
    [
        ("tables", {"sweep": "rats", "columns": ["rank"]}, r"own\.sweep: 'rats' .* mean 'rates'"),
        ("tables", {"columns": ["rank"]}, r"own: expected either .* found none; name what"),
        (
            "tables",
            {"sweep": "rates", "experiments": ["circle/normal"], "columns": ["rank"]},
            r"own: expected either `experiments` or `sweep`, found experiments and sweep",
        ),
        ("tables", {"sweep": "rates", "columns": ["test_eror"]}, r"columns: .* mean 'test_error'"),
        ("tables", {"sweep": "rates", "columns": ["hidden"]}, r"own\.columns: 'hidden' does not"),
        ("tables", {"sweep": "rates", "columns": ["rank"], "a": 1}, r"own: unknown key 'a'"),
        ("tables", {"experiments": ["circle/x"], "columns": ["rank"]}, r"own\.experiments: 'circ"),
        (
            "tables",
            {"experiments": ["iris/normal"], "columns": ["pieces"]},
            r"own\.columns: expected a data set that `planar` names .* 'pieces', found iris",
        ),
        ("figures", {"layout": "data_sets"}, r"own: expected either `experiments` or `sweep`, fou"),
        ("figures", {"layout": "scatter", "sweep": "rates", "x": "rank"}, r"own: expected 'y', wh"),
        (
            "figures",
            {"layout": "scatter", "sweep": "rates", "x": "rank", "y": "trce"},
            r"own\.y: 'trce' does not exist; did you mean 'trace'",
        ),
    ],
)
def test_mistakes_of_tables_and_figures_are_named(
    section: str, entry: dict[str, Any], message: str
) -> None:
    config = tiny_config()
    config["sweeps"] = {"rates": RATES}
    config[section]["own"] = entry
    with pytest.raises(ConfigurationError) as error:
        Study(config)
    assert re.search(rf"config\.yaml, {section}\.own.*", str(error.value)), str(error.value)
    assert re.search(message, str(error.value)), str(error.value)
