"""What a spectrum takes of a problem's samples: sums over them, by one process or by several.

The mean loss is Σ_r (n_r / n) L_r for parts of n_r of its n samples, and so are its Hessian and the
trace. Each process has the products of its own part certified; the form of the loss that keeps
digits is chosen for the part, too, where no other samples can hide what is lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor

from hessian_boundary.curvature.coarse_products import coarse_products
from hessian_boundary.curvature.loss_form import with_digits
from hessian_boundary.curvature.operators.balanced import scale_of
from hessian_boundary.curvature.operators.spread_products import SpreadProducts
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import Operator, Products, certified_products
from hessian_boundary.curvature.solver_choice import solver_memory
from hessian_boundary.curvature.trace import trace_by_samples
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.processes import (
    Function,
    Team,
    leading,
    process_count,
    process_number,
    serve,
    share,
)
from hessian_boundary.runtime.seeds import derive_seed


class SampleSums:
    """The sums over all samples of a problem, each made when it is asked for."""

    def __init__(self, problem: Problem, options: CurvatureOptions, method: str) -> None:
        self._given, self._options, self._method = problem, options, method

    @cached_property
    def problem(self) -> Problem:
        """With the form of its loss that keeps the digits of H."""
        return with_digits(self._given)

    @cached_property
    def products(self) -> Products:
        """Certified products with the Hessian."""
        return certified_products(self.problem, self._method, self._options.memory_limit)

    def coarse_products(self) -> Operator | None:
        """Return the same in float32, where these pay and are right."""
        return coarse_products(self.problem, self._options, self.products)

    def trace(self) -> float | None:
        """Return the trace by samples, or None where that is not exact or does not fit."""
        return trace_by_samples(self.problem, memory_limit=solver_memory(self._options))


class OwnSums:
    """This process's part of the sums, as functions to be asked for; zero without a sample."""

    def __init__(self, problem: Problem, options: CurvatureOptions, method: str) -> None:
        own = share(problem.samples, process_number(), process_count())
        self._weight = (own.stop - own.start) / problem.samples
        self._sums = None
        if self._weight:
            part = replace(problem, x=problem.x[own], y=problem.y[own])
            self._sums = SampleSums(part, options, method)

    @property
    def sums(self) -> SampleSums:
        """Those over the samples of this process, which the leader has some of."""
        assert self._sums is not None
        return self._sums

    @cached_property
    def _coarse(self) -> Operator | None:
        return self.sums.coarse_products()

    @property
    def functions(self) -> dict[str, Function]:
        """What the leader asks for, by name."""
        return {
            "product": self._product,
            "coarse product": self._coarse_product,
            "no coarse products": self._no_coarse_products,
            "trace": self._trace,
        }

    def _product(self, block: Tensor) -> Tensor:
        if self._sums is None:
            return torch.zeros_like(block)
        return self._sums.products.operator(block).mul_(self._weight)

    def _coarse_product(self, block: Tensor) -> Tensor:
        if self._sums is None:
            return torch.zeros_like(block)
        assert self._coarse is not None  # else nobody asks
        return self._coarse(block).mul_(self._weight)

    def _no_coarse_products(self, like: Tensor) -> Tensor:
        return torch.full_like(like, self._sums is not None and self._coarse is None)

    def _trace(self, like: Tensor) -> Tensor:
        trace = self._sums.trace() if self._sums else 0.0
        return torch.full_like(like, torch.nan if trace is None else trace * self._weight)


class SpreadSums:
    """The sums over the samples of all processes, for the leader."""

    def __init__(self, team: Team, own: OwnSums, problem: Problem) -> None:
        self._team, self._own, self.problem = team, own, problem

    @cached_property
    def products(self) -> Products:
        """Certified products with the Hessian; path and reason are those of the leader's part."""
        operator = SpreadProducts(self._team, "product", self.problem, self.problem.dtype)
        generator = torch.Generator().manual_seed(derive_seed("scale of the products"))
        v = torch.randn(1, operator.dimension, generator=generator, dtype=torch.float64)
        product = operator((v / torch.linalg.vector_norm(v)).to(operator.device, operator.dtype))
        operator.products = 0  # this one does not count
        return replace(self._own.sums.products, operator=operator, scale=scale_of(product))

    def coarse_products(self) -> Operator | None:
        """Return the same in float32, where these pay and are right in all processes."""
        if self.products.scale != 1 or self._number("no coarse products"):
            return None
        return SpreadProducts(self._team, "coarse product", self.problem, torch.float32)

    def trace(self) -> float | None:
        """Return the trace by samples, or None where that is not exact or does not fit."""
        trace = self._number("trace")
        return None if trace != trace else trace

    def _number(self, name: str) -> float:
        return float(self._team.total(name, self.problem.x.new_zeros(1, 1, dtype=torch.float64)))


Sums = SampleSums | SpreadSums


@contextmanager
def sums_over_samples(problem: Problem, options: CurvatureOptions, method: str) -> Iterator[Sums]:
    """Give the sums for an eigensolver, spread over the processes where there are several.

    Raises RuntimeError in another process than the first: those call `serve_samples`.
    """
    if process_count() == 1:
        yield SampleSums(problem, options, method)
        return
    own = OwnSums(problem, options, method)
    with leading(own.functions, problem.device) as team:
        yield SpreadSums(team, own, problem)


def serve_samples(problem: Problem, options: CurvatureOptions, method: str) -> None:
    """Do this process's part of the sums until the leader has its spectrum."""
    serve(OwnSums(problem, options, method).functions, problem.device)
