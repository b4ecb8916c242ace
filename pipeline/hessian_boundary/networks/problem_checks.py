"""What does not fit a problem, in words that say what to change."""

from typing import Any

import torch
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.copies import copy_network
from hessian_boundary.networks.parameters import trainable_parameters

PASSES = 8  # in training mode
# layers that compute otherwise in training, from the same parameters
NUMBERS_ALONE = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._NormBase)


def check_samples(x: Tensor, y: Tensor) -> None:
    """Refuse samples and labels that do not belong together."""
    if y.ndim != 1 or y.is_floating_point() or y.dtype == torch.bool:
        raise ValueError(
            f"expected whole-number labels y of shape (n,), found {y.dtype} of shape "
            f"{tuple(y.shape)}; give the index of each sample's class"
        )
    if len(x) != len(y):
        raise ValueError(f"expected as many samples as labels, found {len(x)} and {len(y)}")
    if not len(y):
        raise ValueError("expected at least one sample to take the loss of, found none")


def check_parameters(network: nn.Module, x: Tensor) -> None:
    """Refuse a network without parameters to train, of mixed or other dtypes than x."""
    parameters = trainable_parameters(network)
    if not parameters:
        raise ValueError(
            "expected a network with trainable parameters, found none that requires a gradient; "
            "the Hessian is taken over those: call requires_grad_(True) on what it should cover"
        )
    kinds = {(parameter.dtype, parameter.device) for parameter in parameters}
    if len(kinds) > 1:
        found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
        raise ValueError(
            f"expected parameters of one dtype on one device, found {found}; convert the network "
            "with .to(device, torch.float64)"
        )
    dtype, device = kinds.pop()
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"expected parameters in float32 or float64, found {dtype}; convert the network with "
            ".double()"
        )
    if (x.is_floating_point() and x.dtype != dtype) or x.device != device:
        raise ValueError(
            f"expected x in {dtype} on {device} like the network, found {x.dtype} on {x.device}; "
            "convert one of them"
        )


def evaluated(network: nn.Module, x: Tensor) -> Any:
    """Evaluate a few samples; what goes wrong in the network is said in words that help."""
    probe = x.clone()
    try:
        with torch.no_grad():
            logits = network(probe)
    except Exception as error:
        raise ValueError(
            f"expected the network to evaluate x of shape {tuple(x.shape)} and {x.dtype}, found "
            f"{type(error).__name__}: {error}; give inputs as the network takes them{_whole(x)}"
        ) from error
    if isinstance(logits, Tensor) and logits.is_inference():
        raise ValueError(
            "expected a network that can be differentiated, found a forward pass under "
            "torch.inference_mode; take that out of `forward`, and call it outside"
        )
    if not torch.equal(probe.nan_to_num(), x.nan_to_num()):
        raise ValueError(
            "expected a network that leaves its input as it is, found one that changes it in "
            "place; write `x = x - 1` in place of `x -= 1`"
        )
    return logits


def _whole(x: Tensor) -> str:
    if x.is_floating_point():
        return ""
    return (
        ". Whole numbers stay as they are: pass x.double() where they are features, and let "
        "`forward` convert with .to(self.layer.weight.dtype), not .float()"
    )


def check_logits(logits: Any, samples: int, y: Tensor) -> None:
    """Refuse what is not one row of logits per sample, with a logit per class."""
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != samples:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(
            f"expected logits (n, C) from the network, ({samples}, C) for {samples} samples, found "
            f"{found}; wrap it in a module that returns one row of logits per sample"
        )
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= logits.shape[1]:
        raise ValueError(
            f"expected labels 0 … {logits.shape[1] - 1} for a network of {logits.shape[1]} logits, "
            f"found labels {low} … {high}; give it a logit per class, or renumber the classes"
        )


def check_leaves(network: nn.Module, x: Tensor) -> None:
    """Refuse logits that depend on other tensors than the network's parameters and x."""
    with torch.enable_grad():
        logits = network(x.clone())
    own = {id(parameter) for parameter in network.parameters()}
    for leaf in _leaves(logits):
        if id(leaf) in own or (leaf.shape == x.shape and torch.equal(leaf.detach(), x)):
            continue  # x itself: a network may differentiate by its input
        raise ValueError(
            "expected logits that depend on the network's own parameters, found one that depends "
            f"on a tensor of shape {tuple(leaf.shape)} that is none of them; register it as "
            "nn.Parameter, compute what is made of parameters in `forward`, and let hooks and "
            "replaced forward passes use `module.weight` of the module they are given"
        )


def check_same_parameters(network: nn.Module, x: Tensor) -> None:
    """Refuse a network whose logits depend on fewer parameters in eval mode than in training.

    What is merged into other weights, kept from an earlier pass or computed without gradients in
    eval mode would be left out of the Hessian in silence. Where the forward pass of training mode
    returns something else, or fails for so few samples, nothing can be told.
    """
    with torch.enable_grad():
        logits = network(x.clone())
    used = {id(leaf) for leaf in _leaves(logits)}
    trainable = [(name, own) for name, own in network.named_parameters() if own.requires_grad]
    unused = [name for name, own in trainable if id(own) not in used]
    if not unused:  # of nearly all networks, which need no copy
        return
    trained = _in_training(network)
    copies = dict(trained.named_parameters())
    lost = {id(copies[name]): name for name in unused}
    for seed in range(PASSES):  # a network may choose at random what it uses
        if not lost:
            return
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            try:
                output = trained(x.clone())
            except Exception:  # such as statistics of a single sample
                return
        if not isinstance(output, Tensor) or output.shape != logits.shape:
            return
        in_training = {id(leaf) for leaf in _leaves(output)}
        lost = {key: name for key, name in lost.items() if key in in_training}
    if lost:
        raise ValueError(
            "expected the same parameters in eval mode as in training mode, found that the logits "
            f"depend on {', '.join([*lost.values()][:5])} in training alone; compute them with "
            "gradients in both modes, and do not merge or keep them for eval mode"
        )


def _in_training(network: nn.Module) -> nn.Module:
    """Return a copy in training mode, but for what changes no dependence, only numbers."""
    trained = copy_network(network).train()
    for part in trained.modules():
        if isinstance(part, NUMBERS_ALONE):
            part.training = False
    return trained


def check_loss(loss: Loss, logits: Tensor, y: Tensor) -> None:
    """Refuse a loss that does not give one value per sample, as many as there are samples."""
    if len(logits) == logits.shape[1]:  # a value per class would not stand out
        logits, y = torch.cat([logits, logits[:1]]), torch.cat([y, y[:1]])
    try:
        values = loss(logits, y)
    except Exception as error:  # whatever a loss of the user's needs
        raise ValueError(
            f"expected a loss of logits {tuple(logits.shape)} in {logits.dtype} and labels "
            f"{tuple(y.shape)} in {y.dtype}, one value per sample, found {type(error).__name__}: "
            f"{error}; give a function, and convert what it holds with .to(logits)"
        ) from error
    if not isinstance(values, Tensor) or values.shape != y.shape:
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(
            f"expected one loss per sample, {tuple(y.shape)} for {len(y)} samples, found {found}; "
            'pass one that does not average, such as partial(cross_entropy, reduction="none")'
        )


def _leaves(output: Tensor) -> list[Tensor]:
    """Return the tensors that the graph of an output ends in."""
    pending, seen, found = [output.grad_fn], set(), []
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if (leaf := getattr(node, "variable", None)) is not None:
            found.append(leaf)
        pending.extend(parent for parent, _ in node.next_functions)
    return found
