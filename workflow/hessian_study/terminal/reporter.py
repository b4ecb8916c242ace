"""What a person at the terminal wants to know of a run; the rest is in Snakemake's log file.

A logger plugin of Snakemake's: it gets every message. A terminal shows one line that changes; a
file or a pipe gets a new line when another twentieth of the jobs is done, or after two minutes. Why
a job failed stands in the list at the run's end (`commands.run`).
"""

import contextlib
import logging
import os
import shutil
import signal
import sys
from pathlib import Path

from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from hessian_study.terminal.progress import RunProgress, duration

LINES = 20  # about so many in a file, however many jobs there are …
PAUSE = 120.0  # … but for one after so many seconds without
# beginnings of messages of Snakemake's that say nothing to who waits for results …
NOISE = (
    "Assuming unrestricted",
    "Building DAG",
    "Config file ",
    "Using shell",
    "Using workflow specific profile",
    "Using profile",
    "Exiting because a job execution failed",
    "RuleException:\nCalledProcessError in file",
    "WorkflowError:\nAt least one job did not complete",
    "--keep-incomplete mode is set",
)
# … and those that do, among the many of a run
WORTH = ("Nothing to be done", "Terminating processes", "Complete log(s)")


class Reporter(LogHandlerBase):
    """Print the progress of a run, its failures and its mistakes."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Begin with nothing planned."""
        self._stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self._progress = RunProgress()
        self._in_run = False
        self._next = 0.0  # share of the jobs with which the next line is due
        self._printed_at = 0.0  # seconds of the run
        self._open = False  # whether the terminal's last line may change
        self._failed: set[object] = set()  # jobs and groups
        self._folders: dict[str, None] = {}  # results/<profile>, in their order

    def emit(self, record: logging.LogRecord) -> None:
        """Print what is worth it."""
        try:
            self._take(record)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough: end as by Ctrl-C
            for stream in (sys.stdout, sys.stderr):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            os.kill(os.getpid(), signal.SIGINT)
        except Exception:
            self.handleError(record)

    def _take(self, record: logging.LogRecord) -> None:
        content, event = record.__dict__, getattr(record, "event", None)
        if event == LogEvent.WORKFLOW_STARTED:
            self._in_run = True
        elif event == LogEvent.RUN_INFO:
            self._progress.plan(content["stats"])
            self._print(f"{self._progress.total} jobs to run")
        elif event == LogEvent.JOB_INFO:
            names = "/".join(filter(None, content["wildcards"].values()))
            name = f"{content['rule_name']} {names}".strip()
            output = next(iter(content["output"]), "")
            if len(parts := Path(output).parts) > 2:
                self._folders[f"{parts[0]}/{parts[1]}/"] = None
            self._progress.start(content["jobid"], content["rule_name"], name, output)
            self._show_progress()
        elif event == LogEvent.JOB_FINISHED:
            self._progress.finish(content["job_id"])
            self._show_progress()
        elif event == LogEvent.JOB_ERROR:
            self._show_failure(content)
        elif event == LogEvent.GROUP_ERROR:
            self._show_group(content)
        elif event in (None, LogEvent.ERROR):
            self._show_message(record)

    def _show_failure(self, content: dict) -> None:
        self._progress.fail(content["jobid"])
        if content["indent"] or content["jobid"] in self._failed:  # of a group; tried again
            return
        self._failed.add(content["jobid"])
        where = f", log {content['log'][0]}" if content["log"] else ""
        self._print(f"failed: {content['rule_name']}{where}")

    def _show_group(self, content: dict) -> None:
        if content["groupid"] in self._failed:
            return
        self._failed.add(content["groupid"])
        logs = ", ".join(filter(None, content["aux_logs"]))
        jobs = len(content["job_error_info"])
        self._print(f"ended early: a SLURM job of {jobs} jobs{', log ' * bool(logs)}{logs}")

    def _show_message(self, record: logging.LogRecord) -> None:
        message = record.getMessage().strip()
        if message in ("", "None") or message.startswith(NOISE):
            return
        if getattr(record, "quietness", None) == Quietness.HOST:
            return
        if record.levelno >= logging.WARNING or message.startswith(WORTH) or not self._in_run:
            self._print(message)

    def _show_progress(self) -> None:
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{self._progress.line()[:width]}\x1b[K")
            self._open = True
            return
        share = self._progress.done.total() / max(self._progress.total, 1)
        due = share >= self._next or self._progress.elapsed() >= self._printed_at + PAUSE
        if due and self._progress.done:
            self._print(self._progress.line())
            self._next, self._printed_at = share + 1 / LINES, self._progress.elapsed()

    def _print(self, line: str) -> None:
        self._write(f"\r\x1b[K{line}\n" if self._open else f"{line}\n")
        self._open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def close(self) -> None:
        """Say how the run ended."""
        progress, self._progress = self._progress, RunProgress()
        if progress.total:
            done = progress.done.total()
            text = f"{done} of {progress.total} jobs done in {duration(progress.elapsed())}"
            if self._folders:
                text += f"; results are in {', '.join(self._folders)}"
            with contextlib.suppress(BrokenPipeError, ValueError):  # nobody reads any more
                self._print(text)
        super().close()
