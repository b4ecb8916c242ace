"""An experiment's entry is read once, whole."""

import pytest

from hessian_boundary.training.options import Start, TrainingOptions

ENTRY = {
    "architecture": {"name": "mlp", "hidden": [4]}, "labels": "y", "loss": "cross_entropy",
    "optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0, "batch_size": 6, "epochs": 3,
    "presumes_fit": True, "stop_when_fitted": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("default", Start()),
        ({"parameters_of": "a/b"}, Start(parameters_of="a/b")),
        (
            {"parameters_of": "a/b", "seed": 3, "rescale_layers": [2, 0.5]},
            Start(parameters_of="a/b", rescale_layers=(2, 0.5)),
        ),
        ({"norm_of": "a/b", "seed": 1}, Start(norm_of="a/b")),
    ],
)
def test_where_a_training_starts(start, expected) -> None:
    options = TrainingOptions.of_settings({**ENTRY, "start": start, "checkpoints": [0, 2]})
    assert options.start == expected
    assert options.checkpoints == (0, 2)
    assert (options.batch_size, options.update.learning_rate, options.labels) == (6, 0.1, "y")


def test_without_checkpoints_none_are_kept() -> None:
    assert TrainingOptions.of_settings({**ENTRY, "start": "default"}).checkpoints == ()
