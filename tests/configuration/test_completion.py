"""What a configuration leaves out: `like`, defaults and profiles."""

import copy
from pathlib import Path

import pytest
import yaml

from helpers.own_configuration import MLP, own
from helpers.tiny_study import ROOT
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study, completed
from hessian_study.configuration.targets.selection import Selection


def test_a_study_says_only_what_is_its_own() -> None:
    study = Study(own())
    assert (study.profile, study.seeds) == ("study", [0])
    assert study.config["device"] == "auto"
    assert study.config["datasets"]["moons"]["train_fraction"] == 0.8
    experiment = study.experiment("moons", "plain")
    expected = {
        "architecture": MLP, "labels": "y", "start": "default", "loss": "cross_entropy",
        "optimizer": "sgd", "learning_rate": 0.01, "weight_decay": 0, "batch_size": 64,
        "epochs": 100, "presumes_fit": False, "momentum": 0, "training": None,
    }  # fmt: skip
    assert experiment.items() >= expected.items()
    assert study.config["curvature"]["eigenpairs"] == {"top": 50, "bottom": 5}
    assert study.config["alignment"]["grid_margin"] == 0.15
    assert study.config["tables"] == study.config["figures"] == study.config["precision"] == {}
    assert (study.config["planar"], study.config["drawn_seed"]) == ([], 0)


@pytest.mark.parametrize(
    ("files", "profile"),
    [([], "study"), (["a/study.yaml"], "study"), (["a/flowers.yml", "a/More.yaml"], "flowers")],
)
def test_a_study_without_profiles_is_called_as_its_file(
    tmp_path: Path, files: list[str], profile: str
) -> None:
    paths = [tmp_path / Path(file).name for file in files]
    for path in paths:
        path.write_text("{}")
    assert Study(own(), paths).profile == profile
    assert Study({**own(), "profiles": {"mine": {}}}, paths).profile == "mine"


@pytest.mark.parametrize("name", ["my study", "Flowers", "2_flowers", "flowers-2", "flowers.old"])
def test_a_file_whose_name_is_no_folders_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text("{}")
    with pytest.raises(ConfigurationError, match=f"digits and _, .* found {name}.yaml; rename"):
        Study(own(), [file])
    assert Study({**own(), "profiles": {"mine": {}}}, [file]).profile == "mine"


def test_a_trained_network_is_not_trained_on_unless_epochs_are_said() -> None:
    start = {"state_dict": "./model.pt"}
    further = {"mine": {"architecture": MLP, "start": start}}
    further |= {"same": {"like": "mine"}, "more": {"like": "mine", "epochs": 7}}
    study = Study(own(**further))
    epochs = {name: study.experiment("moons", name)["epochs"] for name in ("plain", *further)}
    assert epochs == {"plain": 100, "mine": 0, "same": 0, "more": 7}


def test_a_complete_configuration_stays_as_it_is() -> None:
    for config in (own(), yaml.safe_load((ROOT / "config.yaml").read_text())):
        once = completed(config)
        assert completed(once) == once


def test_nothing_of_what_was_given_is_changed() -> None:
    config = own(other={"like": "plain"})
    before = copy.deepcopy(config)
    one, two = completed(config), completed(config)
    assert config == before
    one["experiments"]["moons"]["plain"]["start"] = "changed"
    one["tables"]["new"] = {}
    assert two["experiments"]["moons"]["plain"]["start"] == "default"
    assert completed(config)["tables"] == {}


def test_seeds_at_the_top_are_those_of_every_profile_that_names_none() -> None:
    assert Study({**own(), "seeds": [3, 4]}).seeds == [3, 4]
    assert Study({**own(), "seeds": [3, 4]}).config["drawn_seed"] == 3
    profiles = {"long": {}, "short": {"seeds": [7]}}
    for profile, seeds in (("long", [3, 4]), ("short", [7])):
        config = {**own(), "seeds": [3, 4], "profiles": profiles, "profile": profile}
        assert Study(config).seeds == seeds
    assert Study({**own(), "profiles": profiles}).profile == "long"
    with pytest.raises(ConfigurationError, match=r"drawn_seed: expected one of .* \[0\], found 1"):
        Study({**own(), "drawn_seed": 1})


