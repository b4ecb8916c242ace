"""The shipped configuration is the paper's, and what profiles and starts make of one."""

import yaml

from helpers.changed_configuration import changed
from helpers.tiny_study import ROOT, tiny_config
from hessian_study.configuration.study import Study, completed


def test_the_configuration_of_the_project_is_valid() -> None:
    study = Study(yaml.safe_load((ROOT / "config.yaml").read_text()))
    assert study.seeds == [0]


def test_long_trainings_stop_early_only_where_the_profile_says_so() -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    quick = Study(config)
    assert quick.training_settings("gaussian", "random_labels")["stop_when_fitted"] is True
    assert quick.training_settings("hierarchical", "random_labels")["stop_when_fitted"] is True
    assert quick.training_settings("gaussian", "adversarial")["stop_when_fitted"] is False
    assert quick.training_settings("mnist_017", "random_labels")["epochs"] == 2500
    paper = Study(config | {"profile": "paper"})
    assert paper.training_settings("gaussian", "random_labels")["stop_when_fitted"] is False
    assert paper.training_settings("mnist_017", "random_labels")["epochs"] == 5000


def test_a_profile_changes_what_it_names_and_nothing_else() -> None:
    changes = {
        "datasets": {"mnist_017": {"parameters": {"per_class": 7}}},
        "experiments": {"circle": {"normal": {"epochs": 3}}},
    }
    config = changed("profiles/tiny/changes", changes)
    study = Study(config)
    assert study.config["datasets"]["mnist_017"]["parameters"] == {
        "classes": [0, 1, 7],
        "per_class": 7,
    }
    assert study.training_settings("circle", "normal")["epochs"] == 3
    other = Study(changed("profiles/tiny/changes", {}))
    assert other.config["datasets"]["mnist_017"]["parameters"]["per_class"] == 20
    unchanged = {**study.config, "datasets": 0, "experiments": 0, "profiles": 0}
    assert unchanged == {**other.config, "datasets": 0, "experiments": 0, "profiles": 0}


def test_a_profile_has_what_it_does_not_say_from_the_one_it_extends() -> None:
    config = changed("profiles/tiny/changes", {"curvature": {"rank_tolerance": 1e-10}})
    own = {"experiments": {"circle": {"normal": {"epochs": 3}}}}
    config["profiles"]["mine"] = {"extends": "tiny", "seeds": [0, 7], "changes": own}
    study = Study({**config, "profile": "mine"})
    assert study.seeds == [0, 7]
    assert study.config["curvature"]["rank_tolerance"] == 1e-10
    assert study.training_settings("circle", "normal")["epochs"] == 3
    assert study.config["profiles"]["mine"]["compare_arithmetics"] is True


def test_a_training_starts_from_the_model_of_its_own_seed_unless_told_otherwise() -> None:
    study = Study(tiny_config())
    assert study.start("gaussian", "normal", "3") is None
    assert study.start("gaussian", "large_norm", "3") == ("gaussian", "random_labels", "3")
    assert study.start("checkerboard", "wide_margin", "3") == (
        "checkerboard_pretrain",
        "normal",
        "0",
    )
    assert study.start("mnist_017", "adversarial", "3") == ("mnist_017", "random_labels", "0")


def test_epochs_and_seeds_are_the_papers() -> None:
    """The fact sheet's epochs, as a table that is written a second time here."""
    config = completed(yaml.safe_load((ROOT / "config.yaml").read_text()))
    epochs = {
        (dataset, training): entry["epochs"]
        for dataset, trainings in config["experiments"].items()
        for training, entry in trainings.items()
    }
    expected = {
        "gaussian": (2_000, 300_000, 20_000, 1_000),
        "circle": (2_000, 20_000, 20_000, 5_000),
        "half_moon": (2_000, 100_000, 20_000, 5_000),
        "hierarchical": (2_000, 300_000, 20_000, 20_000),
    }
    for dataset, numbers in expected.items():
        trainings = ("normal", "random_labels", "adversarial", "large_norm")
        assert tuple(epochs[dataset, training] for training in trainings) == numbers
    assert epochs["iris", "random_labels"] == 200_000
    assert epochs["toy1d", "normal"] == 45_000
    images = {
        "mnist_017": (500, 5_000, 1_500),
        "mnist_179": (500, 10_000, 500),
        "mnist_0179": (500, 10_000, 1_500),
        "mnist_1379": (500, 10_000, 1_500),
        "cifar_127": (100, 100, 100),
    }
    for dataset, numbers in images.items():
        trainings = ("normal", "random_labels", "adversarial")
        assert tuple(epochs[dataset, training] for training in trainings) == numbers
    assert config["profiles"]["paper"]["seeds"] == [0, 1, 2, 3, 4]
