"""One SGD step of 2-100-100-3 at batch size 64 (64/64/22), against the usual DataLoader loop."""

import time

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.problem import EXPERIMENT, untrained
from hessian_boundary.training.loop import train
from hessian_boundary.training.optimisation.options import UpdateOptions

STEPS_PER_EPOCH = 3


def dataloader_loop(epochs: int) -> float:
    """Return seconds per step of the loop as it is usually written."""
    module, x, y = untrained()
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
    optimizer = torch.optim.SGD(module.parameters(), lr=EXPERIMENT["learning_rate"])
    losses, correct = [], []
    start = time.perf_counter()
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            logits = module(inputs)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            correct.append((logits.argmax(1) == labels).sum().item())
    return (time.perf_counter() - start) / (epochs * STEPS_PER_EPOCH)


def recorded_loop(epochs: int) -> float:
    """Return seconds per step of this project's loop, recording the gradient included."""
    module, x, y = untrained()
    start = time.perf_counter()
    train(
        module,
        x,
        y,
        F.cross_entropy,
        update=UpdateOptions("sgd", EXPERIMENT["learning_rate"]),
        batch_size=64,
        epochs=epochs,
        shuffle_seed=0,
    )
    return (time.perf_counter() - start) / (epochs * STEPS_PER_EPOCH)


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    recorded_loop(20)  # imports
    baseline, here = dataloader_loop(700), recorded_loop(20_000)
    return [
        (
            "one SGD step per seed, batch 64",
            f"{baseline * 1e3:.2f} ms (DataLoader loop)",
            f"{here * 1e3:.3f} ms",
            f"{baseline / here:.0f}×",
        )
    ]
