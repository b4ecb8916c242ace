"""The target `generalisation` in the real workflow, with the fewest and smallest networks."""

import pytest

from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_study.commands.places import Place
from hessian_study.configuration.study import Study

TARGET = "generalisation"
KNOBS = {"width": [3, 4], "learning_rate": [0.05, 0.1], "training_size": [20, 30], "epochs": [5, 9]}


def smallest(study: TinyStudy) -> TinyStudy:
    section = study.config["generalisation"]
    for entry in section["datasets"].values():
        entry["walks"] = 0
    section["datasets"]["half_moon"] |= {"walks": 1, "repeats": 1}
    # Snakemake adds config.yaml's knobs to those given: none is left out, but empty
    knobs = {name: KNOBS.get(name, []) for name in section["knobs"]}
    section |= {
        "explore": [0],
        "confirm": [1],
        "knobs": knobs,
        "resamples": 100,
        "permutations": 100,
    }
    section["fitted"] = {"train_error_at_most": 1}
    return study


def test_the_target_is_planned_and_no_part_of_all(tmp_path) -> None:
    study = smallest(TinyStudy(tmp_path))
    planned = [job[0] for job in study.planned(TARGET)]
    assert sorted(planned) == sorted(
        ["make_dataset", "sweep_models", "sweep_models", "compare_measures"]
    )
    assert not {"sweep_models", "compare_measures"} & {job[0] for job in study.planned("all")}


def test_no_file_of_it_is_an_orphan(tmp_path) -> None:
    study = Study(smallest(TinyStudy(tmp_path)).config)
    for path in (
        "generalisation/half_moon/draw0/models.zarr.zip",
        "generalisation/half_moon/regimes/draw0.zarr.zip",
        "generalisation/half_moon/probes.csv",
        "half_moon/draw0.log",
        "tables/generalisation_answer.txt",
        "tables/regimes.md",
        "figures/generalisation.png",
    ):
        assert Place.of(*path.split("/")).is_in(study), path
    assert Place.of("generalisation", "half_moon", "probes.csv").is_of("half_moon")
    assert not Place.of("generalisation", "gone", "draw0", "models.zarr.zip").is_in(study)


@pytest.mark.slow
def test_networks_are_trained_compared_and_answered_from(tmp_path) -> None:
    study = smallest(TinyStudy(tmp_path))
    result = study.run(TARGET)
    assert result.returncode == 0, result.stderr
    models = open_artifact(
        study.results / "generalisation/half_moon/draw0/models.zarr.zip", "models"
    )
    assert models.sizes["model"] == len(KNOBS) + 2
    tables = study.results / "tables"
    assert len(open_table(tables / "generalisation_models.csv")) == 2 * (len(KNOBS) + 2)
    answer = (tables / "generalisation_answer.txt").read_text().splitlines()
    assert len(answer) == 3
    assert answer[0].startswith("Too few models to say")
    assert (study.results / "figures/generalisation.pdf").stat().st_size > 5000
    assert study.planned(TARGET) == []
    changed = study.edited(generalisation__verdict__level=0.01)
    assert {job[0] for job in changed.planned(TARGET)} == {"compare_measures"}
