"""Data and networks of one's own, through the real workflow: what is noticed, what goes on."""

import json
from pathlib import Path

import pytest

from helpers.marks import THOROUGH
from helpers.tiny_study import TinyStudy, image_datasets
from hessian_boundary.artifacts.store import open_artifact

GENERATORS = "pipeline/hessian_boundary/data/generators"
ARCHITECTURES = "pipeline/hessian_boundary/networks/architectures"
GIVEN = """
import numpy as np

def generate(*, files):
    table = np.loadtxt(files[0], delimiter=",")
    return table[:, :2], table[:, 2].astype(int)
"""
READS = """
import numpy as np

def generate(*, path):
    table = np.loadtxt(path, delimiter=",")
    return table[:, :2], table[:, 2].astype(int)
"""
DOWNLOADS = """
import numpy as np
from hessian_boundary.data.image_files import CACHE_FOLDER

def generate(*, offline, data_folder=None):
    file = CACHE_FOLDER / "mine.csv"
    exact = file.exists() or not offline
    if not offline:
        file.parent.mkdir(exist_ok=True)
        file.write_text("downloaded")
    return np.arange(60.0).reshape(30, 2), np.arange(30) % 2, {"exact": exact}
"""
TARGET = "results/tiny/mine/dataset.zarr.zip"
MODEL = "results/tiny/mine/normal/seed0/model.zarr.zip"
FRESH = [("make_dataset", "mine", "", "")]


def table(flipped: bool = False) -> str:
    rows = [(0.1 * row, (row % 3) - row * 0.01, row % 2 != flipped) for row in range(30)]
    return "".join(f"{a},{b},{int(label)}\n" for a, b, label in rows)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """A copy of the code with generators of one's own, and a data set of one's own."""
    study = TinyStudy.with_own_code(tmp_path_factory.mktemp("own"))
    (study.code / GENERATORS / "given.py").write_text(GIVEN)
    (study.code / GENERATORS / "reads.py").write_text(READS)
    entry = dict(study.config["experiments"]["circle"]["normal"], presumes_fit=False)
    study.config["experiments"]["mine"] = {"normal": entry}
    study.config["profiles"]["tiny"]["without"] = image_datasets()
    return study


def with_data(study: TinyStudy, generator: str, files: list[str], **parameters: str) -> TinyStudy:
    entry = {"generator": generator, "parameters": parameters, "train_fraction": 0.5}
    return study.edited(datasets__mine=entry | ({"files": files} if files else {}))


@pytest.mark.parametrize(
    ("place", "generator"),
    [
        ("beside the configuration", "given"),
        pytest.param("data folder", "reads", marks=pytest.mark.slow),
        pytest.param("elsewhere", "given", marks=THOROUGH),
    ],
)
def test_an_edit_of_an_own_file_makes_the_data_set_again(
    study: TinyStudy, tmp_path: Path, place: str, generator: str
) -> None:
    folder = study.directory if place == "beside the configuration" else tmp_path
    file = folder / "mine.csv"
    file.write_text(table())
    parameters = {"path": str(file)} if generator == "reads" else {}
    named = str(file) if place == "elsewhere" else "mine.csv"
    changed = with_data(study, generator, [named], **parameters)
    if place == "data folder":
        changed = changed.edited(data_folder=str(tmp_path))
    result = changed.run(TARGET)
    assert result.returncode == 0, result.stderr
    made = open_artifact(study.directory / TARGET, "dataset")
    assert json.loads(made.attrs["provenance"])["inputs"]["files"]
    before = made["y"].values.copy()
    assert changed.planned(TARGET) == []
    file.write_text(table(flipped=True))
    assert changed.planned(TARGET) == FRESH
    assert changed.run(TARGET).returncode == 0
    assert (open_artifact(study.directory / TARGET)["y"].values == 1 - before).all()
    assert changed.planned(TARGET) == []


def test_a_file_put_into_data_is_an_input_and_one_that_was_downloaded_is_none(
    study: TinyStudy,
) -> None:
    (study.code / GENERATORS / "downloads.py").write_text(DOWNLOADS)
    entry = {"generator": "downloads", "files": ["mine.csv"], "train_fraction": 0.5}
    for offline, jobs in ((True, FRESH), (False, [])):
        changed = study.edited(datasets__mine=entry | {"parameters": {"offline": offline}})
        file = study.code / "data/mine.csv"
        file.unlink(missing_ok=True)
        assert changed.run(TARGET).returncode == 0
        file.parent.mkdir(exist_ok=True)
        file.write_text("downloaded")
        assert changed.planned(TARGET) == jobs
        assert changed.run(TARGET).returncode == 0
        assert open_artifact(study.directory / TARGET).attrs["exact"]
        assert changed.planned(TARGET) == []


def test_a_file_that_is_not_listed_and_one_that_is_missing_are_named(
    study: TinyStudy, tmp_path: Path
) -> None:
    file = tmp_path / "secret.csv"
    file.write_text(table())
    result = with_data(study, "reads", [], path=str(file)).run(TARGET)
    log = (study.directory / "logs/tiny/make_dataset/mine.log").read_text()
    assert result.returncode != 0
    assert (
        "ValueError: datasets.mine: expected the generator 'reads' to read only the `files`" in log
    )
    assert str(file) in log
    result = with_data(study, "given", ["nowhere.csv"]).run(TARGET)
    assert "Missing input files for rule make_dataset" in result.stderr
    assert f"{study.directory}/nowhere.csv" in result.stderr


BROKEN = "def build(input_shape, classes):\n    return nn.Linear(2, classes\n"


@pytest.mark.slow
def test_a_broken_file_of_ones_own_stops_its_own_steps_only(study: TinyStudy) -> None:
    (study.directory / "mine.csv").write_text(table())
    (study.code / ARCHITECTURES / "broken.py").write_text(BROKEN)
    (study.code / GENERATORS / "half.py").write_text("\n\ndef generate(\n")
    changed = with_data(study, "given", ["mine.csv"]).edited(
        experiments__mine__normal__architecture={"name": "broken", "width": 3},
        datasets__other={"generator": "half", "parameters": {}, "train_fraction": 0.5},
    )
    other = "results/tiny/circle/dataset.zarr.zip"
    result = changed.run(other, TARGET)
    assert result.returncode == 0, result.stderr
    result = changed.run("--keep-going", MODEL, "results/tiny/other/dataset.zarr.zip")
    assert result.returncode != 0
    log = (study.directory / "logs/tiny/train/mine/normal/seed0.log").read_text()
    assert "architectures/broken.py, found in line 2: '(' was never closed; correct" in log
    log = (study.directory / "logs/tiny/make_dataset/other.log").read_text()
    assert "ValueError: datasets.other: expected Python in" in log
    assert "generators/half.py, found in line 3: '(' was never closed" in log
