"""Section "Precision": the same quantity by several methods, side by side."""

from collections.abc import Sequence

import pandas as pd

from pipeline.report.markup import Table, table_view
from pipeline.report.number_text import measured

REQUIRED = ("dataset", "training", "seed", "method", "value")


def precision_table(files: Sequence[pd.DataFrame]) -> Table | None:
    """Return a table with a column per method, mean ± standard deviation over seeds.

    The files have the columns dataset, training, seed, method, value; all others together say
    which quantity a line holds. Returns None where there are no files.

    Raises ValueError when a column is missing.
    """
    if not files:
        return None
    table = pd.concat(files, ignore_index=True)
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise ValueError(
            f"expected the columns {', '.join(REQUIRED)} in the files about precision, found "
            f"{', '.join(table.columns)}; {', '.join(missing)} missing"
        )
    quantity = [name for name in table.columns if name not in REQUIRED]
    table[quantity] = table[quantity].astype(object).where(table[quantity].notna(), "")
    rows, methods = ["dataset", "training", *quantity], list(dict.fromkeys(table["method"]))
    lines = []
    for key, part in table.groupby(rows, sort=False):
        values = {m: part.loc[part["method"] == m, "value"].dropna() for m in methods}
        cells = {m: measured(v.mean(), v.std(ddof=1), len(v)) for m, v in values.items()}
        names = [str(name).replace("_", " ") for name in key]
        lines.append(dict(zip(rows, names, strict=True)) | cells)
    shown = pd.DataFrame(lines).rename(columns=lambda name: name.replace("_", " "))
    caption = "By method: mean ± standard deviation over seeds"
    return table_view(shown, labels=len(rows), caption=caption)
