"""A table of the user's own: a CSV file with the names of its columns in the first line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hessian_boundary.data.labels import classes_of_file
from hessian_boundary.data.user_files import read_table
from hessian_boundary.wording.suggestion import suggestion

# A number as programs write whole ones, 7 or 7.0: the same number is then the same class. 07 and 7
# are two classes, and so are numbers of more digits than float64 tells apart.
WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,14})(\.0*)?")
# what programs write for a value that is missing; among words it may be a class
MISSING = ("NA", "N/A", "#N/A", "<NA>", "nan", "NaN", "None", "null", "NULL")


def generate(
    *,
    file: Path,
    label: str,
    features: Sequence[str] | None = None,
    split: str | None = None,
    separator: str = ",",
    decimal: str = ".",
    encoding: str = "utf-8-sig",
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return x (sample, feature) float64, y (sample,), and the names of features and classes.

    The column `label` has the classes: words, numbered in alphabetical order, or whole numbers.
    `features` names the columns that x consists of, by default all others. The column `split`, if
    there is one, says train, test or validation for each sample, or nothing to leave it out.

    Raises ValueError that names file, line and column: for a column that does not exist or stands
    twice, a value that is missing or no number, and a label that is the same everywhere.
    """
    words = [label, *([split] if split else [])]
    table = read_table(file, words, sep=separator, decimal=decimal, encoding=encoding)
    table = table[~table.isna().all(axis=1)]  # blank lines
    for column in [*words, *(features or ())]:
        if column not in table.columns:
            raise ValueError(
                f"expected a column {column!r} in {file.name}, found none; "
                f"{suggestion(column, table.columns)}"
            )
    names = [name for name in table.columns if name not in words] if features is None else features
    if not len(names) or len({*names, *words}) < len(names) + len(words):
        raise ValueError(
            f"expected one or more features of {file.name}, none of them twice and none the label "
            f"or the split, found {list(names)}; change `features`"
        )
    x = np.column_stack([_numbers(table[name], file) for name in names])
    y, classes = classes_of_file(_labels(table[label], file))
    about: dict[str, Any] = {"features": list(names)}
    if classes:
        about["class_names"] = classes
    if split:
        about["split"] = table[split].replace(dict.fromkeys(MISSING)).fillna("").tolist()
    return x, y, about


def _numbers(column: pd.Series, file: Path) -> np.ndarray:
    """Return a feature as numbers; refuse missing values and words."""
    _refuse_missing(column, file)
    if column.dtype.kind in "iufb":
        return column.to_numpy()
    wrong = column[pd.to_numeric(column, errors="coerce").isna()]
    index = wrong.index[0] if len(wrong) else column.index[0]
    raise ValueError(
        f"expected a number in every line of column {str(column.name)!r} of {file.name}, found "
        f"{column[index]!r:.40} in line {index + 2}; write a number, list the `features` without "
        "this column, or name it as `split`"
    )


def _labels(column: pd.Series, file: Path) -> np.ndarray:
    """Return labels as whole numbers where all are written as such, else as words."""
    others = column[~column.isin(MISSING)].dropna()
    if len(others) and others.str.strip().str.fullmatch(WHOLE).all():  # numbers, and no more
        column = column.replace(dict.fromkeys(MISSING))
    _refuse_missing(column, file)
    words = column.str.strip().to_numpy(dtype=str)
    if len(set(words)) == 1:
        raise ValueError(
            f"expected at least two classes in column {str(column.name)!r} of {file.name}, found "
            f"{str(words[0])!r} in every line; name the column of the classes as `label`"
        )
    if all(WHOLE.fullmatch(word) for word in words):
        return words.astype(float).astype(np.int64)
    numbers = pd.to_numeric(pd.Series(words), errors="coerce").to_numpy(dtype=float)
    if np.isnan(numbers).any():
        return words
    if len(broken := np.flatnonzero(numbers != np.rint(numbers))):
        raise ValueError(
            f"expected classes in column {str(column.name)!r} of {file.name}, words or whole "
            f"numbers, found {words[broken[0]]} in line {column.index[broken[0]] + 2}; name the "
            "column that has them as `label`"
        )
    return words


def _refuse_missing(column: pd.Series, file: Path) -> None:
    if (missing := column.isna()).any():
        raise ValueError(
            f"expected a value in every line of column {str(column.name)!r} of {file.name}, found "
            f"none in line {missing.idxmax() + 2}, as in {int(missing.sum())} in all; fill them "
            "in, or delete these lines"
        )
