"""What a run says at its end, from benchmark files written by hand."""

from pathlib import Path

import pytest

from workflow import summary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two trainings of 10 and 20 s, a diagonalisation of 70 s, and a job too short to watch."""
    benchmarks = tmp_path / "results" / "tiny" / "benchmarks"
    for name, seconds, memory in (
        ("train/iris/normal/seed0", "10.0", "400.0"),
        ("train/iris/normal/seed1", "20.0", "500.0"),
        ("diagonalise/iris/normal/seed0/diagonalise", "70.0", "900.0"),
        ("measure/iris/normal/seed0", "0.04", "-"),
    ):
        file = benchmarks / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:00\t{memory}\n")
    return tmp_path


def test_stages_come_in_the_order_of_their_cost(folder: Path) -> None:
    costs = summary.stage_costs(folder / "results" / "tiny" / "benchmarks")
    assert list(costs.items()) == [
        ("diagonalise", [(70.0, 900.0)]),
        ("train", [(10.0, 400.0), (20.0, 500.0)]),
        ("measure", [(0.04, 0.0)]),
    ]


def test_the_table_says_where_the_time_goes() -> None:
    costs = {"diagonalise": [(70.0, 900.0)], "train": [(10.0, 400.0), (20.0, 500.0)]}
    _, *rows = (line.split() for line in summary.cost_table(costs))
    assert rows == [
        ["diagonalise", "1", "70", "s", "70.0%", "70", "s", "900", "MB"],
        ["train", "2", "30", "s", "30.0%", "20", "s", "500", "MB"],
        ["all", "3", "100", "s", "100.0%", "70", "s", "900", "MB"],
    ]
    assert len(list(summary.cost_table({}))) == 1


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
    assert "results/tiny/figures/  (pdf, png): fig01\n" in text
    assert "results/tiny/tables/  (csv, md, tex): table1\n" in text
    assert text.index("diagonalise") < text.index("train  ") < text.index("measure  ")
