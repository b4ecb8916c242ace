"""A table and a trained network of one's own, through the real workflow."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from helpers.tiny_study import TinyStudy, image_datasets
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_study.provenance.file_digests import file_digest

pytestmark = pytest.mark.slow  # a whole study each

DATASET = "results/tiny/fruit/dataset.zarr.zip"
FOLDER = "results/tiny/fruit/trained/seed0"
MODEL, MEASURES = f"{FOLDER}/model.zarr.zip", f"{FOLDER}/measures.csv"
TRAIN = ("train", "fruit", "trained", "0")
MAKE = ("make_dataset", "fruit", "", "")
WIDTH = 5


def table(shift: float = 0.0) -> str:
    draw = np.random.RandomState(0)
    lines = ["width,height,species"]
    for row in range(45):
        kind = row % 3
        a, b = draw.standard_normal(2) * 0.3 + [kind, -kind * 0.5] + [shift, 0]
        lines.append(f"{a:.6f},{b:.6f},{['pear', 'apple', 'fig'][kind]}")
    return "\n".join(lines) + "\n"


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 3))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    study = TinyStudy.with_own_code(tmp_path_factory.mktemp("fruit"))
    (study.directory / "fruit.csv").write_text(table())
    rows = np.arange(45)
    np.savez(study.directory / "split.npz", train=rows[:24], test=rows[24:36], validation=rows[36:])
    torch.save({"model": network(0).state_dict()}, study.directory / "model.pt")
    (study.code / "pipeline/hessian_boundary/networks/architectures/tiny.py").write_text(
        "from torch import nn\n\n\ndef build(input_shape, classes, *, width):\n"
        "    first = nn.Linear(*input_shape, width)\n"
        "    return nn.Sequential(first, nn.Tanh(), nn.Linear(width, classes))\n"
    )
    normal = dict(study.config["experiments"]["circle"]["normal"], presumes_fit=False)
    trained = {**normal, "architecture": {"name": "tiny", "width": WIDTH}, "epochs": 0}
    return study.edited(
        datasets__fruit={
            "generator": "csv",
            "parameters": {"file": "fruit.csv", "label": "species"},
            "split": "./split.npz",
        },
        experiments__fruit={"trained": {**trained, "start": {"state_dict": "./model.pt"}}},
        figures__fruits={
            "layout": "alignment_maps", "experiments": ["fruit/trained"], "eigenvectors": 2,
        },
        profiles__tiny__without=image_datasets(),
    )  # fmt: skip


def test_a_table_and_a_trained_network_become_measures_and_a_figure(study: TinyStudy) -> None:
    result = study.run(MEASURES, "fruits")
    assert result.returncode == 0, result.stderr
    model = open_artifact(study.directory / MODEL, "model")
    expected = torch.cat([part.detach().ravel() for part in network(0).parameters()]).numpy()
    assert model["parameters"].values.tobytes() == expected.tobytes()
    assert model.sizes["epoch"] == 0
    provenance = json.loads(model.attrs["provenance"])
    assert provenance["inputs"]["state_dict"] == [file_digest(study.directory / "model.pt")]
    dataset = open_artifact(study.directory / DATASET, "dataset")
    assert dataset["class_name"].values.tolist() == ["apple", "fig", "pear"]
    assert dataset["feature"].values.tolist() == ["width", "height"]
    inputs = json.loads(dataset.attrs["provenance"])["inputs"]
    for name, file in (("file", "fruit.csv"), ("split", "split.npz")):
        assert inputs[name] == [file_digest(study.directory / file)]
    logits = network(0)(torch.from_numpy(dataset["x"].values)).argmax(1).numpy()
    for part in ("train", "test", "validation"):
        rows = dataset["split"].values == part
        right = (logits == dataset["y"].values)[rows].mean()
        assert model.attrs[f"{part}_accuracy"] == pytest.approx(right)
    measures = open_table(study.directory / MEASURES).set_index("measure")["value"]
    assert np.isfinite(measures[["g_theta_max", "lambda_max"]]).all()
    drawn = study.results / "figures/fruits.pdf"
    assert drawn.is_file()
    assert study.planned(MEASURES, "fruits") == []


@pytest.mark.parametrize(
    ("file", "changed", "first"),
    [
        pytest.param("fruit.csv", "table", MAKE, marks=pytest.mark.thorough),
        pytest.param("split.npz", "split", MAKE, marks=pytest.mark.thorough),
        ("model.pt", "model", TRAIN),
    ],
)
def test_an_edit_of_each_file_reruns_what_depends_on_it(
    study: TinyStudy, file: str, changed: str, first: tuple[str, ...]
) -> None:
    assert study.run(MEASURES).returncode == 0
    assert study.planned(MEASURES) == []
    path = study.directory / file
    if changed == "table":
        path.write_text(table(shift=0.25))
    elif changed == "split":
        rows = np.arange(45)
        np.savez(path, train=rows[:30], test=rows[30:])
    else:
        torch.save({"module." + k: v for k, v in network(7).state_dict().items()}, path)
    planned = study.planned(MEASURES)
    assert first in planned
    assert (MAKE in planned) == (file != "model.pt")
    assert TRAIN in planned
    assert {job[1] for job in planned} <= {"fruit", ""}
    assert study.run(MEASURES).returncode == 0
    assert study.planned(MEASURES) == []


def test_a_file_that_is_missing_is_named_with_the_key(study: TinyStudy) -> None:
    for change, key in (
        ({"datasets__fruit__parameters__file": "frut.csv"}, "datasets.fruit.parameters.file"),
        ({"datasets__fruit__split": "none.npz"}, "datasets.fruit.split"),
        (
            {"experiments__fruit__trained__start": {"state_dict": "none.pt"}},
            "experiments.fruit.trained.start.state_dict",
        ),
    ):
        result = study.edited(**change).run("--dry-run", MODEL)
        assert result.returncode != 0
        said = result.stdout + result.stderr  # a plan's errors go where the plan goes
        assert f"config.json, {key}: expected the file " in said
        assert f"found none at {study.directory}" in said


def test_a_network_of_another_width_is_refused_with_names_and_shapes(study: TinyStudy) -> None:
    architecture = {"name": "tiny", "width": WIDTH + 1}
    result = study.edited(experiments__fruit__trained__architecture=architecture).run(MODEL)
    log = Path(study.directory / "logs/tiny/train/fruit/trained/seed0.log").read_text()
    assert result.returncode != 0
    assert "start: ./model.pt: expected the 4 tensors" in log
    assert "3 of another shape: 0.weight (5, 2) in place of (6, 2)" in log
