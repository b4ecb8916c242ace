"""QR decomposition of a matrix with far more rows than columns that is never there as a whole.

The R of a stack of slices is the R of (the R of the slices so far, stacked on the next one). Each
step is a Householder QR, so the result is backward stable column by column, whatever the lengths of
the columns, and takes O(m²) memory beside one slice. Source: Demmel, Grigori, Hoemmen & Langou
(2012), SIAM J. Sci. Comput. 34, A206 (TSQR).
"""

import torch
from torch import Tensor


def stacked_triangle(triangle: Tensor, slice_of_rows: Tensor) -> Tensor:
    """Return R (min(p, m), m) of [triangle; slice], the slice being (w, m), the triangle (r, m).

    With Q of orthonormal columns that is not formed, Q R is the stack of all slices that went in.
    The first triangle has no rows.
    """
    return torch.linalg.qr(torch.cat([triangle, slice_of_rows]), mode="r").R
