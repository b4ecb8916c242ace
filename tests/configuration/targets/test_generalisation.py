"""What the target `generalisation` reads of the configuration."""

import copy
from pathlib import Path

import numpy as np
import pytest
import yaml

from helpers.made_up_models import made_up_models
from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.store import save_artifact
from hessian_boundary.generalisation.knobs import AXES, DEFAULTS, planned_models
from hessian_boundary.generalisation.measuring import MEASURES
from hessian_boundary.generalisation.sweep import models_dataset
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.study import Study
from hessian_study.configuration.targets.generalisation import (
    chunk_settings,
    chunks,
    comparison_settings,
    swept_datasets,
)
from hessian_study.jobs.job import Job
from hessian_study.steps import compare_measures as compare_step

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def of_profile(profile: str, **changes) -> dict:
    config = copy.deepcopy(CONFIG) | {"profile": profile}
    config["generalisation"] |= changes
    return Study(config).config


def count(config: dict, dataset: str) -> int:
    total = 0
    for name, draw in chunks(config):
        if name == dataset:
            own = chunk_settings(config, name, draw)
            plan = planned_models(name, own["half"], own["knobs"], own["walks"], own["repeats"])
            total += len(plan)
    return total


def test_the_full_study_has_as_many_models_as_it_says() -> None:
    config = of_profile("paper")
    counts = {name: count(config, name) for name in swept_datasets(config)}
    assert counts == {
        "gaussian": 156,
        "circle": 156,
        "half_moon": 156,
        "hierarchical": 156,
        "iris": 64,
        "mnist_017": 60,
    }
    text = (ROOT / "docs" / "generalisation.md").read_text()
    assert f"The second trains {sum(counts.values())} networks of six" in text
    quick = of_profile("quick")
    small = sum(count(quick, name) for name in swept_datasets(quick))
    assert f"The first trains {small} networks of two" in text


def test_halves_share_no_draw_and_a_data_set_may_have_knobs_of_its_own() -> None:
    config = of_profile("paper")
    assert chunk_settings(config, "gaussian", 0)["half"] == "explore"
    assert chunk_settings(config, "gaussian", 3)["half"] == "confirm"
    mnist = chunk_settings(config, "mnist_017", 0)
    assert mnist["architecture"] == "cnn"
    assert not {"width", "depth"} & mnist["knobs"].keys()
    assert set(chunk_settings(config, "iris", 0)["knobs"]) == set(DEFAULTS)


def test_every_measure_of_the_configuration_is_computed() -> None:
    known = {*MEASURES, *AXES, "parameters"}
    assert set(comparison_settings(of_profile("paper"))["measures"]) <= known


def test_the_step_that_compares_is_given_all_that_it_reads(tmp_path: Path) -> None:
    """The real step, on models that were never trained, with the settings of the quick profile."""
    config = of_profile("quick")
    settings = comparison_settings(config) | {"note": ""}
    made_up = made_up_models(("gaussian",), walks=1)
    noise = np.random.default_rng(0).random((len(made_up), len(settings["measures"])))
    missing = [name not in made_up for name in settings["measures"]]
    made_up[list(np.array(list(settings["measures"]))[missing])] = noise[:, missing]
    files = []
    for half, models in made_up.groupby("half"):
        entries = models.drop(columns="dataset").to_dict("records")
        found = models_dataset(entries).assign_attrs(dataset="gaussian")
        files.append(str(tmp_path / f"{half}.zarr.zip"))
        save_artifact(found, files[-1], "models", {})
    kinds = ("csv", "markdown", "latex", "pdf", "png", "models", "answer")
    output = {kind: str(tmp_path / f"generalisation.{kind}") for kind in kinds}
    compare_step.main(
        Job({"settings": settings, "wildcards": {}}, {"models": files}, output, "cpu")
    )
    assert all(Path(path).stat().st_size for path in output.values())
    assert len(Path(output["answer"]).read_text().splitlines()) == 3


def test_what_a_profile_leaves_out_is_not_trained() -> None:
    config = copy.deepcopy(CONFIG)
    config["profiles"]["quick"]["without"] = ["gaussian"]
    assert swept_datasets(Study(config).config) == ["half_moon"]


def test_a_study_without_the_section_has_no_models() -> None:
    config = copy.deepcopy(CONFIG)
    del config["generalisation"]
    del config["profiles"]["quick"]["changes"]["generalisation"]
    assert chunks(Study(config).config) == []


def test_a_draw_in_both_halves_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected the data draw 1 in one of explore and"):
        of_profile("quick", explore=[0, 1], confirm=[1, 2])


def test_names_and_values_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"generalisation\.datasets.*did you mean"):
        of_profile("paper", datasets={"gausian": {"architecture": "mlp", "walks": 1}})
    with pytest.raises(ConfigurationError, match="unknown key 'momentum'"):
        of_profile("paper", knobs={"momentum": [0, 0.9]})
    with pytest.raises(ConfigurationError, match="'backwards' is not one of"):
        of_profile("paper", knobs={"start": ["normal", "backwards"]})
