"""Strikes at a running job: killed, its whole workflow killed, or held, at a call of a function."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.one_training import MODEL, SPECTRUM
from helpers.tiny_study import TinyStudy
from helpers.waiting import wait_until

# What a job does to itself at the n-th call of a function. Python imports sitecustomize first, and
# it is no module of the project: nothing becomes stale by it.
STRIKE = """\
import importlib, os, signal, sys, time

calls = 0
import_module = importlib.import_module


def watch(frame, event, argument):
    global calls
    if event == "call" and frame.f_code.co_name == "{function}":
        calls += 1
        if calls == {call}:
            {action}


def import_and_watch(name, package=None):
    module = import_module(name, package)
    if name.startswith("hessian_study.steps."):
        sys.setprofile(watch)
    return module


importlib.import_module = import_and_watch
"""
KILL_JOB = "os.kill(os.getpid(), signal.SIGKILL)"
KILL_ALL = "os.killpg(0, signal.SIGKILL)"
HOLD = """\
open("held", "w").close()
            while not os.path.exists("go on"):
                time.sleep(0.05)
"""
# (function, its call, artifact that is being made)
IN_TRAINING = ("step", 20, MODEL)  # of 30 mini-batches
IN_EIGENDECOMPOSITION = ("principal_directions", 2, SPECTRUM)  # the range finder's second block
IN_A_WRITE = ("writestr", 5, SPECTRUM)  # the fifth member of the archive


@contextmanager
def struck(study: TinyStudy, action: str, function: str, call: int) -> Iterator[None]:
    file = study.code / "workflow" / "sitecustomize.py"  # where its Python looks
    file.write_text(STRIKE.format(action=action, function=function, call=call))
    yield
    file.unlink()


@contextmanager
def held(study: TinyStudy, *targets: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a running workflow, a job of which waits in its training until "go on" exists."""
    with struck(study, HOLD, *IN_TRAINING[:2]):
        running = subprocess.Popen(
            study.command(*targets),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # where the tests run in the background, an interrupt would be ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        try:
            wait_until((study.directory / "held").exists)
            yield running
        finally:
            if is_alive(running.pid):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def is_alive(group: int) -> bool:
    """Tell whether a process of the group still runs; zombies, which nobody waited for, do not."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            state, _, its_group = file.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False
