"""What is removed for an experiment, or because the configuration has no place for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.exceptions import RuleException, WorkflowError

from hessian_study.commands import clean
from hessian_study.commands.main import main
from hessian_study.commands.places import Place, study_files

FILES = (
    "results/tiny/iris/dataset.zarr.zip",
    "results/tiny/iris/normal/seed0/model.zarr.zip",
    "results/tiny/iris/normal/seed7/model.zarr.zip",
    "results/tiny/figures/fig02_old.png",
    "results/tiny/iris/normal/seed1/epoch10/spectrum.zarr.zip",
    "results/tiny/iris/taken_out/seed0/model.zarr.zip",
    "results/tiny/gone/normal/seed0/model.zarr.zip",
    "results/tiny/costs/train/iris/normal/seed0/model.tsv",
    "results/tiny/costs/make_dataset/iris/dataset.tsv",
    "results/tiny/costs/figure/figures/fig99.tsv",
    "results/tiny/provenance/iris/normal/seed0/model.zarr.zip.json",
    "results/tiny/provenance/tables/table2.csv.json",
    "results/tiny/tables/table2.csv",
    "results/tiny/tables/table2_published.md",
    "results/tiny/tables/mine.csv",
    "results/tiny/tables/precision_curves.csv",
    "results/tiny/figures/fig02.png",
    "results/tiny/figures/seed7/fig02.csv",
    "logs/tiny/figure_numbers/seed7/fig02.log",
    "logs/tiny/figure_numbers/figures/seed7/fig02.json",
    "logs/tiny/figure_numbers/seed7/fig99.log",
    "results/tiny/figures/fig99.png",
    "results/tiny/report.html",
    "logs/tiny/train/iris/normal/seed0.log",
    "logs/tiny/train/iris/normal/seed0/model.json",
    "logs/tiny/diagonalise/iris/normal/seed1/epoch10/diagonalise.log",
    "logs/tiny/make_dataset/iris.log",
    "logs/tiny/make_dataset/gone.log",
    "logs/tiny/table2.log",
)
NORMAL = {file for file in FILES if "iris/normal" in file}
ORPHANS = {
    *(file for file in FILES if "gone" in file or "fig99" in file or "taken_out" in file),
    *(file for file in FILES if "seed1" in file or "mine" in file or "_old" in file),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of a study, of which iris/normal with seed 0, Table 2 and Figure 2 are configured."""
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("content")
    config: dict[str, Any] = {
        "datasets": {"iris": {}},
        "experiments": {"iris": {"normal": {}}},
        "tables": {"table2": {}},
        "figures": {"fig02": {}},
    }
    selection = SimpleNamespace(margin_runs=list)  # of no further seeds
    study = SimpleNamespace(
        profile="tiny", seeds=[0], config=config, selection=selection,
        started_from={("iris", "normal", "7")},
    )  # fmt: skip
    monkeypatch.setattr(clean, "load_study", lambda options: study)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def remaining(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_an_experiments_files_go_with_records_costs_and_logs(folder: Path) -> None:
    assert main(["clean", "iris/normal", "--yes"]) == 0
    assert remaining(folder) == set(FILES) - NORMAL
    assert not (folder / "results/tiny/iris/normal").exists()  # no empty folders either
    assert (folder / "results/tiny/iris/taken_out").is_dir()


def test_a_data_set_goes_with_all_its_experiments(folder: Path) -> None:
    assert main(["clean", "iris", "--yes"]) == 0
    assert remaining(folder) == {file for file in FILES if "iris" not in file}


def test_orphans_are_what_the_configuration_lacks(folder: Path) -> None:
    assert main(["clean", "--orphans", "--yes"]) == 0
    assert remaining(folder) == set(FILES) - ORPHANS
    assert main(["clean", "--orphans", "--yes"]) == 0


def test_it_says_what_and_asks_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for answer, status in (("", 1), ("n\n", 1), ("yes\n", 0)):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=lambda answer=answer: answer))
        assert main(["clean", "iris/normal"]) == status
        text = capsys.readouterr().out
        assert f"{len(NORMAL)} files" in text
        assert all(f"  {file}\n" in text for file in NORMAL)
        assert (remaining(folder) == set(FILES)) == bool(status)


def test_a_name_without_files_is_refused_with_the_nearest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("iris/norml", "../..", "iris/normal/seed0", ""):
        assert main(["clean", name, "--yes"]) == 2
    assert "found none of 'iris/norml'; did you mean 'iris/normal'?" in capsys.readouterr().err
    assert remaining(folder) == set(FILES)


def test_files_of_other_programs_are_left_alone(folder: Path) -> None:
    results, logs = folder / "results/tiny", folder / "logs/tiny"
    left = [results / "costs", results / "costs/train", results / "provenance", results, logs]
    for place in left:
        (place / ".DS_Store").touch()
    assert main(["clean", "--orphans", "--yes"]) == 0
    assert all((place / ".DS_Store").is_file() for place in left)


def test_a_link_is_removed_and_not_what_it_leads_to(folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.write_text("precious")
    (folder / "results/tiny/iris/normal/seed0/link").symlink_to(elsewhere)
    assert main(["clean", "iris/normal", "--yes"]) == 0
    assert elsewhere.read_text() == "precious"
    assert not (folder / "results/tiny/iris/normal").exists()


def test_every_file_has_its_place(folder: Path) -> None:
    places = {str(path): place for path, place in study_files("tiny").items()}
    assert places["logs/tiny/train/iris/normal/seed0.log"] == Place("", "iris", "normal", 0)
    assert places["logs/tiny/make_dataset/iris.log"] == Place(dataset="iris")
    assert places["results/tiny/report.html"] == Place(target="report")


@pytest.mark.parametrize("error", [RuleException("no"), WorkflowError("no")])
def test_a_study_that_cannot_be_planned_is_told_in_a_line(
    error: Exception, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def failing(options: Any) -> None:
        raise error

    monkeypatch.setattr(clean, "load_study", failing)
    assert main(["clean", "iris", "--yes"]) == 2
    assert capsys.readouterr().err.startswith("clean: ")
    assert remaining(folder) == set(FILES)
