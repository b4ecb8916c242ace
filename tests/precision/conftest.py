"""Tables of a network that is hardly confident, and of one that is very much so."""

import pandas as pd
import pytest

from helpers.problems import network_as_confident
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.study import study_precision


@pytest.fixture(scope="session")
def mild() -> pd.DataFrame:
    return study_precision(Problem(*network_as_confident(0.7)), rank_tolerance=1e-12)[0]


@pytest.fixture(scope="session")
def confident() -> pd.DataFrame:
    return study_precision(Problem(*network_as_confident(4.0)), rank_tolerance=1e-12)[0]
