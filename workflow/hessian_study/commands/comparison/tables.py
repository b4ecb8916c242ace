"""How far the values of two tables are apart, column by column."""

from collections.abc import Iterator

import numpy as np
import pandas as pd


def table_distance(one: pd.DataFrame, other: pd.DataFrame) -> Iterator[str]:
    """Yield a line per column: the largest difference, and in which row it is.

    Rows are matched by what names them, the columns of text or whole numbers that both tables have,
    where that tells all rows apart; else by their order.
    """
    names = [
        str(name)
        for name in one.columns
        if name in other.columns and not {one[name].dtype.kind, other[name].dtype.kind} & {"f"}
    ]
    keyed = bool(names) and not (one.duplicated(names).any() or other.duplicated(names).any())
    if keyed:
        one, other = one.set_index(names), other.set_index(names)
        yield f"rows are matched by {', '.join(names)}"
    for mine, theirs, which in ((one, other, "first"), (other, one, "second")):
        if missing := len(mine.index.difference(theirs.index)):
            yield f"{missing} of {len(mine)} rows are in the {which} only"
    shared = one.index.intersection(other.index, sort=False)
    for name in dict.fromkeys([*one.columns, *other.columns]):
        if name not in one.columns or name not in other.columns:
            yield f"{name}: only in the {'first' if name in one.columns else 'second'}"
        else:
            yield f"{name}: {_column_distance(one.loc[shared, name], other.loc[shared, name])}"


def _column_distance(one: pd.Series, other: pd.Series) -> str:
    if not {one.dtype.kind, other.dtype.kind} <= {"f", "i", "u"}:
        differ = one.astype(str) != other.astype(str)
        return f"{differ.sum()} entries differ" if differ.any() else "identical"
    mine, theirs = one.to_numpy(float), other.to_numpy(float)
    alike = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
    if alike.all():
        return "identical"
    finite = np.isfinite(mine) & np.isfinite(theirs)
    text = f"{(~alike).sum()} of {len(alike)} entries differ"
    if not finite.any():
        return text
    gaps = np.where(finite, np.abs(np.where(finite, mine - theirs, 0.0)), -1.0)
    row = int(gaps.argmax())
    if lacking := int((~alike & ~finite).sum()):
        text += f", {lacking} of them finite in one only"
    return (
        f"{text}; largest difference {gaps[row]:.3g} ({mine[row]:.6g} and {theirs[row]:.6g}"
        f" in row {_row_name(one.index[row])})"
    )


def _row_name(row: object) -> str:
    return "/".join(map(str, row)) if isinstance(row, tuple) else str(row)
