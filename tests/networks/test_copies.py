"""Copies of networks compute by operations that have second derivatives, from dense values."""

import pytest
import torch
from torch import nn

from helpers.other_modules import sequence
from hessian_boundary.networks.problem import Problem

X = torch.randn(7, 2, generator=torch.Generator().manual_seed(1))
Y = torch.arange(7) % 3


@pytest.mark.parametrize("where", ["meta", "sparse"])
def test_networks_without_dense_values_are_refused(where: str) -> None:
    network = sequence()
    values = network[0].weight.detach()
    network[0].weight = nn.Parameter(values.to("meta") if where == "meta" else values.to_sparse())
    with pytest.raises(ValueError, match=r"dense parameters and buffers with values, found 0.wei"):
        Problem.prepared(network, X, Y)


def test_gradients_of_embeddings_are_dense_in_the_copy() -> None:
    network = nn.Sequential(nn.Embedding(5, 3, sparse=True), nn.Flatten(), nn.Linear(6, 3))
    made = Problem.prepared(network, torch.arange(14).reshape(7, 2) % 5, Y)
    assert network[0].sparse
    assert not made.network[0].sparse


def test_padded_transformers_compute_the_same_with_and_without_gradients() -> None:
    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True)
            self.words, self.last = nn.Embedding(6, 4), nn.Linear(4, 3)
            self.encoder = nn.TransformerEncoder(layer, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(self.words(x), src_key_padding_mask=x == 0)
            return self.last(hidden.mean(1))

    words = torch.tensor(
        [[1, 2, 0], [3, 0, 0], [4, 5, 1], [2, 0, 0], [1, 1, 1], [5, 0, 0], [3, 2, 0]]
    )
    network = Problem.prepared(Padded(), words, Y).network
    with torch.no_grad():
        found = network(words)
    torch.testing.assert_close(found, network(words).detach(), rtol=0, atol=1e-12)
