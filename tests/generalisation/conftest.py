"""Models of a sweep that were never trained, and what is said of their measures."""

import pandas as pd
import pytest

from helpers.made_up_models import COUNTING, DIRECTIONS, RULE, made_up_models
from hessian_boundary.generalisation.comparison import compare_measures
from hessian_boundary.generalisation.verdict import with_verdicts


@pytest.fixture(scope="package")
def models() -> pd.DataFrame:
    return made_up_models()


@pytest.fixture(scope="package")
def judged(models: pd.DataFrame) -> pd.DataFrame:
    return with_verdicts(compare_measures(models, DIRECTIONS, COUNTING), RULE)
