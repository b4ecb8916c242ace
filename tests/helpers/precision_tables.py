"""Numbers in the table of several methods."""

import pandas as pd


def value_of(table: pd.DataFrame, method: str, quantity: str, statistic: str = "") -> float:
    chosen = (table["method"] == method) & (table["quantity"] == quantity)
    (value,) = table.loc[chosen & (table["statistic"] == statistic), "value"]
    return value
