"""Hessian eigenvectors and the decision boundary of trained networks.

    from hessian_boundary import analyse
    result = analyse(network, x, y)
    result.measures["g_theta_max"]

Names are imported when they are first used, so that `import hessian_boundary` costs nothing.
"""

from importlib import import_module
from typing import Any

# the public API: name -> module
_PUBLIC = {
    "analyse": "analysis",
    "Analysis": "analysis",
    "Problem": "networks.problem",
    "CurvatureOptions": "curvature.options",
    "compute_spectrum": "curvature.spectrum",
    "align_samples": "alignment.samples",
    "align_grid": "alignment.grids",
    "grid_window": "data.input_window",
    "exact_boundary": "boundary.exact",
    "g_theta": "measures.g_theta",
    "open_artifact": "artifacts.store",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
