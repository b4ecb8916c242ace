"""Section "Generalisation": does G_θ order networks by their test error, and do other measures?"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.html.images import Picture, embed
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.tables.comparison import comparison_notes, display_comparison


@dataclass(frozen=True)
class GeneralisationSection:
    """The answer in sentences, the figure, and the table behind both."""

    answer: tuple[str, ...]
    picture: Picture
    table: Table
    notes: tuple[str, ...]
    models: int
    datasets: int


def generalisation_section(
    answer: Sequence[str], judged: pd.DataFrame, models: pd.DataFrame, limit: float, png: bytes
) -> GeneralisationSection:
    """Arrange what the target `generalisation` made: `judged` has a line per statistic."""
    return GeneralisationSection(
        answer=tuple(answer),
        picture=embed(png),
        table=table_view(display_comparison(judged), 1),
        notes=tuple(comparison_notes(models, limit)),
        models=len(models),
        datasets=models["dataset"].nunique(),
    )
