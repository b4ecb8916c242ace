"""Training: against autograd, and against training loops written out here with torch.optim."""

import copy
import json
import sys
import types

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pipeline.dataset import build_dataset
from pipeline.device import resolve_device
from pipeline.models import (
    build_model,
    load_parameter_vector,
    norms,
    parameter_layers,
    parameter_vector,
    trained_module,
)
from pipeline.randomness import derive_seed
from pipeline.schema import check
from pipeline.training.gradient_step import gradient_step
from pipeline.training.initialisation import scale_to_norm
from pipeline.training.loop import accuracy, train
from pipeline.training.run import run_training

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


def _autograd(module, x, y):
    """Loss, correct predictions and gradients, as PyTorch users write it."""
    copied = copy.deepcopy(module)
    parameters = [p.requires_grad_() for p in copied.parameters()]
    logits = copied(x)
    loss = F.cross_entropy(logits, y)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return loss.detach(), (logits.argmax(1) == y).sum(), list(gradients)


def _frozen(module):
    return [p.requires_grad_(False) for p in module.parameters()]


def _assert_same_step(module, batches):
    step = gradient_step(module, F.cross_entropy)
    for x, y in batches:
        expected = _autograd(module, x, y)
        torch.testing.assert_close(step(_frozen(module), x, y), expected, rtol=1e-10, atol=1e-14)


def test_gradient_step_equals_autograd_on_full_and_ragged_batches(problem):
    batches = list(zip(problem.x.split(64), problem.y.split(64), strict=True))
    assert [len(y) for _, y in batches] == [64, 64, 22]
    _assert_same_step(problem.module, [*batches, *batches])


def test_gradient_step_follows_the_parameters_it_is_given(make_problem):
    module, x, y = (case := make_problem("mlp_relu")).module, case.x, case.y
    step = gradient_step(module, F.cross_entropy)
    step(_frozen(module), x, y)  # recorded at other parameters than those that follow
    moved = copy.deepcopy(module)
    load_parameter_vector(moved, -0.5 * parameter_vector(module))
    found = step([p.detach() for p in moved.parameters()], x, y)
    torch.testing.assert_close(found, _autograd(moved, x, y), rtol=1e-10, atol=1e-14)


