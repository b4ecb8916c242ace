"""How far tables are apart: values and rows worked out by hand."""

import numpy as np
import pandas as pd

from hessian_study.commands.comparison.tables import table_distance


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_rows_are_matched_by_their_names_and_not_by_their_order() -> None:
    one = table(dataset=["iris", "circle"], seed=[0, 0], trace=[1.0, 2.0])
    other = table(dataset=["circle", "iris"], seed=[0, 0], trace=[2.5, 1.0])
    assert list(table_distance(one, other)) == [
        "rows are matched by dataset, seed",
        "trace: 1 of 2 entries differ; largest difference 0.5 (2 and 2.5 in row circle/0)",
    ]


def test_rows_and_columns_of_one_only_are_counted() -> None:
    one = table(dataset=["iris", "circle", "moon"], trace=[1.0, 2.0, 3.0], extra=["a", "b", "c"])
    other = table(dataset=["iris"], trace=[1.0])
    assert list(table_distance(one, other)) == [
        "rows are matched by dataset",
        "2 of 3 rows are in the first only",
        "trace: identical",
        "extra: only in the first",
    ]


def test_without_names_rows_keep_their_order() -> None:
    one, other = table(a=[1.0, np.nan, np.inf, 4.0]), table(a=[1.0, np.nan, 3.0, 4.25])
    assert list(table_distance(one, other)) == [
        "a: 2 of 4 entries differ, 1 of them finite in one only; "
        "largest difference 0.25 (4 and 4.25 in row 3)"
    ]
    repeated = table(name=["x", "x"], a=[1.0, 2.0])
    assert list(table_distance(repeated, repeated.assign(name=["x", "y"]))) == [
        "name: 1 entries differ",
        "a: identical",
    ]


def test_columns_without_finite_values_are_told_apart() -> None:
    assert list(table_distance(table(a=[np.nan]), table(a=[1.0]))) == ["a: 1 of 1 entries differ"]
    assert list(table_distance(table(a=[np.nan]), table(a=[np.nan]))) == ["a: identical"]
