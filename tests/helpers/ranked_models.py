"""Measures of models as the table of rank correlations takes them."""

import pandas as pd

from hessian_boundary.statistics.correlations import rank_correlations

TRAININGS = {"one": 3, "two": 3, "three": 3, "four": 3, "five": 2}  # those of Table 1
# data set -> measure -> training -> one value per seed
Values = dict[str, dict[str, list[list[float]]]]


def tidy(values: Values) -> pd.DataFrame:
    rows = [
        (dataset, f"training {place}", seed, "fitted", measure, value)
        for dataset, by_measure in values.items()
        for measure, trainings in by_measure.items()
        for place, numbers in enumerate(trainings)
        for seed, value in enumerate(numbers)
    ]
    names = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=names)


def correlated(values: Values, dataset: str = "all") -> pd.Series:
    found = rank_correlations(tidy(values), "pieces", ["g", "h"], "h")
    return found[(found["dataset"] == dataset) & (found["measure"] == "g")].iloc[0]
