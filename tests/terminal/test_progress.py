"""How far a run is, from messages made by hand and costs written by hand."""

from pathlib import Path

import pytest

from hessian_study.terminal import progress
from hessian_study.terminal.progress import RunProgress, duration


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(progress: RunProgress, rule: str, *jobs: int) -> None:
    for job in jobs:
        progress.start(job, rule, f"{rule} iris/normal/{job}", f"results/tiny/iris/{job}.csv")
        progress.finish(job)


def test_jobs_are_counted_and_named(clock: list[float]) -> None:
    found = RunProgress()
    clock[0] += 50  # the plan is where the time begins
    found.plan({"train": 3, "fig01": 1, "total": 4})
    clock[0] += 10
    run(found, "train", 1)
    for job in (2, 3, 4):
        found.start(job, "train", f"train iris/normal/{job}", "results/tiny/iris/model")
    assert found.total == 4
    assert found.line().startswith("   1 of 4 jobs  25%  10 s gone, about ")
    assert found.line().endswith("  now train iris/normal/2, train iris/normal/3 and 1 more")
    found.fail(3)
    found.finish(3)  # it is not one that runs any more
    assert found.done.total() == 1


def test_the_time_left_is_the_work_left_at_the_speed_so_far(
    clock: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = RunProgress()
    found.plan({"train": 4, "measure": 10, "total": 14})
    assert found.seconds_left() is None
    assert "left" not in found.line()
    clock[0] += 8
    run(found, "train", 1)
    # jobs of 10 s, and of half a second: a quarter of 40 and none of 5 are done
    assert found.seconds_left() == pytest.approx(8 * 35 / 10)
    run(found, "measure", *range(2, 12))
    assert found.seconds_left() == pytest.approx(8 * 30 / 15)
    run(found, "train", 12, 13, 14)
    assert found.seconds_left() == 0


def test_the_first_short_jobs_tell_nothing(clock: list[float]) -> None:
    found = RunProgress()
    found.plan({"train": 4, "measure": 10, "total": 14})
    clock[0] += 8
    run(found, "measure", 1)  # half a second of 45
    assert found.seconds_left() is None
    run(found, "measure", 2)
    assert found.seconds_left() == pytest.approx(8 * 44 / 1)


def test_what_jobs_took_before_counts_and_tells_the_speed_of_the_machine(
    clock: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cost = tmp_path / "results" / "tiny" / "costs" / "train" / "iris" / "model.tsv"
    cost.parent.mkdir(parents=True)
    cost.write_text("seconds\tcpu_seconds\tmemory_mb\n20\t9\t400\n")  # usually 10
    found = RunProgress()
    found.plan({"train": 1, "diagonalise": 2, "total": 3})
    clock[0] += 5
    run(found, "train", 1)
    assert found.seconds_left() == pytest.approx(5 * (2 * 2 * 6.0) / 20)


def test_times_are_read_at_a_glance() -> None:
    assert [duration(seconds) for seconds in (0.2, 45, 99, 100, 720, 5940, 8000)] == [
        *("0 s", "45 s", "99 s", "2 min", "12 min", "99 min", "2 h 13 min"),
    ]


def test_names_to_ask_for_have_no_output(clock: list[float]) -> None:
    found = RunProgress()
    found.plan({"all": 1, "total": 1})
    found.start(0, "all", "all", "")
    found.finish(0)
    assert found.done.total() == 1
