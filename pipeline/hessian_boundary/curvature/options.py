"""How a spectrum is computed: one record, checked when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import inf, isfinite
from typing import Any

from hessian_boundary.wording.suggestion import suggestion

METHODS = ("auto", "dense", "range", "lanczos")
MATRICES = ("hessian", "gauss_newton", "covariance")
# options that mean something for the others than the Hessian
MEANT = {"gauss_newton": ("memory_limit_gb",), "covariance": ("memory_limit_gb", "rank_tolerance")}
NO_DENSITY = "none"  # in place of how it is estimated
UNLIMITED = 0.5  # share of a machine's memory that is taken where no limit is said


@dataclass(frozen=True)
class CurvatureOptions:
    """Options of `compute_spectrum`; the section `curvature` of a configuration has the same names.

    method: "auto", "dense" (LAPACK on the whole matrix), "range" (all non-zero eigenpairs) or
    "lanczos" (`top` largest and `bottom` most negative pairs). rank_tolerance: |λ| / max |λ| below
    which a direction counts as null space. memory_limit_gb: what matrices and vectors may take;
    without it half of the machine's memory, or of the GPU's.
    residual_tolerance: ‖H v − λ v‖ / max |λ| that Lanczos pairs have to reach. density_probes,
    density_steps: random vectors, two or more, and products for each, for the density of a partial
    spectrum; with 0 probes there is no such estimate.

    Raises ValueError for a method that is not known and for numbers that make no sense.
    """

    method: str = "auto"
    rank_tolerance: float = 1e-12
    memory_limit_gb: float = inf
    top: int = 10
    bottom: int = 0
    residual_tolerance: float = 1e-8
    density_probes: int = 2
    density_steps: int = 40

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"expected a method among {list(METHODS)}, found {self.method!r}; "
                f"{suggestion(str(self.method), METHODS)}"
            )
        if not (0 < self.rank_tolerance < 1 and 0 < self.residual_tolerance < 1):
            raise ValueError(
                "expected tolerances between 0 and 1, found rank_tolerance "
                f"{self.rank_tolerance} and residual_tolerance {self.residual_tolerance}; the "
                "defaults are 1e-12 and 1e-8"
            )
        if self.memory_limit_gb <= 0:
            raise ValueError(
                f"expected a memory limit above 0 GB, found {self.memory_limit_gb}; leave it out "
                "for none"
            )
        if self.top < 1 or self.bottom < 0:
            raise ValueError(
                f"expected at least one eigenpair at the top and none or more at the bottom, found "
                f"{self.top} and {self.bottom}; raise `top` or `bottom`"
            )
        if self.density_probes and (self.density_probes < 2 or self.density_steps < 1):
            raise ValueError(
                "expected density_probes of 2 or more, each with density_steps of 1 or more, found "
                f"{self.density_probes} and {self.density_steps}; 0 probes leave the density out"
            )

    @classmethod
    def of_keywords(cls, **options: Any) -> "CurvatureOptions":
        """Make options of keywords; raises ValueError for one that is not known."""
        known = [entry.name for entry in fields(cls)]
        for name in options:
            if name not in known:
                raise ValueError(
                    f"expected options among {known}, found {name!r}; {suggestion(name, known)}"
                )
        return cls(**options)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "CurvatureOptions":
        """Read the section `curvature` of a configuration, which is nested."""
        flat = {key: settings[key] for key in settings if key not in ("eigenpairs", "density")}
        density = settings.get("density", {})
        flat |= settings.get("eigenpairs", {})
        if density == NO_DENSITY:
            density = {"probes": 0}
        flat |= {f"density_{key}": value for key, value in density.items()}
        return cls(**flat)

    def bounded(self, memory: float) -> "CurvatureOptions":
        """Return the options with a limit of half of `memory` (bytes), unless there is one.

        Nor is there one for `dense` and `range` by name, which are then asked for at any price.
        """
        if isfinite(self.memory_limit_gb) or self.method in ("dense", "range"):
            return self
        return replace(self, memory_limit_gb=UNLIMITED * memory / 1e9)

    @property
    def memory_limit(self) -> float:
        """The limit in bytes."""
        return 1e9 * self.memory_limit_gb

    def fitting(self, parameters: int) -> "CurvatureOptions":
        """Return the options with at most as many pairs as there are parameters."""
        top = min(self.top, parameters)
        return replace(self, top=top, bottom=min(self.bottom, parameters - top))


def asked_options(
    matrix: str, method: str, top: int | None, options: Mapping[str, Any]
) -> CurvatureOptions:
    """Return the options for one of the `MATRICES`; `top` means Lanczos where it is the Hessian's.

    Raises ValueError for what means nothing for that matrix, and as `CurvatureOptions`.
    """
    if matrix not in MATRICES:
        raise ValueError(
            f"expected a matrix among {list(MATRICES)}, found {matrix!r}; "
            f"{suggestion(str(matrix), MATRICES)}"
        )
    if matrix == "covariance" and top is not None:
        raise ValueError(
            f"expected no `top` for the covariance, found {top}; all its eigenpairs come from one "
            "singular value decomposition: leave `top` out"
        )
    asked = CurvatureOptions.of_keywords(method=method, **options)
    if matrix != "hessian":
        _check_meant(matrix, options)
    if matrix == "covariance" and method != "auto":
        raise ValueError(
            f"expected method auto for the covariance, found {method!r}; all its eigenpairs come "
            "from one singular value decomposition: leave `method` out"
        )
    if matrix == "gauss_newton":
        _check_gauss_newton(method, top)
    if top is None or matrix == "gauss_newton":
        return asked
    if method not in ("auto", "lanczos"):
        raise ValueError(
            f"expected method lanczos to compute the top {top} eigenpairs, found {method!r}, which "
            "computes all; leave one of the two out"
        )
    return replace(asked, method="lanczos", top=top)


def _check_meant(matrix: str, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in MEANT[matrix]:
            raise ValueError(
                f"expected options among {list(MEANT[matrix])} for the matrix {matrix!r}, found "
                f"{name!r}, which means nothing for it; leave it out"
            )


def _check_gauss_newton(method: str, top: int | None) -> None:
    if method != "auto":
        raise ValueError(
            f"expected method auto for the Gauss-Newton part, found {method!r}; its eigenpairs all "
            "come from the factor that it is known by: leave `method` out"
        )
    if top is not None and top < 1:
        raise ValueError(
            f"expected at least one eigenvector of the Gauss-Newton part, found top={top}; leave "
            "`top` out for ten"
        )