def test_like_goes_along_a_chain_and_each_key_stands_whole() -> None:
    architecture = {"name": "mlp", "hidden": [2, 2]}
    config = own(
        slow={"like": "plain", "epochs": 7, "start": {"norm_of": "moons/plain"}},
        wide={"like": "moons/slow", "architecture": architecture, "learning_rate": 0.5},
        back={"like": "wide", "start": {"parameters_of": "moons/wide"}},
    )
    config["datasets"]["other"] = config["datasets"]["moons"]
    config["experiments"]["other"] = {"far": {"like": "moons/wide"}}
    found = completed(config)["experiments"]
    assert found["moons"]["wide"]["architecture"] == architecture
    assert found["moons"]["wide"]["epochs"] == found["other"]["far"]["epochs"] == 7
    assert found["other"]["far"] == found["moons"]["wide"]
    assert found["moons"]["back"]["start"] == {"parameters_of": "moons/wide"}
    assert all("like" not in entry for entry in found["moons"].values())


LIKES = {
    "a circle": (
        {"a": {"like": "b"}, "b": {"like": "moons/a"}},
        r"moons\.b\.like: .* circle moons/a → moons/b → moons/a",
    ),
    "itself": ({"a": {"like": "a"}}, r"moons\.a\.like: .*found the circle moons/a → moons/a"),
    "nothing": ({"a": {"like": "plian"}}, r"a\.like: 'moons/plian' .* did you mean 'moons/plain'"),
    "no architecture": (
        {"a": {"epochs": 3}},
        r"moons\.a: expected an architecture, or an .* `like`, found \['epochs'\]; write",
    ),
}


@pytest.mark.parametrize("mistake", LIKES)
def test_mistakes_in_like_are_named(mistake: str) -> None:
    experiments, message = LIKES[mistake]
    with pytest.raises(ConfigurationError, match=message):
        completed(own(**experiments))


def test_curvature_of_an_experiment_is_laid_over_the_section() -> None:
    density = {"probes": 3}
    config = own(
        top={"like": "plain", "curvature": {"method": "lanczos", "eigenpairs": {"bottom": 0}}},
        none={"like": "plain", "curvature": {"density": "none"}},
        some={"like": "plain", "curvature": {"density": density}},
    )
    config["curvature"] = {"rank_tolerance": "1e-9", "density": "none"}
    study = Study(config)
    shared = study.curvature("moons", "plain")
    assert shared == study.config["curvature"]
    assert (shared["rank_tolerance"], shared["density"]) == (1e-9, "none")
    top = {**shared, "method": "lanczos", "eigenpairs": {"top": 50, "bottom": 0}}
    assert study.curvature("moons", "top") == top
    assert study.curvature("moons", "none") == shared
    assert study.curvature("moons", "some")["density"] == {"probes": 3, "steps": 40}
    plain, own_curvature = (study.training_settings("moons", name) for name in ("plain", "top"))
    assert plain == own_curvature  # a training does not depend on it
    with pytest.raises(ConfigurationError, match=r"top\.curvature: unknown key 'metod'; did you"):
        Study(own(top={"like": "plain", "curvature": {"metod": "lanczos"}}))


def test_every_experiment_is_measured_where_no_table_names_any() -> None:
    config = {**own(other={"like": "plain"}), "seeds": [0, 1]}
    runs = [("moons", name, seed) for name in ("other", "plain") for seed in (0, 1)]
    assert Selection(completed(config)).tabulated_runs() == runs
    tables = {"mine": {"moons": ["other"]}}
    assert Selection(completed(config | {"tables": tables})).tabulated_runs() == runs[:2]
