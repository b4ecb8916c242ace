"""A cluster on 127.0.0.1, all of whose files are in one directory: up, down, commands.

Each of its nodes is a daemon of its own on this machine. Standard library only: local_slurm.py is
run as a script, by any Python.
"""

import getpass
import os
import shlex
import shutil
import signal
import socket
from pathlib import Path

from slurm.daemons import STATE, SYSTEM_PATH, Daemons, SlurmError, numbered

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")


def why_not(*further: str) -> str:
    """Return why SLURM cannot be started here and what to do, or nothing if it can.

    `further` programs are needed too.
    """
    programs = (*PROGRAMS, *further)
    missing = [name for name in programs if not shutil.which(name, path=SYSTEM_PATH)]
    if not missing:
        return ""
    return (
        f"SLURM is not installed here (no {', '.join(missing)}); on Debian or Ubuntu, as root: "
        f"python3 tests/slurm/local_slurm.py install"
    )


class LocalSlurm(Daemons):
    """The cluster whose files are in one directory; that directory holds all of its state."""

    others: tuple[str, ...] = ("slurmctld", "munged")  # in the order they are ended, after nodes

    def __init__(self, state: Path = STATE, nodes: int = 1) -> None:
        super().__init__(state)
        self._numbers = range(1, nodes + 1)
        self._names = [_host() if nodes == 1 else f"{_host()}-{i}" for i in self._numbers]

    def up(self) -> None:
        """Start it and wait until its nodes take jobs. Raise SlurmError if they do not."""
        if reason := why_not():
            raise SlurmError(reason)
        if self.configuration.exists():
            raise SlurmError(f"{self.state} is in use; end it first: local_slurm.py down")
        self._write_files()
        try:
            munge = self.state / "munge"
            files = {"key-file": "key", "socket": "socket", "pid-file": "pid"}
            files |= {"log-file": "log", "seed-file": "seed"}
            # --force: the state directory may lie in a world-writable one, such as /tmp
            self._start(
                *("munged", "--foreground", "--force", "--num-threads=2"),
                *(f"--{option}={munge / name}" for option, name in files.items()),
            )
            self._wait(lambda: self._succeeds("munge", f"--socket={munge}/socket", "--no-input"))
            self._start_accounting()
            self._start("slurmctld", "-D")
            self._wait(lambda: self._succeeds("scontrol", "ping"))
            for number, name in zip(self._numbers, self._names, strict=True):
                self._start("slurmd", "-D", "-N", name, number=number)
            everyone = ("sinfo", "-h", "-N", "-p", "main", "-o", "%T")
            self._wait(lambda: self.command(*everyone).split() == ["idle"] * len(self._names))
        except SlurmError:
            self.down()
            raise

    def down(self) -> None:
        """Cancel every job, end what `up` started, and remove its files."""
        if not self.configuration.exists():
            return
        if self._running("slurmctld"):
            self.command("scancel", f"--user={getpass.getuser()}")
            self._wait(lambda: self.queue() == "", required=False)
        for name in (*(numbered("slurmd", number) for number in self._numbers), *self.others):
            self._stop(name)
        for process in self._left_over():
            os.kill(process, signal.SIGKILL)
        shutil.rmtree(self.state)

    def _start_accounting(self) -> None:
        """Nothing: for a while the controller remembers the jobs that ended."""

    def _accounting(self) -> str:
        """Return the lines about accounting in slurm.conf."""
        return "AccountingStorageType=accounting_storage/none"

    def queue(self) -> str:
        """Return the jobs that wait or run, one per line."""
        return self.command("squeue", "--noheader", "--format=%i %j %T").strip()

    def _write_files(self) -> None:
        nodes = [f"node/{name}" for name in self._names]
        for folder in ("bin", "log", "pid", "munge", "controller", *nodes):
            (self.state / folder).mkdir(parents=True)
        self.state.chmod(0o755)
        (self.state / "munge").chmod(0o700)
        key = self.state / "munge" / "key"
        key.touch(0o600)
        key.write_bytes(os.urandom(1024))
        # Inside a job, Snakemake's plugin removes SLURM_CONF from the environment of srun.
        srun = self.state / "bin" / "srun"
        real = shutil.which("srun", path=SYSTEM_PATH)
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={shlex.quote(str(self.configuration))} exec {real} "$@"\n'
        )
        srun.chmod(0o755)
        gpus = [f"NodeName={name} Name=gpu File=/dev/null\n" for name in self._names]
        (self.state / "gres.conf").write_text("".join(gpus))
        self.configuration.write_text(self._configuration())

    def _configuration(self) -> str:
        controller, *ports = free_ports(1 + len(self._names))
        nodes = "\n".join(map(self._node, self._names, ports))
        return f"""\
ClusterName=local
SlurmctldHost={_host()}(127.0.0.1)
SlurmUser={getpass.getuser()}
SlurmdUser={getpass.getuser()}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={self.state}/munge/socket
SlurmctldPort={controller}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={self.state}/controller
SlurmdSpoolDir={self.state}/node/%n
SlurmctldPidFile={self.state}/pid/slurmctld.own
SlurmdPidFile={self.state}/pid/%n.own
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
{self._accounting()}
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=5
# squeue must know finished jobs for a while: without accounting, Snakemake asks it for their state
MinJobAge=300
KillWait=5
GresTypes=gpu
# believe the number of CPUs below
SlurmdParameters=config_overrides
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
"""

    def _node(self, name: str, port: int) -> str:
        """Return the line about a node in slurm.conf."""
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 9 // 10 // 2**20
        return (
            f"NodeName={name} NodeHostname={_host()} NodeAddr=127.0.0.1 Port={port} "
            f"CPUs={_cpus()} RealMemory={memory // len(self._names)} Gres=gpu:1 State=UNKNOWN"
        )


def _host() -> str:
    return socket.gethostname().split(".")[0]


def _cpus() -> int:
    return max(4, 2 * (os.cpu_count() or 1))


def free_ports(count: int) -> list[int]:
    """Return numbers of TCP ports that nobody listens to."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
