"""Section "Settings and environment": what the page was made with."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.html.markup import Table, table_view


@dataclass(frozen=True)
class RunSection:
    """Package versions, and settings of the study."""

    versions: Table
    settings: Table


def run_section(versions: Mapping[str, str], settings: Mapping[str, str]) -> RunSection:
    """Arrange versions and settings, name -> text.

    What jobs took differs from run to run and is not part of the page: `hessian-boundary summary`
    prints it.
    """
    return RunSection(
        versions=_table(versions, "Package", "version", "Versions"),
        settings=_table(settings, "Setting", "value", "Settings"),
    )


def _table(entries: Mapping[str, str], name: str, value: str, title: str) -> Table:
    return table_view(pd.DataFrame({name: entries.keys(), value: entries.values()}), 1, title)
