"""Generators of one's own: any function in the place of a file."""

import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hessian_boundary.data.generating import generate_samples


def generated(
    monkeypatch: pytest.MonkeyPatch, generate: Callable[..., Any], **given: Any
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return what the project makes of a generator."""
    module = types.ModuleType("hessian_boundary.data.generators.mine")
    module.generate = generate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return generate_samples("mine", {}, **given)
