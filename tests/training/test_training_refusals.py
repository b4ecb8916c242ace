"""Training networks of one's own: what cannot be trained is said, what can is not changed."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.flat_training import train
from hessian_boundary.training.gradient_step import gradient_step

OPTIONS = {
    "optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0.0, "batch_size": 64, "epochs": 5,
    "shuffle_seed": 1,
}  # fmt: skip


@pytest.mark.parametrize(("samples", "batch_size"), [(33, 8), (9, 4), (1, 64), (7, 1)])
@pytest.mark.parametrize("kind", ["batch", "several"])
def test_normalisation_of_a_single_sample_is_refused_in_words(samples, batch_size, kind):
    parts = [nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)]
    if kind == "several":
        parts = [nn.Linear(2, 6), nn.Unflatten(1, (6, 1)), nn.BatchNorm1d(6), nn.Flatten(),
                 nn.Linear(6, 3)]  # fmt: skip
    x, y = torch.randn(samples, 2), torch.arange(samples) % 3
    message = rf"{samples} training samples in mini-batches of {batch_size}, which leaves one"
    with pytest.raises(ValueError, match=message):
        train(nn.Sequential(*parts), x, y, F.cross_entropy, **{**OPTIONS, "batch_size": batch_size})


def test_other_errors_of_a_network_are_its_own():
    class Strict(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(2, 3)
            self.register_buffer("unused", torch.zeros(1))

        def forward(self, x):
            raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        train(Strict(), torch.randn(9, 2), torch.arange(9) % 3, F.cross_entropy, **OPTIONS)


def test_further_outputs_in_training_only_are_refused():
    class Auxiliary(nn.Module):
        def __init__(self, result):
            super().__init__()
            self.dense, self.result = nn.Linear(2, 3), result

        def forward(self, x):
            logits = self.dense(x)
            return self.result(logits) if self.training else logits

    x, y = torch.randn(9, 2), torch.arange(9) % 3
    for result, found in ((lambda f: (f, f), "tuple"), (lambda f: f[:, :, None], r"\(9, 3, 1\)")):
        with pytest.raises(ValueError, match=rf"expected logits \(9, C\) in training .* {found};"):
            train(Auxiliary(result), x, y, F.cross_entropy, **OPTIONS)


@pytest.mark.parametrize(
    "draw", [lambda: np.random.uniform(1, 2), lambda: random.choice([1.5, 2.5, 3.5])]
)
def test_draws_outside_of_torch_are_not_frozen_by_the_recording(capsys, draw):
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(2, 3)

        def forward(self, x):
            return self.dense(x) * float(draw())

    step = gradient_step(module := Noisy(), F.cross_entropy)
    x, y = torch.randn(22, 2), torch.arange(22) % 3
    parameters = [parameter.detach() for parameter in module.parameters()]
    assert len({float(step(parameters, x, y)[0]) for _ in range(20)}) > 1
    assert "not recorded: draws with NumPy" in capsys.readouterr().err


def test_parts_that_are_kept_in_eval_mode_stay_so_when_labels_are_compared():
    module = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2))
    module[0].eval()
    x = torch.cat([torch.randn(40, 2) + 5, torch.randn(35, 2) - 5])
    y = torch.tensor([0] * 40 + [1] * 35)
    train(module, x, y, F.cross_entropy, **{**OPTIONS, "epochs": 250}, stop_when_fitted=True)
    assert int(module[0].num_batches_tracked) == 0
    assert [part.training for part in module] == [False, True]


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