class _Branching(nn.Module):
    """Uses another layer when the mean of a batch is negative."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(2, 3), nn.Linear(2, 3)

    def forward(self, x):
        return self.one(x) if x.mean() > 0 else self.other(x)


def test_control_flow_on_values_is_not_frozen_by_the_recording():
    x, y = torch.rand(22, 2) + 0.1, torch.arange(22) % 3
    _assert_same_step(_Branching(), [(x, y), (-x, y), (x, y)])


def test_in_place_activations_give_the_same_gradients():
    module = nn.Sequential(nn.Linear(2, 8), nn.ReLU(inplace=True), nn.Linear(8, 3)).double()
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 3
    _assert_same_step(module, [(x, y), (-x, y)])


def test_layer_used_twice_gives_the_same_gradients():
    layer = nn.Linear(2, 2)
    module = nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(2, 3)).double()
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 3
    _assert_same_step(module, [(x, y), (-x, y)])


def test_batch_normalisation_gives_the_same_gradients_and_updates_its_buffers():
    module = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).double()
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 3
    expected = copy.deepcopy(module)
    expected(x)
    found = gradient_step(module, F.cross_entropy)(_frozen(module), x, y)
    assert int(module[1].num_batches_tracked) == 1
    torch.testing.assert_close(module[1].running_mean, expected[1].running_mean)
    torch.testing.assert_close(module[1].running_var, expected[1].running_var)
    torch.testing.assert_close(found, _autograd(module, x, y), rtol=1e-10, atol=1e-14)


def test_dropout_draws_anew_at_every_step():
    module = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 3))
    step = gradient_step(module, F.cross_entropy)
    x, y = torch.randn(22, 2), torch.arange(22) % 3
    losses = {float(step(_frozen(module), x, y)[0]) for _ in range(4)}
    assert len(losses) == 4


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


# run_training: from a dataset artifact to a model artifact

SETTINGS = {
    "architecture": {"name": "mlp", "hidden": [7], "activation": "relu"},
    "labels": "y",
    "start": "default",
    "loss": "cross_entropy",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "weight_decay": 0,
    "batch_size": 64,
    "epochs": 3,
    "stop_when_fitted": False,
    "presumes_fit": True,
}


def _dataset():
    state = np.random.RandomState(0)
    y = np.arange(300) % 3
    x = (state.standard_normal((300, 2)) + 3 * np.eye(3)[y][:, :2]).astype(np.float32)
    return build_dataset(x, y, train_fraction=0.5)


def _run(*, name="toy/normal", seed=0, start=None, **changes):
    settings = {**SETTINGS, **changes}
    device = torch.device("cpu")
    return run_training(_dataset(), start, settings, name=name, seed=seed, device=device)


def _theta(model):
    return torch.from_numpy(model["parameters"].values)


def test_runs_repeat_exactly_whatever_ran_before_and_differ_by_seed_and_experiment():
    torch.manual_seed(0)
    first = _run(seed=0)
    torch.manual_seed(123)
    other_seed = _run(seed=1)
    again = _run(seed=0)
    assert first.identical(again)
    assert not torch.equal(_theta(first), _theta(other_seed))
    assert not torch.equal(_theta(first), _theta(_run(seed=0, name="toy/other")))


def test_runs_leave_the_global_random_state():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    _run()
    assert torch.equal(torch.get_rng_state(), before)


def test_shuffling_differs_between_seeds_that_start_alike():
    start = _run(learning_rate=0.0)
    like = {"start": start, "epochs": 1}
    assert not torch.equal(_theta(_run(seed=0, **like)), _theta(_run(seed=1, **like)))


def test_model_artifact_says_what_the_network_does():
    model = _run(epochs=40)
    check(model, "model")
    dataset = _dataset()
    module = trained_module(model, torch.float32, torch.device("cpu"))
    for part in ("train", "test"):
        rows = np.flatnonzero(dataset["split"].values == part)
        logits = module(torch.from_numpy(dataset["x"].values[rows])).detach().numpy()
        hits = (logits.argmax(1) == dataset["y"].values[rows]).mean()
        assert model.attrs[f"{part}_accuracy"] == pytest.approx(hits)
    assert model.attrs["status"] == "not fitted"
    assert model.attrs["epochs"] == model.sizes["epoch"] == 40
    assert json.loads(model.attrs["architecture"]) == SETTINGS["architecture"]
    assert list(model["epoch"].values[[0, -1]]) == [1, 40]
    assert list(model["layer"].values) == parameter_layers(module)
    assert model.attrs["norm_l2"] == pytest.approx(np.linalg.norm(model["parameters"]), rel=1e-6)
    assert model.attrs == {**model.attrs, **norms(_theta(model), parameter_layers(module))}


def test_training_uses_the_labels_that_the_experiment_names():
    random = _run(labels="y_random", epochs=40)
    rows = np.flatnonzero(_dataset()["split"].values == "train")
    module = trained_module(random, torch.float32, torch.device("cpu"))
    predictions = module(torch.from_numpy(_dataset()["x"].values[rows])).argmax(1).numpy()
    hits = (predictions == _dataset()["y_random"].values[rows]).mean()
    assert random.attrs["train_accuracy"] == pytest.approx(hits)
    assert random.attrs["labels"] == "y_random"
    assert not torch.equal(_theta(random), _theta(_run(epochs=40)))


def test_start_from_another_model_takes_its_parameters():
    start = _run(epochs=2, name="toy/random")
    model = _run(start=start, learning_rate=0.0)
    assert torch.equal(_theta(model), _theta(start))


def test_large_norm_start_is_the_fresh_draw_at_the_norm_of_the_other_model():
    start = _run(epochs=2, name="toy/random")
    start["parameters"] = 10 * start["parameters"]
    fresh = _theta(_run(learning_rate=0.0)).double()
    settings = {**SETTINGS, "start": {"norm_of": "toy/random"}, "learning_rate": 0.0}
    model = run_training(
        _dataset(), start, settings, name="toy/normal", seed=0, device=torch.device("cpu")
    )
    found, wanted = _theta(model).double(), _theta(start).double().norm()
    assert float(found.norm()) == pytest.approx(float(wanted), rel=1e-6)
    torch.testing.assert_close(found / found.norm(), fresh / fresh.norm(), rtol=0, atol=1e-6)


def test_start_with_another_architecture_is_refused():
    start = _run(epochs=1)
    with pytest.raises(ValueError, match=r"expected 57 parameters .* found 45"):
        _run(start=start, architecture={**SETTINGS["architecture"], "hidden": [9]})


def test_checkpoints_are_part_of_the_artifact_and_change_nothing_else():
    plain, model = _run(epochs=4), _run(epochs=4, checkpoints=[0, 2, 4])
    assert model["checkpoint_epoch"].values.tolist() == [0, 2, 4]
    assert model.drop_vars(["checkpoints", "checkpoint_epoch"]).identical(plain)
    saved = torch.from_numpy(model["checkpoints"].values)
    assert torch.equal(saved[0], _theta(_run(learning_rate=0.0)))
    assert torch.equal(saved[1], _theta(_run(epochs=2)))
    assert torch.equal(saved[2], _theta(model))


def test_diverged_run_says_so():
    model = _run(learning_rate=1e38, epochs=200)
    assert model.attrs["status"] == "diverged"
    assert model.attrs["epochs"] == 100


def test_fitted_run_says_so_and_stops_early():
    model = _run(
        architecture={**SETTINGS["architecture"], "hidden": [200]},
        learning_rate=0.3, epochs=20_000, batch_size=150, stop_when_fitted=True, labels="y",
    )  # fmt: skip
    assert model.attrs["status"] == "fitted"
    assert model.attrs["train_accuracy"] == 1
    assert model.attrs["epochs"] < 20_000


def test_network_with_buffers_trains_and_comes_back_from_its_artifact_unchanged(monkeypatch):
    custom = types.ModuleType("pipeline.architectures.normalised")
    custom.build = lambda shape, classes: nn.Sequential(
        nn.Linear(*shape, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, classes)
    )
    monkeypatch.setitem(sys.modules, custom.__name__, custom)
    model = _run(architecture={"name": "normalised"}, epochs=5)
    rows = np.flatnonzero(_dataset()["split"].values == "train")
    module = trained_module(model, torch.float32, torch.device("cpu"))
    x, y = (torch.from_numpy(_dataset()[name].values[rows]) for name in ("x", "y"))
    assert model.attrs["train_accuracy"] == pytest.approx(accuracy(module, x, y))
    assert float(module[1].running_mean.abs().max()) > 1e-3


# the small modules that training leans on


def test_derived_seeds_depend_on_every_name_and_nothing_else():
    seed = derive_seed(0, "gaussian/normal", "shuffling")
    assert seed == derive_seed(0, "gaussian/normal", "shuffling")
    assert 0 <= seed < 2**63
    others = [
        derive_seed(1, "gaussian/normal", "shuffling"),
        derive_seed(0, "gaussian/other", "shuffling"),
        derive_seed(0, "gaussian/normal", "initialisation"),
    ]
    assert len({seed, *others}) == 4


def test_derived_seed_is_the_same_in_every_interpreter():
    # first 8 bytes of SHA-256("a/1"), shifted right by one bit; from the tool sha256sum
    assert derive_seed("a", 1) == 0x773232ABE9343F0E >> 1


def test_built_models_start_from_the_derived_seed():
    seed = derive_seed("toy/normal", 0, "initialisation")
    expected = build_model(SETTINGS["architecture"], (2,), 3, seed)
    assert torch.equal(_theta(_run(learning_rate=0.0)), parameter_vector(expected))


def test_device_names_resolve_and_a_missing_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(RuntimeError, match=r"expected a CUDA device .* found none; set `device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")


def test_looking_whether_all_labels_fit_changes_nothing():
    """Dropout is off while the labels are compared, batch statistics stay, the mode comes back."""
    module = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.9), nn.Linear(8, 2))
    x = torch.tensor([[-1.0, 0.0], [1.0, 0.0]]).repeat(20, 1)
    y = torch.tensor([0, 1]).repeat(20)
    options = {"optimizer": "adam", "learning_rate": 0.05, "weight_decay": 0, "batch_size": 40,
                   "shuffle_seed": 0}  # fmt: skip
    result = train(module, x, y, F.cross_entropy, epochs=1000, stop_when_fitted=True, **options)
    assert len(result.loss) < 1000
    assert int(module[1].num_batches_tracked) == len(result.loss)
    assert module.training
