"""What a network is made of, and which fast path may treat it: the only place that asks.

A fast path computes what the types of a network's parts promise. It may treat a network only where
nothing else happens: no subclass with a forward pass of its own, no hook, no weight that is
computed from other numbers, nothing that is shared where each part is taken for itself. Each
`why_not_…` says in words what stands in the way, and returns "" where nothing does. What no fast
path treats, automatic differentiation does (`curvature.operators.hessian`, `gradients.products`).
"""

from collections.abc import Callable, Sequence

from torch import nn

from hessian_boundary.networks.one_logit import TwoLogits

Layer = nn.Linear | nn.Conv2d
LAYERS = (nn.Linear, nn.Conv2d)
# Networks of these are linear in each single parameter, so ∂²f/∂θ_j² = 0.
LINEAR_IN_EACH_PARAMETER = (
    *(nn.Flatten, nn.Identity),
    *(nn.Linear, nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d),
)
# h(α z) = α h(z) for α > 0
HOMOGENEOUS = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.Flatten, nn.Identity)
PIECEWISE_AFFINE = (nn.Linear, nn.ReLU, nn.Flatten, nn.Identity)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def sequence(network: nn.Module) -> list[nn.Module]:
    """Return the parts of nested Sequentials in the order of use, repetitions included."""
    # a subclass may use its parts in another way, and hooks may change what goes in and out
    if type(network) is nn.Sequential and not why_not_plain(network):
        return [part for child in network for part in sequence(child)]
    return [network]


def used_once(parts: Sequence[nn.Module]) -> bool:
    """Whether no parameter belongs to two of the parts, or to one that is listed twice."""
    owned = [id(parameter) for part in parts for parameter in part.parameters()]
    return len(owned) == len(set(owned))


def is_convolutional(network: nn.Module) -> bool:
    """Whether some part is a convolution of images."""
    return any(isinstance(part, nn.Conv2d) for part in network.modules())


def why_not_plain(part: nn.Module) -> str:
    """Say why a part does not just compute what its type promises from its own parameters."""
    name = type(part).__name__
    if any(getattr(part, hooks, None) for hooks in HOOKS):
        return f"{name} has a hook"
    if "forward" in vars(part):
        return f"{name} has a forward pass of its own"
    for tensor in ("weight", "bias"):
        if getattr(part, tensor, None) is not None and tensor not in part._parameters:
            return f"the {tensor} of {name} is computed from other parameters"
    return ""


def why_not_factored(network: nn.Module) -> str:
    """Say why gradients are not products of the inputs and output derivatives of its layers.

    All parameters have to be in plain dense or convolution layers, each used once.
    """
    parts = sequence(network)
    owners = [part for part in parts if any(True for _ in part.parameters())]
    for part in owners:
        if reason := _why_no_factored_layer(part):
            return reason
        if not all(parameter.requires_grad for parameter in part.parameters()):
            return f"a parameter of {type(part).__name__} is frozen"
    if not used_once(owners):
        return "a parameter is used twice"
    for part in parts:
        if getattr(part, "inplace", False):
            return f"{type(part).__name__} works in place"
    return ""


def why_not_layered(network: nn.Module) -> str:
    """Say why it is not a sequence of layers with stages that are linear near a sample between.

    Dense and convolution layers, ReLU and pooling, one after another, each layer used once,
    nothing in place, and a Flatten between images and dense layers.
    """
    if reason := why_not_factored(network):
        return reason
    parts = sequence(network)
    if not any(type(part) in LAYERS for part in parts):
        return "there is no dense or convolution layer"
    image = False
    for part in parts:
        if reason := _why_not_of(part, LINEAR_IN_EACH_PARAMETER) or _why_no_stage(part):
            return reason
        if image and type(part) is nn.Linear:
            return "a dense layer follows images without a Flatten between them"
        image = type(part) is not nn.Flatten and (image or type(part) is nn.Conv2d)
    return ""


def why_not_traced_by_samples(network: nn.Module) -> str:
    """Say why tr H is not a sum over samples of the network's Jacobians alone."""
    parts = sequence(network)
    for part in parts:
        if reason := _why_not_of(part, LINEAR_IN_EACH_PARAMETER):
            return reason
    return "" if used_once(parts) else "a parameter is used twice"


def why_not_rescaled(network: nn.Module) -> str:
    """Say why layers cannot be rescaled without changing the predictions."""
    parts = sequence(network)
    for part in parts:
        if reason := _why_not_of(part, (*LAYERS, *HOMOGENEOUS)):
            return reason
    return "" if used_once(parts) else "a parameter is used twice"


def why_not_traceable(network: nn.Module) -> str:
    """Say why a network has no boundary on the plane that is traced exactly."""
    one = isinstance(network, TwoLogits)  # f of the logits (0, f)
    parts = sequence(network.network if isinstance(network, TwoLogits) else network)
    for part in parts:
        if reason := _why_not_of(part, PIECEWISE_AFFINE):
            return (
                f"expected only Linear, ReLU, Flatten and Identity in sequence, found that {reason}"
                "; the boundary of other networks is not computed piece by piece"
            )
    linear = [part for part in parts if isinstance(part, nn.Linear)]
    if linear and (linear[0].in_features != 2 or linear[-1].out_features < 2 - one):
        return (
            "expected a network of two input features with one logit per class, found "
            f"{linear[0].in_features} features and {linear[-1].out_features} logits; of a binary "
            "classifier of one output take the `network` of its Problem, which has two"
        )
    if not all(bool(parameter.isfinite().all()) for parameter in network.parameters()):
        return "expected finite parameters, found NaN or infinity; lower the learning rate"
    return ""


# name of a fast path -> why a network may not take it, or ""
FAST_PATHS: dict[str, Callable[[nn.Module], str]] = {
    "factored gradients": why_not_factored,
    "layered products": why_not_layered,
    "exact boundary": why_not_traceable,
    "trace by samples": why_not_traced_by_samples,
    "rescaling": why_not_rescaled,
}


def support(network: nn.Module) -> dict[str, str]:
    """Return, for each fast path, "" where it may treat the network and else why not."""
    return {path: why_not(network) for path, why_not in FAST_PATHS.items()}


def _why_not_of(part: nn.Module, known: tuple[type[nn.Module], ...]) -> str:
    if type(part) not in known:
        return f"{type(part).__name__} is not one of {', '.join(kind.__name__ for kind in known)}"
    return why_not_plain(part)


def _why_no_factored_layer(part: nn.Module) -> str:
    if reason := _why_not_of(part, LAYERS):
        return reason
    names = [name for name, _ in part.named_parameters()]
    if names not in (["weight"], ["weight", "bias"]):
        return f"the parameters of {type(part).__name__} are {names}, not a weight and then a bias"
    if type(part) is nn.Conv2d:
        if part.groups != 1:
            return "Conv2d has groups"
        if part.padding_mode != "zeros" or isinstance(part.padding, str):
            return "Conv2d pads by name or with other values than zeros"
    return ""


def _why_no_stage(part: nn.Module) -> str:
    if isinstance(part, nn.Flatten) and (part.start_dim, part.end_dim) != (1, -1):
        return "Flatten keeps some dimensions"
    if isinstance(part, nn.MaxPool2d) and part.return_indices:
        return "MaxPool2d returns indices"
    return ""
