"""What starts a job's Python: as one process, in several of this node, or in several of many nodes.

Snakemake's resource `processes` says how many there are on each node, `nodes` on how many nodes.
Without `processes` there is one for each GPU that is asked for (`gpu`, of all nodes together).
torch.distributed.run starts them. On several nodes SLURM starts that once on each, and the first
node, which this module runs on, is where they meet.
"""

import os
import socket
import sys
from collections.abc import Mapping
from typing import Any

# What glibc's malloc does with freed memory: arrays of 32 MB and more go back to the system at
# once, of smaller ones 64 MB are kept. It comes to this by itself when a process has freed an array
# of 32 MB; until then a training may get all its activations anew at each step, page by page. Steps
# of the MNIST network took 3 ms with this, and 2.8 to 6.5 ms without, by chance.
FREED_MEMORY = (f"MALLOC_MMAP_THRESHOLD_={2**25}", f"MALLOC_TRIM_THRESHOLD_={2**26}")
# And it asks Linux for pages of 2 MB, where these are to be had: a spectrum of gaussian took 1.95 s
# of the CPU with small pages and 1.80 with these, an alignment 0.67 and 0.52.
HUGE_PAGES = "glibc.malloc.hugetlb=1"
TUNABLES = "GLIBC_TUNABLES"


def _tunables(own: str) -> str:
    """Return glibc's settings: of one that is named twice the last one holds, the user's own."""
    return ":".join(dict.fromkeys([HUGE_PAGES, *filter(None, own.split(":"))]))


MEMORY = (*FREED_MEMORY, f"{TUNABLES}={_tunables(os.environ.get(TUNABLES, ''))}")
# Not from the current folder: there lie the user's files, which may be named as Python's own are,
# and of which only those count that the digest of the code finds. In the environment, so that it
# holds for the processes that one starts, too.
PYTHON = ("env", "PYTHONSAFEPATH=1", *MEMORY, sys.executable)
IN_PROCESSES = "torch.distributed.run"
# ports that programs may take for themselves, one for each SLURM job
FIRST_PORT, PORTS = 20_000, 10_000


def start_of_command(resources: Mapping[str, Any]) -> list[str]:
    """Return what stands before `-m MODULE …` in the command of a job with such resources.

    Raises ValueError for a resource that is no whole number, or too small.
    """
    nodes = _number(resources, "nodes", 1)
    of_gpus = max(1, _number(resources, "gpu", 0, least=0) // nodes)
    processes = _number(resources, "processes", of_gpus)
    if nodes > 1:
        cpus = _number(resources, "cpus_per_task", 1)
        return [*PYTHON, "-m", __name__, *map(str, (nodes, processes, cpus))]
    if processes > 1:
        each = f"--nproc-per-node={processes}"
        return [*PYTHON, "-m", IN_PROCESSES, "--standalone", each]
    return [*PYTHON]


def _number(resources: Mapping[str, Any], name: str, otherwise: int, least: int = 1) -> int:
    found = resources.get(name, otherwise)
    if not str(found).isdecimal() or int(found) < least:
        raise ValueError(
            f"expected a whole number from {least} on for the resource {name}, found {found!r}; "
            "set one, and no expression: it decides how a job is started"
        )
    return int(found)


def on_nodes(nodes: int, processes: int, cpus: int, job: str, host: str) -> list[str]:
    """Return the command that starts a program on all nodes of a SLURM job; `host` is one of them.

    `processes` and `cpus` are those of a node; SLURM gives a step no more CPUs than it asks for.
    What shall run in every process is to be added: `-m MODULE …`.
    """
    port = FIRST_PORT + int(job) % PORTS
    return [
        *("srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1"),
        f"--cpus-per-task={cpus}",
        *(*PYTHON, "-m", IN_PROCESSES),
        *(f"--nnodes={nodes}", f"--nproc-per-node={processes}", f"--rdzv-id={job}"),
        *("--rdzv-backend=c10d", f"--rdzv-endpoint={host}:{port}"),
    ]


def is_helper() -> bool:
    """Tell whether this process only helps another one, which is the job's first."""
    return in_several_processes() and int(os.environ.get("RANK", "0")) > 0


def in_several_processes() -> bool:
    """Tell whether this process is one of several of its job."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def main(arguments: list[str]) -> None:
    """Start a program on the nodes of this SLURM job, in the place of this process.

    Raises RuntimeError outside of SLURM.
    """
    nodes, processes, cpus, *program = arguments
    job = os.environ.get("SLURM_JOB_ID")
    if job is None:
        raise RuntimeError(
            f"expected a SLURM job on {nodes} nodes, found none (no SLURM_JOB_ID); run with "
            "`--workflow-profile profiles/slurm`, or set the resource `nodes` to 1"
        )
    command = on_nodes(int(nodes), int(processes), int(cpus), job, socket.gethostname())
    os.execvp(command[0], [*command, *program])


if __name__ == "__main__":
    main(sys.argv[1:])
