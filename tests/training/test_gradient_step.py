"""The gradients of one step, recorded or not: against autograd as PyTorch users write it."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary.networks.parameters import load_parameter_vector, parameter_vector
from hessian_boundary.training.gradient_step import gradient_step


def _autograd(module, x, y):
    """Loss, correct predictions and gradients, as PyTorch users write it."""
    copied = copy.deepcopy(module)
    parameters = [p.requires_grad_() for p in copied.parameters()]
    logits = copied(x)
    loss = F.cross_entropy(logits, y)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return loss.detach(), (logits.argmax(1) == y).sum(), list(gradients)


def _detached(module):
    return [p.detach() for p in module.parameters()]


def _assert_same_step(module, batches):
    step = gradient_step(module, F.cross_entropy)
    for x, y in batches:
        expected = _autograd(module, x, y)
        torch.testing.assert_close(step(_detached(module), x, y), expected, rtol=1e-10, atol=1e-14)


def test_gradient_step_equals_autograd_on_full_and_ragged_batches(problem):
    batches = list(zip(problem.x.split(64), problem.y.split(64), strict=True))
    assert [len(y) for _, y in batches] == [64, 64, 22]
    _assert_same_step(problem.module, [*batches, *batches])


def test_gradient_step_follows_the_parameters_it_is_given(make_problem):
    module, x, y = (case := make_problem("mlp_relu")).module, case.x, case.y
    step = gradient_step(module, F.cross_entropy)
    step(_detached(module), x, y)  # recorded at other parameters than those that follow
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


@torch.library.custom_op("tests::other_layout", mutates_args=())
def _other_layout(x: torch.Tensor) -> torch.Tensor:
    """Give x as it is, in another order in memory than it says below."""
    return x.t().contiguous().t()


_other_layout.register_fake(lambda x: torch.empty_like(x, memory_format=torch.contiguous_format))
_other_layout.register_autograd(lambda context, gradient: gradient)


class _UnexpectedLayout(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(6, 3)

    def forward(self, x):
        return self.dense(_other_layout(x * 2).reshape(len(x) // 2, 6))


def test_layout_in_memory_that_the_recording_did_not_expect(capsys):
    x, y = torch.randn(44, 3, dtype=torch.float64), torch.arange(22) % 3
    _assert_same_step(_UnexpectedLayout().double(), [(x, y), (-x, y)])
    assert "not recorded: RuntimeError: view size" in capsys.readouterr().err


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
    found = gradient_step(module, F.cross_entropy)(_detached(module), x, y)
    assert int(module[1].num_batches_tracked) == 1
    torch.testing.assert_close(module[1].running_mean, expected[1].running_mean)
    torch.testing.assert_close(module[1].running_var, expected[1].running_var)
    torch.testing.assert_close(found, _autograd(module, x, y), rtol=1e-10, atol=1e-14)


def test_dropout_draws_anew_at_every_step():
    module = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 3))
    step = gradient_step(module, F.cross_entropy)
    x, y = torch.randn(22, 2), torch.arange(22) % 3
    losses = {float(step(_detached(module), x, y)[0]) for _ in range(4)}
    assert len(losses) == 4
