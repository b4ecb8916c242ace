"""Targets are looked at before Snakemake plans; without a place for that it plans as ever."""

from types import SimpleNamespace

import pytest
from snakemake.api import Workflow
from snakemake.exceptions import WorkflowError

from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.profiles import check_targets
from hessian_study.jobs.targets import check_before_planning

CONFIG = {"profile": "quick", "profiles": {"quick": {}, "paper": {}}}


def test_snakemake_still_has_the_place() -> None:
    assert callable(Workflow._build_dag)


def test_the_check_comes_first_and_its_error_is_snakemakes() -> None:
    seen: list[object] = []
    workflow = SimpleNamespace(
        _build_dag=lambda: seen.append("planned"),
        dag_settings=SimpleNamespace(targets={"fig01"}),
    )
    check_before_planning(workflow, seen.append)
    workflow._build_dag()
    assert seen == [{"fig01"}, "planned"]

    def refuse(targets: object) -> None:
        raise ConfigurationError("", f"found {targets}")

    check_before_planning(workflow, refuse)
    with pytest.raises(WorkflowError, match=r"found \{.fig01.\}"):
        workflow._build_dag()
    assert seen == [{"fig01"}, "planned"]


def test_a_snakemake_without_the_place_is_left_alone() -> None:
    workflow = SimpleNamespace()
    check_before_planning(workflow, print)
    assert vars(workflow) == {}


@pytest.mark.parametrize(
    "target",
    ["all", "fig01", "results/quick/figures/fig01.pdf", "results/README.md", "mine/paper/x"],
)
def test_names_and_paths_of_the_profile_and_elsewhere_pass(target: str) -> None:
    check_targets(CONFIG, [target])


def test_a_path_of_another_profile_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="add `--config profile=paper"):
        check_targets(CONFIG, ["all", "results/paper/figures/fig01.pdf"])
    with pytest.raises(ConfigurationError, match="did you mean"):
        check_targets(CONFIG, ["results/papr/figures/fig01.pdf"])
