"""Studies with sweeps: their tables and figures have the points, and mistakes are named."""

import copy
import re
from typing import Any

import pytest

from helpers.tiny_study import tiny_config
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study

RATES = {
    "base": "circle/normal",
    "over": {"learning_rate": [0.01, 1e-05], "architecture.hidden": [[8], [8, 8]]},
}


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
