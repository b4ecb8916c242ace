"""Networks of the size people use: `python -m benchmarks.large [case …]`.

For each case the top of H, or G_θ by the Gauss-Newton part, in a process of its own: its seconds of
processor and clock, its peak memory, products and largest residual. The images are made up.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary.analysis import analyse
from hessian_boundary.losses.per_sample import TRAINING
from hessian_boundary.networks.building import build_model
from hessian_boundary.training.loop import train
from hessian_boundary.training.optimisation.options import UpdateOptions

PAIRS = 10


@dataclass(frozen=True)
class Case:
    """A network, its samples, and what is asked of it within how much memory."""

    architecture: dict[str, Any]
    shape: tuple[int, ...]
    samples: int
    classes: int
    epochs: int
    matrix: str
    memory_limit_gb: float
    tolerance: float = 1e-6  # of residuals, relative to λ_max


MLP = {"name": "mlp", "hidden": [1000, 1000]}
CIFAR = (3, 32, 32)
CASES = {
    "mlp_hessian": Case(MLP, (1, 28, 28), 1000, 10, 20, "hessian", 3),
    "resnet20_hessian": Case({"name": "resnet20"}, CIFAR, 300, 10, 10, "hessian", 3),
    "resnet20_gauss_newton": Case({"name": "resnet20"}, CIFAR, 300, 10, 10, "gauss_newton", 3),
    # with three classes most of ten pairs lie in the bulk: 1e-6 would take some 500 products
    "resnet18_hessian": Case({"name": "resnet18"}, CIFAR, 100, 3, 5, "hessian", 3, 1e-3),
    "resnet18_gauss_newton": Case({"name": "resnet18"}, CIFAR, 100, 3, 5, "gauss_newton", 4),
}


def main() -> None:
    """Run one case in this process, or several in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help="of: " + ", ".join(CASES))
    parser.add_argument("--here", action="store_true", help="one case, as JSON")
    asked = parser.parse_args()
    if asked.here:
        if found := measured(CASES[asked.cases[0]]):
            print(json.dumps(found))
        return
    print("| case | CPU seconds | seconds | peak GB | products | residual / λ_max | G_θ |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in asked.cases:
        command = [sys.executable, "-m", "benchmarks.large", name, "--here"]
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = json.loads(output.splitlines()[-1])
        print(f"| {name} | " + " | ".join(f"{value:.4g}" for value in found.values()) + " |")


def measured(case: Case) -> dict[str, float]:
    """Return what a case takes after the training, and what it finds; NaN for what it does not.

    Of several processes the first one measures itself; the others return nothing.
    """
    network, x, y = trained(case)
    options = {"residual_tolerance": case.tolerance, "method": "lanczos", "density_probes": 0}
    cpu, clock = time.process_time(), time.perf_counter()
    result = analyse(
        network,
        x,
        y,
        matrix=case.matrix,
        memory_limit_gb=case.memory_limit_gb,
        **(options if case.matrix == "hessian" else {}),
        top=PAIRS,
    )
    if result is None:
        return {}
    residual = result.spectrum["residuals"].values / result.spectrum["eigenvalues"].values[0]
    g_theta = result.measures["g_theta_max"] if case.matrix == "gauss_newton" else float("nan")
    return {
        "cpu": time.process_time() - cpu,
        "clock": time.perf_counter() - clock,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "products": result.spectrum.attrs["hessian_vector_products"],
        "residual": float(residual.max()),
        "g_theta": g_theta,
    }


def trained(case: Case) -> tuple[nn.Module, Tensor, Tensor]:
    """Return a network after a short training, and its samples: smooth made-up images."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(case.samples) % case.classes
    channels, *sides = case.shape
    patterns = torch.randn(case.classes + case.samples, channels, 8, 8, generator=generator)
    smooth = F.interpolate(patterns, size=tuple(sides), mode="bilinear")
    x = smooth[case.classes :] + 0.5 * smooth[y]
    network = build_model(case.architecture, case.shape, case.classes, seed=0)
    train(
        network,
        x / x.std(),
        y,
        TRAINING["cross_entropy"],
        update=UpdateOptions("sgd", 0.05),
        batch_size=50,
        epochs=case.epochs,
        shuffle_seed=0,
    )
    return network.eval(), x / x.std(), y


if __name__ == "__main__":
    main()
