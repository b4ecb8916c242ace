"""What the rank of the Hessian cannot exceed, by the network's structure."""

from torch import nn

from hessian_boundary.curvature.operators.layer_steps import Step, evaluate
from hessian_boundary.losses.per_sample import WeightedCrossEntropy, cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered


def hessian_rank_bound(problem: Problem) -> int:
    """Return a bound on the rank of the Hessian of a problem's mean loss, whatever θ and y.

    For networks that are linear in the parameters of each layer (`structure.why_not_layered`),
    rank H ≤ n k + 2 m, where m counts the parameters of all layers but the largest: F has rank at
    most n k, and K couples different layers only. For the squared error k = C. The cross-entropy
    does not change when the same number is added to all logits: k = C − 1, and where the last layer
    has one unit for each class, one in C adds nothing to m. Other networks have no bound below p.
    """
    if why_not_layered(problem.network):
        return problem.parameters
    try:
        steps, _ = evaluate(problem.network, problem.x[:1])
    except ValueError:  # a dense layer is used at many positions, which its parts do not tell
        return problem.parameters
    counts = [step.bias.stop - step.weight.start for step in steps]
    classes = problem.classes
    invariant = problem.loss is cross_entropy_per_sample or isinstance(
        problem.loss, WeightedCrossEntropy
    )
    coupled = sum(counts) - max(counts)
    if invariant and counts[-1] != max(counts) and _gives_logits(steps[-1], classes):
        coupled -= counts[-1] // classes
    return min(sum(counts), problem.samples * (classes - invariant) + 2 * coupled)


def _gives_logits(step: Step, classes: int) -> bool:
    """Whether each unit of a layer is one logit, as it is: at one position, and nothing follows."""
    as_it_is = all(type(part) in (nn.Flatten, nn.Identity) for part in step.stage)
    return as_it_is and len(step.layer.weight) == step.output[0].numel() == classes
