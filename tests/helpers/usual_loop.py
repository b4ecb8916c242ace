"""A network, samples and the training loop that people write for them with torch.optim."""

import torch
from torch import nn
from torch.nn import functional as F

SAMPLES, BATCH, EPOCHS, SEED = 150, 32, 6, 3  # mini-batches of 32, 32, 32, 32, 22


def network() -> nn.Module:
    torch.manual_seed(0)
    parts = (nn.Linear(2, 12), nn.LayerNorm(12), nn.Tanh(), nn.Linear(12, 3))
    return nn.Sequential(*parts).double()


def samples(count: int = SAMPLES, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(3, (count,), generator=generator)
    x = torch.randn(count, 2, generator=generator, dtype=torch.float64)
    return x + y[:, None], y


def usual_loop(
    module, optimizer, *, loss=F.cross_entropy, schedule=None, per="epoch", accumulate=1, clip=None,
    weights=None, epochs=EPOCHS, each_epoch=lambda: False,
):  # fmt: skip
    """The loop that people write; the gradient of an update is the mean over its samples."""
    x, y = samples()
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(epochs):
        batches = torch.randperm(len(y), generator=generator).split(BATCH)
        for first in range(0, len(batches), accumulate):
            group = batches[first : first + accumulate]
            masses = [len(b) if weights is None else float(weights[y[b]].sum()) for b in group]
            optimizer.zero_grad()
            for batch, mass in zip(group, masses, strict=True):
                (loss(module(x[batch]), y[batch]) * mass / sum(masses)).backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
            optimizer.step()
            if schedule is not None and per == "step":
                schedule.step()
        if schedule is not None and per == "epoch":
            schedule.step()
        if each_epoch():
            break
    return module
