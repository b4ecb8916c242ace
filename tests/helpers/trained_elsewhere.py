"""Networks that were trained elsewhere, and what their file holds."""

import torch
from torch import nn

from helpers.own_networks import layers


def dense(width: int = 5, classes: int = 3, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return layers(2, width, classes)


def normalised(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))
    network(torch.randn(20, 2))  # running statistics
    return network


STATE = normalised().state_dict()
