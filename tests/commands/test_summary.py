"""What jobs took and what a run says at its end, from files written by hand."""

from pathlib import Path

import numpy as np
import pytest

from hessian_boundary.runtime.costs import Cost, summarise_costs
from hessian_study.commands import summary
from hessian_study.jobs.costs import record_cost, stage_costs

COSTS = {
    "train": [Cost(10.0, 9.0, 400.0), Cost(20.0, 11.0, 500.0)],
    "diagonalise": [Cost(70.0, 80.0, 900.0)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two trainings of 10 and 20 s, a diagonalisation of 70 s, and a job that was nothing."""
    for name, numbers in (
        ("train/iris/normal/seed0", "10.0\t9.0\t400.0"),
        ("train/iris/normal/seed1", "20.0\t11.0\t500.0"),
        ("diagonalise/iris/normal/seed0/spectrum", "70.0\t80.0\t900.0"),
    ):
        file = tmp_path / "results" / "tiny" / "costs" / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"seconds\tcpu_seconds\tmemory_mb\n{numbers}\n")
    return tmp_path


def test_costs_are_read_as_they_were_written(folder: Path) -> None:
    assert stage_costs(folder / "results" / "tiny") == COSTS


def test_a_job_records_what_the_kernel_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    peak = np.ones(40_000_000)  # 320 MB
    assert peak[-1] == 1
    record_cost("train", "results/tiny/iris/normal/seed0/model.zarr.zip", 2.5)
    assert Path("results/tiny/costs/train/iris/normal/seed0/model.tsv").is_file()
    (cost,) = stage_costs(Path("results/tiny"))["train"]
    assert cost.seconds == 2.5
    assert cost.cpu_seconds > 0.1
    assert cost.memory_mb > 320


def test_stages_come_in_the_order_of_their_cost() -> None:
    table = summarise_costs(COSTS)
    assert table.values.tolist() == [
        ["diagonalise", 1, 70.0, 80.0, 0.8, 70.0, 900.0],
        ["train", 2, 30.0, 20.0, 0.2, 20.0, 500.0],
    ]
    assert summarise_costs({}).empty


def test_the_table_says_where_the_time_goes() -> None:
    _, *rows = (line.split() for line in summary.cost_table(COSTS))
    assert rows == [
        ["diagonalise", "1", "70", "s", "80", "s", "80.0%", "70", "s", "900", "MB"],
        ["train", "2", "30", "s", "20", "s", "20.0%", "20", "s", "500", "MB"],
        ["all", "3", "100", "s", "100", "s", "100.0%", "70", "s", "900", "MB"],
    ]


def test_the_command_names_what_was_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("figures/fig01.pdf", "figures/fig01.png", "tables/table1.csv"):
        file = folder / "results" / "tiny" / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    monkeypatch.chdir(folder)
    summary.main("tiny")
    text = capsys.readouterr().out
    assert "The tiny profile is not complete; so far:" in text
    assert "report   not yet" in text
    (folder / "results" / "tiny" / "report.html").touch()
    summary.main("tiny")
    text = capsys.readouterr().out
    assert "The tiny profile is complete:" in text
    assert "report   results/tiny/report.html" in text
    assert "results/tiny/figures/  (pdf, png): fig01\n" in text
    assert "results/tiny/tables/  (csv, md, tex): table1\n" in text
    assert text.index("diagonalise") < text.index("train  ")
