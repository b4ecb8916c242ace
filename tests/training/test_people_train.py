"""Each option of a training, against the loop as it is usually written with torch.optim."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler

from helpers.flat_training import train
from helpers.usual_loop import BATCH, EPOCHS, SEED, network, samples, usual_loop
from hessian_boundary.losses.per_sample import trained_loss
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.training.early_stopping import EarlyStopping

STEPS = 5
WEIGHTS = (0.5, 2.0, 1.3)
PLAIN = {
    "optimizer": "sgd", "learning_rate": 0.05, "batch_size": BATCH, "epochs": EPOCHS,
    "shuffle_seed": SEED,
}  # fmt: skip


def compare(expected: nn.Module, loss=F.cross_entropy, tolerance=1e-12, **options) -> None:
    found = network()
    start = parameter_vector(found)
    train(found, *samples(), loss, **PLAIN | options)
    wanted = parameter_vector(expected)
    assert float((wanted - start).norm()) > 1e-2
    torch.testing.assert_close(parameter_vector(found), wanted, rtol=0, atol=tolerance)
    plain = network()
    train(plain, *samples(), F.cross_entropy, **PLAIN)
    assert float((parameter_vector(plain) - wanted).norm()) > 1e-4  # the option does something


@pytest.mark.parametrize(
    ("name", "kind", "options", "rate"),
    [
        ("sgd", torch.optim.SGD, {"momentum": 0.9}, 0.05),
        ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, 0.05),
        ("rmsprop", torch.optim.RMSprop, {"momentum": 0.5}, 0.001),
        ("adagrad", torch.optim.Adagrad, {"weight_decay": 0.01}, 0.05),
        ("adadelta", torch.optim.Adadelta, {}, 1.0),
        ("adamax", torch.optim.Adamax, {}, 0.01),
        ("nadam", torch.optim.NAdam, {}, 0.01),
        ("radam", torch.optim.RAdam, {}, 0.01),
    ],
)
def test_optimizers_are_torchs(name, kind, options, rate) -> None:
    module = network()
    usual_loop(module, kind(module.parameters(), lr=rate, **options))
    compare(module, optimizer=name, learning_rate=rate, **options)


def test_further_options_reach_the_optimizer() -> None:
    module = network()
    usual_loop(module, torch.optim.Adam(module.parameters(), lr=0.01, betas=(0.5, 0.9), eps=1e-3))
    given = {"betas": [0.5, 0.9], "eps": 1e-3}
    compare(module, optimizer="adam", learning_rate=0.01, optimizer_options=given)


def test_biases_and_norms_may_be_spared_from_weight_decay() -> None:
    module = network()
    groups = [
        {"params": [module[0].weight, module[3].weight], "weight_decay": 0.1},
        {"params": [module[0].bias, module[1].weight, module[1].bias, module[3].bias]},
    ]
    usual_loop(module, torch.optim.SGD(groups, lr=0.05))
    compare(module, weight_decay=0.1, decay_biases_and_norms=False)


@pytest.mark.parametrize("clip", [0.01, 0.3])
def test_gradients_are_clipped(clip) -> None:
    module = network()
    usual_loop(module, torch.optim.SGD(module.parameters(), lr=0.05), clip=clip)
    compare(module, clip_gradient_norm=clip)


SCHEDULES = [
    ({"name": "step", "step_size": 2, "gamma": 0.3}, lambda o, n: lr_scheduler.StepLR(o, 2, 0.3)),
    ({"name": "exponential", "gamma": 0.7}, lambda o, n: lr_scheduler.ExponentialLR(o, 0.7)),
    ({"name": "cosine"}, lambda o, n: lr_scheduler.CosineAnnealingLR(o, n)),
    (
        {"name": "cosine", "eta_min": 0.01},
        lambda o, n: lr_scheduler.CosineAnnealingLR(o, n, eta_min=0.01),
    ),
    (
        {"name": "one_cycle", "pct_start": 0.4},
        lambda o, n: lr_scheduler.OneCycleLR(
            o, 0.05, total_steps=n, pct_start=0.4, cycle_momentum=False
        ),
    ),
]


@pytest.mark.parametrize("per", ["epoch", "step"])
@pytest.mark.parametrize(("entry", "make"), SCHEDULES)
def test_schedules_are_torchs(entry, make, per) -> None:
    module = network()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    total = EPOCHS * (STEPS if per == "step" else 1)
    usual_loop(module, optimizer, schedule=make(optimizer, total), per=per)
    compare(module, learning_rate_schedule={**entry, "per": per})


def test_the_learning_rate_warms_up() -> None:
    """η (t + 1) / (w + 1) for t < w, and then half a cosine, both by formula."""
    module = network()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    left = EPOCHS - 2
    rates = [1 / 3, 2 / 3, *((1 + math.cos(math.pi * t / left)) / 2 for t in range(left + 1))]
    schedule = lr_scheduler.LambdaLR(optimizer, lambda epoch: rates[epoch])
    usual_loop(module, optimizer, schedule=schedule)
    compare(module, learning_rate_schedule={"name": "cosine", "warm_up": 2}, tolerance=1e-10)


@pytest.mark.parametrize("accumulate", [2, 3, 9])
def test_gradients_of_several_mini_batches_make_one_update(accumulate) -> None:
    module = network()
    usual_loop(module, torch.optim.SGD(module.parameters(), lr=0.05), accumulate=accumulate)
    compare(module, accumulate_batches=accumulate)


@pytest.mark.parametrize(("smoothing", "weights"), [(0.1, None), (0.0, WEIGHTS), (0.2, WEIGHTS)])
def test_the_loss_is_torchs(smoothing, weights) -> None:
    module = network()
    tensor = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    loss = nn.CrossEntropyLoss(weight=tensor, label_smoothing=smoothing)
    usual_loop(module, torch.optim.SGD(module.parameters(), lr=0.05), loss=loss)
    compare(module, trained_loss("cross_entropy", smoothing, weights or (1.0,) * 3))


def test_everything_together() -> None:
    module, weights = network(), torch.tensor(WEIGHTS, dtype=torch.float64)
    groups = [
        {"params": [p for p in module.parameters() if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in module.parameters() if p.ndim == 1]},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)
    steps = EPOCHS * 3  # updates of two mini-batches, two, and one
    loss = nn.CrossEntropyLoss(weight=weights, label_smoothing=0.1)
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, steps)
    usual_loop(
        module, optimizer, loss=loss, schedule=schedule, per="step", accumulate=2, clip=0.5,
        weights=weights,
    )  # fmt: skip
    compare(
        module, trained_loss("cross_entropy", 0.1, WEIGHTS), momentum=0.9, nesterov=True,
        weight_decay=0.01, decay_biases_and_norms=False, clip_gradient_norm=0.5,
        accumulate_batches=2, learning_rate_schedule={"name": "cosine", "per": "step"},
        weight_of=lambda y: weights[y].sum(),
    )  # fmt: skip


def test_early_stopping_takes_the_best_parameters() -> None:
    x, y = samples(40, seed=7)
    y = y.flip(0)  # nothing that is learnt helps here
    module, best, losses = network(), {}, []

    def each_epoch() -> bool:
        with torch.no_grad():
            losses.append(float(F.cross_entropy(module(x), y)))
        if losses[-1] == min(losses):
            best.update(epoch=len(losses), state=copy.deepcopy(module.state_dict()))
        return len(losses) - best["epoch"] >= 4

    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    usual_loop(module, optimizer, epochs=60, each_epoch=each_epoch)
    assert 5 <= len(losses) < 60
    stopping, found = EarlyStopping(x, y, 4), network()
    training = train(
        found, *samples(), F.cross_entropy,
        **PLAIN | {"epochs": 60, "momentum": 0.9}, early_stopping=stopping,
    )  # fmt: skip
    assert training.best_epoch == best["epoch"]
    assert len(training.loss) == len(losses)
    torch.testing.assert_close(
        torch.tensor(training.validation_loss), torch.tensor(losses).double()
    )
    for name, tensor in found.state_dict().items():
        torch.testing.assert_close(tensor, best["state"][name], rtol=0, atol=1e-12)
