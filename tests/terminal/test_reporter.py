"""The messages of a run of hundreds of jobs, as Snakemake gives them to a logger plugin."""

import io
import logging
import signal
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from hessian_study.terminal.progress import RunProgress
from hessian_study.terminal.reporter import Reporter

JOBS = 280


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def reporter() -> Reporter:
    return Reporter(SimpleNamespace(stdout=False), None)  # type: ignore[arg-type]


def send(handler: Reporter, event: LogEvent | None, text: Any = "", **content: Any) -> None:
    level = content.pop("level", logging.INFO)
    record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    record.__dict__.update(content, event=event) if event else record.__dict__.update(content)
    handler.emit(record)


def begin(handler: Reporter, jobs: int = JOBS) -> None:
    send(handler, LogEvent.WORKFLOW_STARTED, "Workflow has started!", quietness=Quietness.HOST)
    send(handler, None, "Building DAG of jobs...")
    send(handler, LogEvent.RUN_INFO, "Job stats: …", stats={"train": jobs, "total": jobs})


def start(handler: Reporter, job: int) -> None:
    wildcards = {"dataset": "iris", "training": "normal", "seed": str(job)}
    content = {"rule_name": "train", "wildcards": wildcards, "output": ["results/tiny/a"]}
    send(handler, None, "Select jobs to execute...")
    send(handler, LogEvent.JOB_INFO, "Rule: train", jobid=job, input=["x"] * 500, **content)
    send(handler, LogEvent.SHELLCMD, "Shell command: python …")


def fail(handler: Reporter, job: int, **content: Any) -> None:
    content = {"rule_name": "train", "log": [f"logs/{job}.log"], "indent": False, **content}
    send(handler, LogEvent.JOB_ERROR, "Error", level=logging.ERROR, jobid=job, **content)


def test_a_run_of_280_jobs_is_some_lines(capsys: pytest.CaptureFixture[str]) -> None:
    handler = reporter()
    begin(handler)
    for job in range(JOBS):
        start(handler, job)
        send(handler, LogEvent.JOB_FINISHED, f"Finished jobid: {job}", job_id=job)
        send(handler, LogEvent.PROGRESS, None, done=job + 1, total=JOBS)
    send(handler, None, "Complete log(s): .snakemake/log/a.log")
    handler.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "280 jobs to run"
    assert lines[-2] == "Complete log(s): .snakemake/log/a.log"
    assert lines[-1].startswith("280 of 280 jobs done in ")
    assert lines[-1].endswith("; results are in results/tiny/")
    assert 20 <= len(lines) <= 26
    assert max(map(len, lines)) < 120


def test_a_long_run_says_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, now = reporter(), 0.0
    monkeypatch.setattr(RunProgress, "elapsed", lambda _: now)
    begin(handler)
    for job in range(9):  # one every 50 seconds, a thirtieth of all
        now = 50.0 * (job + 1)
        start(handler, job)
        send(handler, LogEvent.JOB_FINISHED, "Finished", job_id=job)
    said = [line.split(" of ")[0].strip() for line in capsys.readouterr().err.splitlines()[1:]]
    assert said == ["1", "3", "6"]  # at 50, 200 and 350 seconds, as a job begins


def test_a_failure_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    handler = reporter()
    begin(handler, 3)
    for job in range(3):
        start(handler, job)
    fail(handler, 1)
    fail(handler, 1)  # tried again
    send(handler, None, "Exiting because a job execution failed. Look above", level=logging.ERROR)
    text = "WorkflowError:\nAt least one job did not complete successfully."
    send(handler, LogEvent.ERROR, text, level=logging.ERROR)
    handler.close()
    text = capsys.readouterr().err
    assert text.count("failed") == text.count("failed: train, log logs/1.log\n") == 1
    assert "Look above" not in text
    assert "did not complete" not in text
    assert text.endswith("0 of 3 jobs done in 0 s; results are in results/tiny/\n")


def test_a_slurm_job_that_ended_early_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    handler = reporter()
    begin(handler, 2)
    group = {"groupid": "g", "aux_logs": ["slurm/7.log"], "job_error_info": [{}, {}]}
    for _ in range(2):  # and once more after the second attempt
        send(handler, LogEvent.GROUP_ERROR, "Error in group g", level=logging.ERROR, **group)
        for job in range(2):
            fail(handler, job, indent=True)
    assert capsys.readouterr().err.splitlines()[1:] == [
        "ended early: a SLURM job of 2 jobs, log slurm/7.log"
    ]


def test_mistakes_and_warnings_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    handler = reporter()
    send(handler, None, "Unlocked working directory.")  # before a run everything is an answer
    send(handler, None, "host: a", quietness=Quietness.HOST)
    begin(handler)
    send(handler, None, "Job rate limit reached, waiting for free slots.")
    send(handler, None, "3 jobs have results that are not fresh", level=logging.WARNING)
    error = ValueError("config.yaml:\nexpected a number")
    send(handler, LogEvent.ERROR, error, level=logging.ERROR)
    send(handler, None, None)
    assert capsys.readouterr().err.splitlines() == [
        "Unlocked working directory.",
        "280 jobs to run",
        "3 jobs have results that are not fresh",
        *("config.yaml:", "expected a number"),
    ]


def test_a_terminal_shows_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    handler = reporter()
    begin(handler, 2)
    start(handler, 0)
    fail(handler, 0)
    start(handler, 1)
    send(handler, LogEvent.JOB_FINISHED, "Finished", job_id=1)
    handler.close()
    first, second, third, _ = stream.getvalue().split("\n")
    assert first == "2 jobs to run"
    assert second.startswith("\r   0 of 2 jobs   0%")
    assert second.endswith("\r\x1b[Kfailed: train, log logs/0.log")
    assert third.count("\r") == 3
    assert "   1 of 2 jobs  50%" in third
    assert "\r\x1b[K1 of 2 jobs done in" in third


def test_without_a_reader_the_run_ends_as_by_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return 99

    ended, redirected = [], []
    monkeypatch.setattr(sys, "stderr", Closed())
    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr("os.kill", lambda process, number: ended.append(number))
    monkeypatch.setattr("os.dup2", lambda source, target: redirected.append(target))
    handler = reporter()
    begin(handler)
    handler.close()
    assert ended == [signal.SIGINT]
    assert redirected == [99, 99]


def test_a_fault_of_its_own_does_not_stop_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = reporter()
    handled: list[logging.LogRecord] = []
    monkeypatch.setattr(handler, "handleError", handled.append)
    send(handler, LogEvent.RUN_INFO, "without its content")
    assert len(handled) == 1
