"""The problem that everything is measured on: gaussian/normal, 2-100-100-3, p = 10,703."""

from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from hessian_boundary.data.dataset import build_dataset, samples_of
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.losses.per_sample import PER_SAMPLE, TRAINING
from hessian_boundary.networks.building import build_model
from hessian_boundary.training.loop import train
from hessian_boundary.training.optimisation.options import UpdateOptions
from hessian_study.configuration.study import completed

CONFIG = completed(yaml.safe_load((Path(__file__).parent.parent / "config.yaml").read_text()))
EXPERIMENT: dict[str, Any] = CONFIG["experiments"]["gaussian"]["normal"]
LOSS = PER_SAMPLE["cross_entropy"]
THREADS = 1


def untrained() -> tuple[nn.Module, Tensor, Tensor]:
    """Return a fresh network and the training samples, float32, on one thread."""
    torch.set_num_threads(THREADS)
    entry = CONFIG["datasets"]["gaussian"]
    x, y, _ = generate_samples(entry["generator"], entry["parameters"])
    dataset = build_dataset(x, y, train_fraction=entry["train_fraction"])
    x_train, y_train = samples_of(dataset, "train")
    return build_model(EXPERIMENT["architecture"], (2,), 3, seed=0), x_train, y_train


def trained() -> tuple[nn.Module, Tensor, Tensor]:
    """Return the network after the paper's 2,000 epochs, and the samples, in float64."""
    module, x, y = untrained()
    train(
        module,
        x,
        y,
        TRAINING["cross_entropy"],
        update=UpdateOptions("sgd", EXPERIMENT["learning_rate"]),
        batch_size=EXPERIMENT["batch_size"],
        epochs=EXPERIMENT["epochs"],
        shuffle_seed=0,
    )
    return module.double().eval(), x.double(), y
