"""What multiplies by the Hessian: the fastest path that plain autograd confirms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hessian_boundary.certificates.certificate import TOLERANCE, Certificate
from hessian_boundary.certificates.curvature import Probes, certify_products, checked_problem
from hessian_boundary.curvature.operators.balanced import Balanced, scale_of
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.operators.plain_hessian import PlainHessian
from hessian_boundary.curvature.operators.spread_products import SpreadProducts
from hessian_boundary.curvature.solvers.dense import DenseMatrix
from hessian_boundary.curvature.solvers.lanczos import BLOCK
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import is_convolutional, why_not_layered
from hessian_boundary.runtime.activations import LEAST
from hessian_boundary.runtime.device import is_out_of_memory

# Share of the memory limit that products may take beside the eigensolver.
FOR_PRODUCTS = 0.25
# Bytes beyond which assembling a matrix gets no faster.
ASSEMBLY = 2e9

# Samples of a mini-batch where a path is compared at a few: the last one is ragged.
BATCH_OF_FEW = 2

Operator = Hessian | LayeredProducts | DenseMatrix | PlainHessian | SpreadProducts
# of a problem, with the linear pieces of another one, in mini-batches of a size
Build = Callable[[Problem, Problem | None, int | None], Operator]


@dataclass(frozen=True)
class Products:
    """An operator, which path it is, why faster ones are not taken, and what it was checked for.

    Eigensolvers take `balanced`, H / scale: the same where the scale is 1 (see `scale_of`).
    """

    operator: Operator
    path: str
    reason: str
    certificates: tuple[Certificate, ...]
    scale: float = 1.0

    @property
    def balanced(self) -> SymmetricOperator:
        """The matrix H / scale."""
        return self.operator if self.scale == 1 else Balanced(self.operator, self.scale)


def certified_products(
    problem: Problem, method: str, limit: float, pieces_of: Problem | None = None
) -> Products:
    """Return the fastest operator whose product with a random vector is the right one.

    `method` is the eigensolver and `limit` (bytes) what it and the products may take. A path that
    raises, or that plain automatic differentiation does not confirm, gives way to the next. Of
    large networks each path is compared at a few samples (`checked_problem`). `pieces_of` is the
    same problem in another precision, whose linear pieces and plain products count.

    Raises CertificateError when the loss has no finite, symmetric second derivative.
    """
    few = checked_problem(problem)
    at_few = "" if few is problem else f" at {few.samples} of {problem.samples} samples"
    pieces_of_few = checked_problem(pieces_of) if pieces_of else None
    probes = Probes.of(pieces_of_few or few, at_few)
    reasons: list[str] = []
    for path, build in _paths(problem, method, limit, reasons):
        try:
            checked = operator = build(few, pieces_of_few, BATCH_OF_FEW if at_few else None)
            product = checked(probes.v[None].to(problem.dtype))[0]
            if at_few:
                operator = build(problem, pieces_of, None)
        except Exception as error:  # whatever a network of the user's does in there
            if is_out_of_memory(error):
                raise
            first_line = (str(error) or type(error).__name__).splitlines()[0]
            reasons.append(f"{path}: {type(error).__name__}: {first_line[:200]}")
            continue
        if path != "plain" and not probes.error_of(product) <= TOLERANCE[problem.dtype]:
            reasons.append(f"{path}: differs by {probes.error_of(product):.1e} from plain autograd")
            continue
        operator.products = 0  # the check's own do not count
        passed = (certify_products(problem, probes, product, path), probes.symmetry)
        return Products(operator, path, "; ".join(reasons), passed, scale_of(product))
    raise AssertionError("plain automatic differentiation is the last path and was tried")


def _paths(
    problem: Problem, method: str, limit: float, reasons: list[str]
) -> Iterator[tuple[str, Build]]:
    """Yield the paths, the fastest first.

    Networks of layers have products of their own, other modules automatic differentiation. The
    assembled matrix pays off for convolutions, whose products are expensive, where thousands of
    them are taken and it leaves the eigensolver its share of the memory. Measured on the MNIST
    network with 450 samples: assembled in 5.5 s, the time of 27 products.
    """
    memory = FOR_PRODUCTS * limit
    chunk = BLOCK if method == "lanczos" else None  # then there is memory for more samples
    if reason := why_not_layered(problem.network):
        reasons.append(f"layered: {reason}")
    else:
        size = problem.x.dtype.itemsize * problem.parameters**2
        if method != "lanczos" and is_convolutional(problem.network) and size <= memory:
            left = min(limit - size, ASSEMBLY)
            yield "assembled", lambda of, _, __: DenseMatrix(layered_hessian(of, memory_limit=left))
        yield (
            "layered",
            lambda of, pieces, batch: LayeredProducts(
                of, batch_size=batch, chunk=chunk, memory=memory, pieces_of=pieces
            ),
        )
    yield (
        "forward over reverse",
        lambda of, pieces, batch: Hessian(
            of, batch_size=batch, chunk=chunk, memory=max(memory, LEAST), pieces_of=pieces
        ),
    )
    yield "plain", lambda of, _, __: PlainHessian(of)
