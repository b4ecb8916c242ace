"""What jobs took and what a run says at its end, from files written by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hessian_boundary.runtime.costs import Cost, summarise_costs
from hessian_study.commands import summary
from hessian_study.commands.main import main
from hessian_study.commands.summary import cost_table, steps_not_made, summarise
from hessian_study.jobs.costs import record_cost, stage_costs
from hessian_study.provenance.records import Step, record_path

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
    _, *rows = (line.split() for line in cost_table(COSTS))
    assert rows == [
        ["diagonalise", "1", "70", "s", "80", "s", "80.0%", "70", "s", "900", "MB"],
        ["train", "2", "30", "s", "20", "s", "20.0%", "20", "s", "500", "MB"],
        ["all", "3", "100", "s", "100", "s", "100.0%", "70", "s", "900", "MB"],
    ]


def step(output: str, *inputs: str, name: str = "train") -> Step:
    spec = {"step": name, "settings": {}, "wildcards": {"dataset": "iris"}}
    return Step(spec, {"from": list(inputs)}, [output], [f"logs/{Path(output).name}.log"])


def make(steps: list[Step]) -> None:
    """Write what the steps make, with the records that say so."""
    for made in steps:
        digests = {name: ["0"] * len(paths) for name, paths in made.inputs.items()}
        for path in made.outputs:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch()
            record_path(path).parent.mkdir(parents=True, exist_ok=True)
            content = {"spec": made.spec, "inputs": digests, "versions": {}, "sha256": "0"}
            record_path(path).write_text(json.dumps(content))


MODEL, OTHER = "results/tiny/iris/normal/model.zarr.zip", "results/tiny/iris/other/model.zarr.zip"
STEPS = [
    step(MODEL),
    step(OTHER),
    step("results/tiny/tables/table1.csv", MODEL, name="table"),
    step("results/tiny/figures/fig01.pdf", MODEL, OTHER, name="figure"),
]


def test_it_names_what_was_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    make(STEPS)
    assert summarise(STEPS) == 0
    text = capsys.readouterr().out
    assert "Of the tiny profile all that was asked for is made:" in text
    assert "report   not yet" in text
    assert "results/tiny/figures/  (pdf, png): fig01\n" in text
    assert "results/tiny/tables/  (csv, md, tex): table1\n" in text
    assert text.index("diagonalise") < text.index("train  ")
    (folder / "results" / "tiny" / "report.html").touch()
    assert summarise(STEPS) == 0
    assert "report   results/tiny/report.html" in capsys.readouterr().out


def test_an_old_report_makes_nothing_complete(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    make([STEPS[0], STEPS[2]])
    (folder / "results" / "tiny" / "report.html").touch()
    (folder / "logs").mkdir()
    (folder / "logs" / "model.zarr.zip.log").write_text(
        "began\nValueError: too large\n\n"
        # of a job in several processes
        "W1129 16:47 7819 torch/distributed/elastic/multiprocessing/api.py:1028] Sending\n"
        "======\n"
    )
    assert summarise(STEPS, started=0.0) == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "Of the tiny profile not all that was asked for is made; so far:" in lines
    assert lines[-5:] == [
        "1 job failed:",
        "train dataset=iris (logs/model.zarr.zip.log)",
        "ValueError: too large",
        "once more: python -P -m hessian_study.jobs.run_job logs/tiny/train/iris/other/model.json",
        "1 more jobs have not made their results: they wait for these, or were not run",
    ]


def test_results_of_other_settings_are_not_what_was_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    make(STEPS)
    changed = [replace(STEPS[0], spec={**STEPS[0].spec, "settings": {"epochs": 2}}), *STEPS[1:]]
    assert steps_not_made(changed) == [changed[0], *STEPS[2:]]  # and what was made from them


def test_an_intermediate_result_may_be_deleted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    make(STEPS)
    Path(MODEL).unlink()
    assert steps_not_made(STEPS) == []
    Path(STEPS[3].outputs[0]).unlink()
    assert steps_not_made(STEPS) == [STEPS[0], STEPS[3]]


def test_targets_that_make_nothing_are_no_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(summary, "study_steps", lambda options: [])
    assert main(["summary", "probes"]) == 0
    assert capsys.readouterr().out == "summary: nothing is made for these targets\n"
