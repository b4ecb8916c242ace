"""A wrong configuration is refused before anything runs, with the key named."""

import re
from typing import Any

import pytest

from helpers.changed_configuration import changed
from helpers.tiny_study import tiny_config
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("experiments/gaussian/normal/epoch", 3, r"unknown key 'epoch'; did you mean 'epochs'\?"),
        ("zzz", 3, r"top level: unknown key 'zzz'; known: alignment, contrasts"),
        ("over_seeds", ["fig1"], r"over_seeds: 'fig1' does not exist; did you mean"),
        ("contrasts", ["gaussian/nrmal"], r"contrasts: 'gaussian/nrmal' does not exist"),
        ("contrasts", ["gaussian/normal/epoch3"], r"contrasts: expected a checkpoint among"),
        ("contrasts", ["gaussian/normal/epok"], r"contrasts: expected a view"),
        ("margins/experiments", ["circle/nrmal"], r"margins.experiments: 'circle/nrmal' does not"),
        ("margins/starts", 0, r"margins.starts: 0 is less than the minimum"),
        ("curvature/rank_tolerance", -1, r"curvature.rank_tolerance: -1 is less than the minimum"),
        ("curvature/rank_tolerance", 1e-15, r"curvature.rank_tolerance: 1e-15 is less than"),
        ("curvature/method", "magic", r"curvature.method: 'magic' is not one of"),
        ("datasets/gaussian/train_fraction", 1.5, r"datasets.gaussian.train_fraction: 1.5 is"),
        ("datasets/gaussian/generator", "moon", r"generator: 'moon' does not exist; did you mean"),
        ("experiments/circle/normal/architecture/name", "mpl", r"'mpl' does not exist.*'mlp'"),
        (
            "experiments/circle/normal/batch_size",
            2.5,
            r"a whole number, found 2.5; write 20",
        ),
        ("experiments/circle/normal/learning_rate", 0, r"learning_rate: 0 is less than or equal"),
        (
            "experiments/circle/normal/epochs",
            20.0,
            r"normal.epochs: expected a whole number, found 20.0; write 20, without a point",
        ),
        ("experiments/iris/normal/batch_size", 8.0, r"batch_size: .* found 8.0; write 8, without"),
        ("alignment/grid_resolution", 10.0, r"alignment.grid_resolution: .* 10.0; write 10,"),
        ("drawn_seed", 0.0, r"drawn_seed: expected .* found 0.0; write 0, without"),
        ("profiles/tiny/seeds", [0, 1.0], r"profiles.tiny.seeds.1: .* found 1.0; write 1,"),
        ("curvature/density/probes", 4.0, r"curvature.density.probes: .* 4.0; write 4, without"),
        (
            "experiments/circle/normal/epochs",
            True,
            r"a whole number, found True; write",
        ),
        ("experiments/circle/normal/epochs", "1e3", r"found 1000.0; write 1000, without"),
        ("alignment/grid_resolution", "60", r"found '60'; write 60, without quotes"),
        ("alignment/grid_margin", "wide", r"expected a number, found 'wide'; write 0.5 or 1e-3"),
        ("profiles/tiny/download", "true", r"true or false, found 'true'; write true, without qu"),
        ("profiles/tiny/seeds", 3, r"tiny.seeds: expected a list, found 3; write \[a, b\]"),
        ("curvature/density", 3, r"density: expected 'none' or keys with values among p"),
        ("data_folder", 3, r"data_folder: expected text or null, found 3; write it in quotes"),
        ("profile", "papr", r"profile: 'papr' does not exist; did you mean 'paper'\?"),
        ("profiles/tiny/seeds", [], r"profiles.tiny.seeds: \[\] should be non-empty"),
        ("profiles/tiny/seeds", [1, 1], r"profiles.tiny.seeds: \[1, 1\] has non-unique"),
        ("drawn_seed", 7, r"drawn_seed: expected one of the profile's seeds \[0\], found 7"),
        (
            "figures/fig01/experiments",
            ["gaussian"],
            r"fig01: 'gaussian' does not exist; did",
        ),
        ("figures/fig01/experiments", ["gaussian/norml"], r"'gaussian/norml' does not exist; did"),
        (
            "figures/fig01/experiments",
            ["gaussian/normal/clas1"],
            r"expected a view of the parts 'epoch50/'",
        ),
        (
            "figures/fig13/experiments",
            ["gaussian/dynamics/epoch7"],
            r"checkpoint among \[0, 10, 50, 100, 200\], found epoch 7; add it to",
        ),
        ("figures/fig11/labels", ["SGD"], r"fig11.labels: expected 4 labels.* found 1"),
        ("figures/fig01/layout", "alignment_map", r"did you mean 'alignment_maps'\?"),
        (
            "profiles/tiny/changes",
            {"experiments": {"circle": {"nrmal": {"epochs": 3}}}},
            r"profiles.tiny.changes.experiments.circle: 'nrmal' does not exist; did you mean",
        ),
        (
            "profiles/quick/changes",  # that is not the profile in use
            {"datasets": {"mars": {}}},
            r"profiles.quick.changes.datasets: 'mars' does not exist",
        ),
        (
            "profiles/tiny/changes",
            {"experiments": {"circle": {"normal": {"epochs": -3}}}},
            r"with profile tiny, experiments.circle.normal.epochs: -3 is less than",
        ),
        (
            "profiles/tiny/changes",
            {"experiments": {"circle": {"normal": {"architecture": {"name": "mpl"}}}}},
            r"yaml with profile tiny, experiments.circle.normal.architecture.name: 'mpl' does not",
        ),
        ("profiles/quick/extends", "papr", r"profiles.quick.extends: 'papr' does not exist; did"),
        ("profiles/tiny/extends", "tiny", r"profiles.tiny.extends: .* the circle tiny → tiny"),
        ("profiles/mine", {"seeds": []}, r"profiles.mine.seeds: \[\] should be non-empty"),
        ("profiles/mine", {"sedes": [1]}, r"profiles.mine: unknown key 'sedes'; did you mean 's"),
        (
            "datasets/circle/parameters",
            {"sample": 100, "factor": 0.5, "noise": 0.1, "random_state": 28},
            r"datasets.circle.parameters: 'sample' does not exist; did you mean 'samples'\?",
        ),
        (
            "datasets/circle/parameters",
            {"samples": 100, "factor": 0.5},
            r"parameters: expected 'noise', 'random_state', which circles.generate\(\) has no def",
        ),
        (
            "experiments/circle/normal/architecture",
            {"name": "mlp", "hiden": [5]},
            r"normal.architecture: 'hiden' does not exist; did you mean 'hidden'\?",
        ),
        ("experiments/circle/normal/architecture", {"name": "mlp"}, r"expected 'hidden', which"),
        (
            "profiles/tiny/changes",
            {"tables": {}},
            r"unknown key 'tables'; known: alignment, curvature",
        ),
        ("tables/claims", {}, r"tables: expected names that no step .* has, found claims; rename"),
        (
            "figures/table1",
            {"layout": "data_sets", "experiments": ["iris/normal"]},
            r"figures: expected names that no .* other target has, found table1; rename it",
        ),
        ("profiles/tiny/without", ["mars"], r"profiles.tiny.without: 'mars' does not exist"),
        ("tables/table1/circle", ["nrmal"], r"tables.table1.circle: 'circle/nrmal' does not"),
        ("experiments/mars", {}, r"experiments.mars: 'mars' does not exist"),
        (
            "experiments/circle/large_norm/start",
            {"norm_of": "circle/rndom_labels"},
            r"start: 'circle/rndom_labels' does not exist; did you mean 'circle/random_labels'\?",
        ),
        (
            "experiments/circle/normal/start",
            {"statedict": "./model.pt"},
            r"circle.normal.start: unknown key 'statedict'; did you mean 'state_dict'\?",
        ),
        (
            "experiments/circle/adversarial/start",
            {"parameters_of": "circle/random_labels", "seeds": 1},
            r"adversarial.start: unknown key 'seeds'; did you mean 'seed'\?",
        ),
        ("experiments/circle/normal/start", "normal", r"expected 'default' or .*found 'normal'"),
        (
            "experiments/circle/random_labels/start",
            {"parameters_of": "circle/adversarial"},
            r"the circle circle/random_labels → circle/adversarial → circle/random_labels",
        ),
    ],
)
def test_mistakes_are_named(path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Study(changed(path, value))
    assert re.search(message, str(error.value)), str(error.value)
    assert re.match(r"config\.yaml(, | with )", str(error.value))


@pytest.mark.parametrize("name", ["costs", "figures", "generalisation", "provenance", "tables"])
def test_a_data_set_called_as_a_folder_of_the_results_is_refused(name: str) -> None:
    config = changed(f"datasets/{name}", tiny_config()["datasets"]["circle"])
    message = rf"datasets.{name}: expected another name than .*, found {name}; rename the data set"
    with pytest.raises(ConfigurationError, match=message):
        Study(config)


def test_what_is_asked_for_by_a_wrong_name_is_named() -> None:
    study = Study(tiny_config())
    for ask in (
        lambda: study.dataset("circl"),
        lambda: study.experiment("circl", "normal"),
        lambda: study.start("circl", "normal", "0"),
    ):
        with pytest.raises(ConfigurationError, match=r"'circl' does not exist; did you mean"):
            ask()
    with pytest.raises(ConfigurationError, match=r"experiments.circle: 'nrmal' does not exist"):
        study.experiment("circle", "nrmal")
