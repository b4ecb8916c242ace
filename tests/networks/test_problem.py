"""A problem holds what it promises, or says what does not fit."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.other_modules import closed_over
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem, loss_by_name


def small(classes: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, classes)).double()


X = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
Y = torch.arange(7) % 3


def problem(network=None, x=X, y=Y, loss=cross_entropy_per_sample) -> Problem:
    return Problem(small() if network is None else network, x, y, loss)


def test_sizes_are_those_of_network_and_samples() -> None:
    made = problem()
    assert (made.samples, made.classes, made.parameters) == (7, 3, 12 + 15)
    assert (made.dtype, made.device.type) == (torch.float64, "cpu")


def test_batches_cover_all_samples_and_the_last_is_short() -> None:
    batches = list(problem().batches(3))
    assert [len(y) for _, y in batches] == [3, 3, 1]
    assert torch.equal(torch.cat([x for x, _ in batches]), X)


def test_samples_of_one_class() -> None:
    one = problem().of_class(1)
    assert torch.equal(one.x, X[[1, 4]])
    assert one.y.tolist() == [1, 1]


def test_a_network_in_training_mode_is_copied_and_left_as_it_is() -> None:
    network = nn.Sequential(small(), nn.Dropout(0.5))
    made = problem(network)
    assert network.training
    assert not any(part.training for part in made.network.modules())
    assert torch.equal(made.network(X), made.network(X))


def test_frozen_parameters_are_not_part_of_theta() -> None:
    network = small()
    network[0].requires_grad_(False)
    assert problem(network).parameters == 15


def test_arrays_and_single_precision_are_converted_and_the_network_is_not() -> None:
    network = small().float()
    before = network[0].weight.clone()
    made = Problem.prepared(network, X.numpy().astype(np.float32), Y.tolist(), "squared_error")
    assert made.dtype == made.x.dtype == torch.float64
    assert made.y.dtype == torch.int64
    assert network[0].weight.dtype == torch.float32
    assert torch.equal(network[0].weight, before)
    assert network.training


def test_whole_numbers_stay_whole_for_embeddings() -> None:
    network = nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(6, 2))
    made = Problem.prepared(network, np.arange(12).reshape(4, 3) % 5, [0, 1, 1, 0])
    assert made.x.dtype == torch.int64
    assert made.classes == 2


class Returning(nn.Module):
    """Returns whatever a function makes of the logits."""

    def __init__(self, change) -> None:
        super().__init__()
        self.network, self.change = small(), change

    def forward(self, x):
        return self.change(self.network(x))


class Changing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    def forward(self, x):
        x *= 2
        return self.network(x)


class Inferring(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    @torch.inference_mode()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": Y[:6]}, "as many samples as labels, found 7 and 6"),
        ({"x": X[:0], "y": Y[:0]}, "at least one sample .* found none"),
        ({"y": Y.double()}, r"whole-number labels y of shape \(n,\), found torch.float64"),
        ({"y": Y[:, None]}, r"of shape \(n,\), found torch.int64 of shape \(7, 1\)"),
        ({"y": Y == 0}, "whole-number labels y .* found torch.bool"),
        ({"y": Y + 1}, "labels 0 … 2 for a network of 3 logits, found labels 1 … 3"),
        ({"y": Y - 1}, "found labels -1 … 1"),
        ({"x": X.float()}, "x in torch.float64 on cpu .* found torch.float32 on cpu"),
        ({"network": nn.Sequential(small(), nn.Linear(3, 3))}, "parameters of one dtype"),
        ({"network": small().half(), "x": X.half()}, "float32 or float64, found torch.float16"),
        ({"network": small().requires_grad_(False)}, "trainable parameters, found none"),
        ({"network": Returning(lambda f: (f, f))}, "logits .* found tuple"),
        ({"network": Returning(lambda f: {"logits": f})}, "logits .* found dict"),
        ({"network": Returning(lambda f: f[:, :, None])}, r"found \(2, 3, 1\)"),
        ({"network": Returning(lambda f: f[:1])}, r"found \(1, 3\)"),
        ({"network": Returning(lambda f: f[:, 0])}, "labels 0 … 1 for a network of 2 logits"),
        ({"network": Returning(lambda f: f @ f)}, "to evaluate x of shape .* found RuntimeError"),
        ({"network": Changing()}, "leaves its input as it is"),
        ({"network": Inferring()}, "can be differentiated, found .* torch.inference_mode"),
        ({"network": small(2)}, "labels 0 … 1 for a network of 2 logits, found labels 0 … 2"),
        ({"loss": F.cross_entropy}, r"one loss per sample, \(2,\) for 2 samples, found \(\)"),
        ({"loss": lambda logits, y: float(logits.sum())}, "one loss per sample.* found float"),
        ({"loss": None}, "a loss of logits .* found TypeError: .* give a function"),
        (
            {"loss": partial(F.cross_entropy, weight=torch.ones(3), reduction="none")},
            r"in torch.float64 .* found RuntimeError: .* convert what it holds with .to\(logits\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=f"(?s)expected .*{message}"):
        problem(**arguments)


def test_losses_are_known_by_name_or_given() -> None:
    own = partial(F.cross_entropy, reduction="none")
    assert loss_by_name(own) is own
    assert loss_by_name("cross_entropy") is cross_entropy_per_sample
    with pytest.raises(ValueError, match=r"found 'cross_entrpy'; did you mean 'cross_entropy'\?"):
        loss_by_name("cross_entrpy")


@pytest.mark.parametrize("shape", [(-1, 1), (-1,)])
def test_one_logit_of_a_binary_network_becomes_two_with_the_same_loss(shape) -> None:
    network = Returning(lambda f: f[:, :1].reshape(shape))
    made = problem(network, y=Y % 2)
    assert made.classes == 2
    logit = network(X).reshape(-1)
    expected = F.binary_cross_entropy_with_logits(logit, (Y % 2).double(), reduction="none")
    torch.testing.assert_close(made.loss(made.network(X), made.y), expected)


@pytest.mark.parametrize("reparametrise", [nn.utils.spectral_norm, nn.utils.weight_norm])
def test_networks_with_computed_weights_are_copied(reparametrise) -> None:
    network = nn.Sequential(reparametrise(nn.Linear(2, 4)), nn.Tanh(), nn.Linear(4, 3))
    network(X.float())  # leaves a weight that has a graph
    made = Problem.prepared(network, X, Y)
    torch.testing.assert_close(made.network(X), network.double().eval()(X))


def test_networks_without_real_values_are_refused() -> None:
    for network, message in (
        (nn.LazyLinear(3), "found weight of a lazy module"),
        (nn.Linear(2, 3).to(torch.complex64), "found weight of torch.complex64"),
        (nn.Linear, "found the class Linear"),
        (None, "found None"),
    ):
        with pytest.raises(ValueError, match=f"expected .*{message}"):
            Problem.prepared(network, X, Y)


@pytest.mark.parametrize("kind", ["hook", "forward"])
def test_weights_that_are_closed_over_are_not_those_of_the_copy_and_refused(kind) -> None:
    network = closed_over(kind).double()
    with pytest.raises(ValueError, match=r"depends on a tensor of shape \(5, 2\) that is none"):
        Problem.prepared(network, X, Y)


def test_weights_that_are_not_registered_are_refused() -> None:
    network = small()
    network.factor = torch.ones(3, dtype=torch.float64, requires_grad=True)
    network.forward = lambda x: network[2](network[1](network[0](x))) * network.factor
    with pytest.raises(ValueError, match=r"a tensor of shape \(3,\) that is none of them"):
        problem(network.eval())
