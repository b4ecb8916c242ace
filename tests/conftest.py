"""Fixtures that several test modules share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from helpers.made_up_images import offer as offer
from helpers.made_up_images import site as site
from helpers.made_up_report import write_results
from helpers.one_training import one_training
from helpers.problems import PROBLEMS, Case, build_problem
from helpers.tiny_study import TinyStudy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that run the workflow: at the end one core would wait for the other."""
    long = {item.path for item in items if {"study", "finished"} & {*_fixtures(item)}}
    items.sort(key=lambda item: item.path not in long)


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


@pytest.fixture(autouse=True)
def _the_same_draws_at_each_run() -> None:
    torch.manual_seed(0)


@pytest.fixture
def make_problem() -> Callable[[str], Case]:
    return build_problem


@pytest.fixture(params=PROBLEMS)
def problem(request: pytest.FixtureRequest) -> Case:
    return build_problem(request.param)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """Table 2 from one tiny training, for all modules that have no finished study of their own."""
    return one_training(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(finished: TinyStudy, tmp_path: Path) -> Iterator[TinyStudy]:
    """The finished study, restored after the test: results, Snakemake's memory, code."""
    with finished.restored(tmp_path / "saved") as study:
        yield study


@pytest.fixture(scope="session")
def report_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return made-up results with their report."""
    return write_results(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def report_page(report_results: Path) -> str:
    return (report_results / "report.html").read_text(encoding="utf-8")
