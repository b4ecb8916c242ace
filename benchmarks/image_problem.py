"""LeNet-5 on images of the size of CIFAR-10's, p = 61,411, with 300 samples of three classes.

The images are CIFAR-10's where the environment variable DATA_FOLDER says where they are, else a
stand-in: smooth random patterns, one mean pattern per class.
"""

import os

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.problem import CONFIG, THREADS
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.losses.per_sample import PER_SAMPLE, TRAINING
from hessian_boundary.networks.building import build_model
from hessian_boundary.training.loop import train
from hessian_boundary.training.optimisation.options import UpdateOptions

LOSS = PER_SAMPLE["cross_entropy"]
PER_CLASS = 100
EPOCHS = 30


def lenet() -> tuple[nn.Module, Tensor, Tensor, str]:
    """Return the trained network and its samples, float64, on one thread, and what they are."""
    torch.set_num_threads(THREADS)
    folder = os.environ.get("DATA_FOLDER")
    x, y = stand_in() if folder is None else cifar(folder)
    module = build_model({"name": "lenet5"}, (3, 32, 32), 3, seed=0)
    train(
        module,
        x,
        y,
        TRAINING["cross_entropy"],
        update=UpdateOptions("sgd", 0.01),
        batch_size=32,
        epochs=EPOCHS,
        shuffle_seed=0,
    )
    source = "synthetic images" if folder is None else "CIFAR-10"
    return module.double().eval(), x.double(), y, source


def cifar(folder: str) -> tuple[Tensor, Tensor]:
    """Return the first images of each class of the configuration's cifar_127."""
    entry = CONFIG["datasets"]["cifar_127"]
    parameters = entry["parameters"] | {"per_class": PER_CLASS}
    x, y, _ = generate_samples(entry["generator"], parameters, folder)
    return torch.from_numpy(x).float(), torch.from_numpy(y)


def stand_in() -> tuple[Tensor, Tensor]:
    """Return smooth random images whose mean depends on the class, with unit variance."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(3).repeat(PER_CLASS)
    coarse = torch.randn(3 + len(y), 3, 8, 8, generator=generator)
    smooth = F.interpolate(coarse, size=(32, 32), mode="bilinear")
    x = smooth[3:] + 0.5 * smooth[y]
    return x / x.std(), y
