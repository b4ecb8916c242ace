"""What a study plans: settings and inputs of its jobs, and names that cannot be."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.own_configuration import MLP, MOONS
from helpers.scripts import script

PLAN = """
import json
from pathlib import Path
from hessian_study.commands.planning import Asked, expected_steps
steps = expected_steps(["all"], Asked(files=[Path("study.yaml").absolute()], replace=True))
print(json.dumps([[step.spec, step.inputs, step.outputs] for step in steps]))
"""
DATA = {"generator": "moons", "parameters": MOONS}
TRAINING = {"architecture": MLP}


def planned(folder: Path, **study: Any) -> list[tuple[dict[str, Any], dict[str, Any], list[str]]]:
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    run = subprocess.run(script(PLAN), cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ValueError(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def test_what_an_experiment_says_of_curvature_holds_for_its_gauss_newton_part_too(
    tmp_path: Path,
) -> None:
    own = {"eigenpairs": {"top": 3}, "memory_limit_gb": 2}
    steps = planned(
        tmp_path,
        datasets={"moons": DATA},
        experiments={"moons": {"plain": TRAINING, "large": TRAINING | {"curvature": own}}},
        figures={
            name: {
                "layout": "sample_alignments", "eigenvectors": 3,
                "experiments": [f"moons/{name}/gauss_newton"],
            }
            for name in ("plain", "large")
        },
        tables={
            "measured": {
                "experiments": ["moons/plain", "moons/large"],
                "columns": ["gauss_newton_g_theta_max"],
            }
        },
    )  # fmt: skip
    for step in ("diagonalise_gauss_newton", "measure_gauss_newton"):
        limits = {
            spec["wildcards"]["training"]: spec["settings"]["memory_limit_gb"]
            for spec, *_ in steps
            if spec["step"] == step
        }
        assert limits == {"plain": 4, "large": 2}
    tops = [
        spec["settings"]["eigenpairs"]["top"]
        for spec, *_ in steps
        if spec["step"] == "diagonalise_gauss_newton" and spec["wildcards"]["training"] == "large"
    ]
    assert tops == [3]


@pytest.mark.parametrize("home", [False, True])
def test_files_below_a_data_folder_are_found_wherever_a_study_is_planned(
    tmp_path: Path, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "images" / "mine.csv"
    file.parent.mkdir()
    file.write_text("a,b,label\n" + "1,2,0\n3,4,1\n" * 5)
    named = {"file": "mine.csv", "label": "label"}
    steps = planned(
        tmp_path,
        data_folder="~/images" if home else "images",
        datasets={"cells": {"generator": "csv", "parameters": named}},
        experiments={"cells": {"plain": TRAINING}},
        tables={"measured": {"experiments": ["cells/plain"], "columns": ["trace"]}},
    )  # fmt: skip
    (inputs,) = [inputs for spec, inputs, _ in steps if spec["step"] == "make_dataset"]
    assert [Path(tmp_path, name).resolve() for name in inputs["file"]] == [file.resolve()]


def test_a_table_of_ones_own_may_be_called_as_one_of_the_papers(tmp_path: Path) -> None:
    steps = planned(
        tmp_path,
        datasets={"moons": DATA},
        experiments={"moons": {"plain": TRAINING}},
        tables={"table1": {"experiments": ["moons/plain"], "columns": ["trace"]}},
    )
    (table,) = [outputs for spec, _, outputs in steps if spec["step"] == "table"]
    assert not [name for name in table if "published" in name]


@pytest.mark.parametrize("name", ["margins", "regimes", "probes", "generalisation", "train"])
def test_a_target_is_not_called_as_a_rule_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"expected names that no step .* found {name}; rename it"):
        planned(
            tmp_path,
            datasets={"moons": DATA},
            experiments={"moons": {"plain": TRAINING}},
            tables={name: {"experiments": ["moons/plain"], "columns": ["trace"]}},
        )
