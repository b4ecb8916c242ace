"""Processes of a cluster whose files are in one directory: start them, ask them, end them."""

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"
STATE = Path(tempfile.gettempdir()) / f"local-slurm-{getpass.getuser()}"


def numbered(program: str, number: int) -> str:
    """Return the name of one of several daemons; the first has its program's."""
    return program if number == 1 else f"{program}-{number}"


class SlurmError(RuntimeError):
    """SLURM cannot be installed or started; the message says why and what to do."""


class Daemons:
    """SLURM's daemons, and what finds them: one configuration, in the directory of their files."""

    def __init__(self, state: Path = STATE) -> None:
        self.state = state
        self.configuration = state / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What SLURM's commands need to find this cluster."""
        path = os.environ.get("PATH", SYSTEM_PATH)
        return {
            "SLURM_CONF": str(self.configuration),
            "PATH": f"{self.state / 'bin'}:{path}:{SYSTEM_PATH}",
        }

    def command(self, *arguments: str) -> str:
        """Run one of SLURM's commands and return what it prints, errors included."""
        try:
            return subprocess.run(
                arguments,
                env=os.environ | self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=10,
                check=False,
            ).stdout
        except subprocess.TimeoutExpired:
            return f"{arguments[0]} did not answer"

    def _start(self, program: str, *arguments: str, number: int = 1) -> None:
        """Start a daemon in a session of its own and remember its process: one of several."""
        name = numbered(program, number)
        executable = shutil.which(program, path=SYSTEM_PATH)
        assert executable is not None  # why_not looked
        with (self.state / "log" / name).open("wb") as log:
            process = subprocess.Popen(
                [executable, *arguments],
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.state / "pid" / name).write_text(str(process.pid))

    def _running(self, name: str) -> int:
        """Return the daemon's process, or 0: ended, a zombie, or the number is another's now."""
        program = name.partition("-")[0]
        try:
            process = int((self.state / "pid" / name).read_text())
            command = Path(f"/proc/{process}/cmdline").read_bytes()
        except (OSError, ValueError):
            return 0
        return process if program.encode() in command.split(b"\0")[0] else 0

    def _stop(self, name: str) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process := self._running(name):
                os.kill(process, number)
                self._wait(lambda: not self._running(name), required=False)

    def _left_over(self) -> list[int]:
        """Return processes of this cluster's jobs that SLURM lost: their parent ended first."""
        mark = f"SLURM_CONF={self.configuration}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in variables and any(v.startswith(b"SLURM_JOB_ID=") for v in variables):
                found.append(int(path.parent.name))
        return [process for process in found if process != os.getpid()]

    def _succeeds(self, *arguments: str) -> bool:
        environment = os.environ | self.environment
        done = subprocess.run(arguments, env=environment, capture_output=True, check=False)
        return done.returncode == 0

    def _wait(self, condition: Callable[[], bool], required: bool = True) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                if required:
                    raise SlurmError(f"SLURM did not start within a minute:\n{self._logs()}")
                return
            time.sleep(0.1)

    def _logs(self) -> str:
        ends = (
            (path.name, path.read_text(errors="replace").splitlines()[-5:])
            for path in sorted((self.state / "log").iterdir())
        )
        return "\n".join(f"{name}: {line}" for name, lines in ends for line in lines)
