"""Training: against loops that are written out here with torch.optim, and how it ends."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.flat_training import train
from hessian_boundary.networks.evaluation import accuracy
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.training.initialisation import scale_to_norm

OPTIONS = {
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "weight_decay": 0.0,
    "batch_size": 64,
    "epochs": 5,
    "shuffle_seed": 1,
}
TORCH_OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


def _naive_training(module, x, y, *, optimizer, learning_rate, weight_decay, epochs=5):
    """The usual loop; returns per-epoch loss and accuracy means over samples."""
    generator = torch.Generator().manual_seed(OPTIONS["shuffle_seed"])
    rule = TORCH_OPTIMIZERS[optimizer](
        module.parameters(), lr=learning_rate, weight_decay=weight_decay
    )
    losses, accuracies = [], []
    for _ in range(epochs):
        order = torch.randperm(len(y), generator=generator)
        loss_sum = correct = 0.0
        for start in range(0, len(y), 64):
            batch = order[start : start + 64]
            logits = module(x[batch])
            loss = F.cross_entropy(logits, y[batch])
            rule.zero_grad()
            loss.backward()
            rule.step()
            loss_sum += loss.item() * len(batch)
            correct += (logits.argmax(1) == y[batch]).sum().item()
        losses.append(loss_sum / len(y))
        accuracies.append(correct / len(y))
    return losses, accuracies


@pytest.mark.parametrize(
    ("optimizer", "learning_rate", "weight_decay"),
    [
        ("sgd", 0.05, 0.0),
        ("sgd", 0.05, 0.1),
        ("adam", 0.01, 0.0),
        ("adam", 0.01, 0.1),
        ("adamw", 0.01, 0.1),
        ("rmsprop", 0.001, 0.0),
        ("rmsprop", 0.001, 0.1),
    ],
)
def test_training_equals_the_usual_loop(make_problem, optimizer, learning_rate, weight_decay):
    case = make_problem("mlp_relu")
    rule = {
        "optimizer": optimizer, "learning_rate": learning_rate, "weight_decay": weight_decay,
    }  # fmt: skip
    expected = copy.deepcopy(case.module)
    losses, accuracies = _naive_training(expected, case.x, case.y, **rule)
    start = parameter_vector(case.module)
    training = train(case.module, case.x, case.y, F.cross_entropy, **{**OPTIONS, **rule})
    found, wanted = parameter_vector(case.module), parameter_vector(expected)
    assert float((wanted - start).norm()) > 1e-2
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)
    np.testing.assert_allclose(training.loss, losses, rtol=1e-6)
    np.testing.assert_allclose(training.accuracy, accuracies, rtol=1e-6)


def test_convolutional_network_trains_as_in_the_usual_loop(make_problem):
    case = make_problem("cnn")
    expected = copy.deepcopy(case.module)
    rule = {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0.0}
    losses, _ = _naive_training(expected, case.x, case.y, **rule)
    training = train(case.module, case.x, case.y, F.cross_entropy, **OPTIONS)
    torch.testing.assert_close(
        parameter_vector(case.module), parameter_vector(expected), rtol=0, atol=1e-10
    )
    np.testing.assert_allclose(training.loss, losses, rtol=1e-6)


def test_histories_cover_every_epoch_across_the_checks_each_hundred_epochs(make_problem):
    case = make_problem("softmax_regression")
    expected = copy.deepcopy(case.module)
    rule = {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0.0}
    losses, accuracies = _naive_training(expected, case.x, case.y, epochs=230, **rule)
    training = train(case.module, case.x, case.y, F.cross_entropy, **{**OPTIONS, "epochs": 230})
    assert len(training.loss) == 230
    np.testing.assert_allclose(training.loss, losses, rtol=1e-6)
    np.testing.assert_allclose(training.accuracy, accuracies, rtol=1e-6)


def _separable():
    x = torch.cat([torch.randn(40, 2) + 5, torch.randn(35, 2) - 5])
    return nn.Linear(2, 2), x, torch.tensor([0] * 40 + [1] * 35)


def test_stop_when_fitted_ends_at_the_first_check_and_only_when_asked_for():
    module, x, y = _separable()
    options = {**OPTIONS, "epochs": 250}
    stopped = train(module, x, y, F.cross_entropy, **options, stop_when_fitted=True)
    assert len(stopped.loss) == 100
    assert accuracy(module, x, y) == 1
    module, x, y = _separable()
    assert len(train(module, x, y, F.cross_entropy, **options).loss) == 250


def test_stop_when_fitted_goes_on_while_a_sample_is_misclassified():
    module, x, y = _separable()
    x[0], y[0] = -5.0, 0  # one point deep in the other class
    options = {**OPTIONS, "epochs": 250}
    training = train(module, x, y, F.cross_entropy, **options, stop_when_fitted=True)
    assert len(training.loss) == 250


def test_checkpoints_hold_the_parameters_after_their_epochs_and_before_the_first(make_problem):
    case = make_problem("mlp_relu")
    start = parameter_vector(case.module)
    modules = {epochs: copy.deepcopy(case.module) for epochs in (2, 5)}
    for epochs, module in modules.items():
        train(module, case.x, case.y, F.cross_entropy, **{**OPTIONS, "epochs": epochs})
    training = train(case.module, case.x, case.y, F.cross_entropy, **OPTIONS, checkpoints=[0, 2, 5])
    assert list(training.checkpoints) == [0, 2, 5]
    assert torch.equal(training.checkpoints[0], start)
    assert torch.equal(training.checkpoints[2], parameter_vector(modules[2]))
    assert torch.equal(training.checkpoints[5], parameter_vector(modules[5]))


def test_training_for_no_epoch_changes_nothing(make_problem):
    case = make_problem("mlp_relu")
    start = parameter_vector(case.module)
    options = {**OPTIONS, "epochs": 0}
    training = train(case.module, case.x, case.y, F.cross_entropy, **options, checkpoints=[0])
    assert len(training.loss) == len(training.accuracy) == 0
    assert not training.diverged
    assert torch.equal(parameter_vector(case.module), start)
    assert torch.equal(training.checkpoints[0], start)


def test_diverging_training_is_marked_and_ends_at_the_next_check():
    module, x, y = _separable()
    y = torch.arange(75) % 2
    options = {**OPTIONS, "epochs": 1000, "learning_rate": 1e38}
    training = train(module, x, y, F.cross_entropy, **options)
    assert training.diverged
    assert len(training.loss) == 100
    assert not np.isfinite(training.loss).all()


def test_divergence_in_the_last_update_is_marked():
    module, x, y = _separable()
    options = {**OPTIONS, "epochs": 1, "batch_size": len(y), "learning_rate": 3e38}
    # half of the labels are wrong, so the gradient is about 1e3
    training = train(module, 1e3 * x, torch.arange(75) % 2, F.cross_entropy, **options)
    assert np.isfinite(training.loss).all()
    assert training.diverged


def test_healthy_training_is_not_marked_as_diverged():
    module, x, y = _separable()
    assert not train(module, x, y, F.cross_entropy, **OPTIONS).diverged


def test_accuracy_counts_and_is_nan_without_samples():
    module = nn.Identity()
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0]])
    assert accuracy(module, logits, torch.tensor([0, 1, 1])) == pytest.approx(2 / 3)
    assert np.isnan(accuracy(module, logits[:0], torch.tensor([], dtype=torch.int64)))


def test_scaling_to_a_norm_keeps_the_direction():
    fresh, reference = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([0.0, 0.0, -20.0])
    torch.testing.assert_close(scale_to_norm(fresh, reference), torch.tensor([12.0, 16.0, 0.0]))
