"""A network on the plane that several modules align."""

import pytest
import torch
from torch import nn

from helpers.spectra_and_gradients import dense_spectrum


@pytest.fixture(scope="module")
def plane():
    """A network on two features, with its spectrum."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    x = torch.randn(150, 2, dtype=torch.float64)
    y = torch.randint(3, (150,))
    return module, x, y, dense_spectrum(module, x, y)
