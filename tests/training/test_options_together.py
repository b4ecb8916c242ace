"""Options of a training that do not go together, and what they say in the artifact."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.short_trainings import CPU, dataset, run
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.stored import losses_of, trained_module


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nesterov": True}, "a momentum above 0 with `nesterov: true`, found sgd and 0"),
        ({"optimizer": "adam", "momentum": 0.9}, "momentum with the optimizer sgd or rmsprop"),
        ({"optimizer_options": {"lr": 1}}, "optimizer_options without .*, found lr"),
        ({"optimizer_options": {"rate": 1}}, "that torch.optim.SGD takes, found 'rate'"),
        ({"learning_rate_schedule": {"name": "waves"}}, "among .*, found 'waves'"),
        ({"learning_rate_schedule": {"name": "step"}}, "expected step_size for .* 'step'"),
        ({"learning_rate_schedule": {"name": "cosine", "gamma": 1}}, "found gamma; take gamma out"),
        ({"learning_rate_schedule": {"name": "one_cycle", "warm_up": 1}}, "no warm_up for"),
        (
            {"learning_rate_schedule": {"name": "cosine", "warm_up": 3}},
            "less than the training's 3",
        ),
        ({"class_weights": [1, 2]}, "class weight for each of 3 classes, found 2"),
    ],
)
def test_options_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        run(**changes)


def test_early_stopping_needs_validation_samples():
    with pytest.raises(ValueError, match="validation samples for `early_stopping`, found none"):
        run(dataset(0.8), early_stopping={"patience": 2})


def test_balanced_weights_need_samples_of_each_class():
    data = dataset()
    data["y_random"] = data["y_random"].clip(max=1)
    with pytest.raises(ValueError, match="found none of class 2; write a list of 3 weights"):
        run(data, labels="y_random", class_weights="balanced")


def test_the_order_of_samples_may_have_a_seed_of_its_own():
    one, other = (run(shuffle_seed=seed)["parameters"].values for seed in (1, 2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, run(shuffle_seed=1)["parameters"].values)


@pytest.mark.parametrize(("hessian_loss", "weighted"), [("trained", True), ("plain", False)])
def test_the_artifact_says_of_which_loss_the_hessian_is(hessian_loss, weighted):
    changes = {"class_weights": [1, 2, 4], "label_smoothing": 0.1, "hessian_loss": hessian_loss}
    model = run(**changes)
    about = {name: model.attrs[name] for name in changes}
    assert about == changes | {"class_weights": [1.0, 2.0, 4.0]}
    x, y = samples_of(dataset(), "train")
    logits = trained_module(model, torch.float64, CPU)(x.double())
    weights = torch.tensor([1, 2, 4]).double() if weighted else None
    smoothing = 0.1 if weighted else 0.0
    expected = nn.functional.cross_entropy(logits, y, weights, label_smoothing=smoothing)
    per_sample, trained = losses_of(model, y)
    torch.testing.assert_close(per_sample(logits, y).mean(), expected)
    torch.testing.assert_close(trained(logits, y), expected)


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    _, y = samples_of(dataset(), "train")
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y.numpy())
    found = run(class_weights="balanced").attrs["class_weights"]
    np.testing.assert_allclose(found, expected)
