"""The models of a study of generalisation as a table."""

from collections.abc import Iterable

import pandas as pd
import xarray as xr


def models_table(draws: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return a line per model of all artifacts `models`, the data set in the first column."""
    tables = []
    for models in draws:
        table = models.to_dataframe().reset_index(drop=True)
        table.insert(0, "dataset", models.attrs["dataset"])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
