"""Programs that torch.distributed.run starts in several processes, and problems for them."""

import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.layered_networks import lenet
from helpers.scripts import script
from hessian_boundary.networks.architectures import mlp

# a network, its inputs and labels
Given = tuple[nn.Module, Tensor, Tensor]


def command_in_processes(count: int, folder: Path, text: str, *arguments: str) -> list[str]:
    """Return the command that runs a program, which may import what tests do, in processes."""
    file = folder / "program.py"
    file.write_text(text)
    *environment, _, _, _ = script("")
    return [
        *(*environment, "OMP_NUM_THREADS=1", sys.executable, "-m", "torch.distributed.run"),
        *("--standalone", f"--nproc-per-node={count}", str(file), *arguments),
    ]


def in_processes(
    count: int, folder: Path, text: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in so many processes."""
    command = command_in_processes(count, folder, text, *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def small_problem(name: str) -> Given:
    """Return one of "layers", "convolutions", "batch norm" and "one sample"; n has no divisor."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        if name in ("layers", "one sample"):
            count = 1 if name == "one sample" else 31
            network = mlp.build((2,), 3, hidden=[7, 6]).double()
            return network, 2 * torch.randn(count, 2).double(), torch.arange(count) % 3
        network = lenet() if name == "convolutions" else _with_batch_norm()
        size = 12 if name == "convolutions" else 6
        x = torch.randn(13, 1, size, size).double()
        return network.double().eval(), x, torch.arange(13) % 3


def _with_batch_norm() -> nn.Module:
    network = nn.Sequential(
        *(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(12, 3)),
    )
    network(torch.randn(20, 1, 6, 6))  # running statistics that are not 0 and 1
    return network
