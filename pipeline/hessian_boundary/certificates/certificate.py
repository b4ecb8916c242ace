"""What a result was checked for, against a slow and independent path, and how it came out."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch

# relative difference of two ways to the same number, beyond which one of them is wrong
TOLERANCE = {torch.float64: 1e-8, torch.float32: 1e-2}


class CertificateError(ValueError):
    """A result is not what the independent path gives: it must not be stored."""


@dataclass(frozen=True)
class Certificate:
    """One check that was passed: what was compared, how far apart the two were, how far allowed."""

    name: str
    error: float
    tolerance: float


def certify(
    name: str, error: float, tolerance: float, expected: str, found: str, way_out: str
) -> Certificate:
    """Return the certificate; an error that is larger than the tolerance, or NaN, is refused.

    Raises CertificateError with what was expected, what was found and what to do.
    """
    if not error <= tolerance:
        size = "NaN" if math.isnan(error) else f"{error:.1e}"
        raise CertificateError(
            f"check of {name} failed: expected {expected}, found {found} (they differ by {size}, "
            f"allowed is {tolerance:.0e}); {way_out}"
        )
    return Certificate(name, error, tolerance)


def as_attribute(certificates: Iterable[Certificate]) -> str:
    """Write certificates as an artifact carries them: JSON, name -> error and tolerance."""
    entries = {
        certificate.name: {
            "error": float(f"{certificate.error:.1e}"),
            "tolerance": certificate.tolerance,
        }
        for certificate in certificates
    }
    return json.dumps(entries, ensure_ascii=False)


def worst(errors: Iterable[float]) -> float:
    """Return the largest of errors, infinity where one is NaN (`max` would pass over it)."""
    found = list(errors)
    return math.inf if any(map(math.isnan, found)) else max(found, default=0.0)


def spread(total: int, count: int) -> list[int]:
    """Return `count` indices of 0 … total−1 that are spread evenly, both ends among them."""
    if total <= count:
        return list(range(total))
    return sorted({round(i * (total - 1) / (count - 1)) for i in range(count)})
