"""What is used of Snakemake beyond its promises: another version is refused, loudly."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.exceptions import WorkflowError

from helpers.tiny_study import ROOT
from hessian_study.provenance import adopt


def workflow(without: str = "") -> Any:
    """Stand in for Snakemake's workflow, its graph and its memory, with one thing missing."""
    graph = SimpleNamespace(**dict.fromkeys(set(adopt.GRAPH) - {without}))
    if without != "jobs":
        graph.jobs = []
    found = dict.fromkeys(set(adopt.WORKFLOW) - {without, "_build_dag"})
    found |= {"persistence": SimpleNamespace(**dict.fromkeys(set(adopt.MEMORY) - {without}))}
    if without == "persistence":
        del found["persistence"]
    if without != "_build_dag":
        found["_build_dag"] = lambda: None
    return SimpleNamespace(**found, dag=graph)


def test_the_tested_version_is_the_pinned_one() -> None:
    assert f"snakemake=={adopt.TESTED}\n" in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("version", ["9.27.2", "9.28.0", "10.0.0", "8.30.0"])
def test_another_version_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(adopt.snakemake, "__version__", version)
    with pytest.raises(WorkflowError, match=rf"expected Snakemake {adopt.TESTED}, found {version}"):
        adopt.adopt_artifacts(workflow())


@pytest.mark.parametrize("name", adopt.WORKFLOW)
def test_a_workflow_without_what_is_used_is_refused(name: str) -> None:
    with pytest.raises(WorkflowError, match=f"to have '{name}', found none"):
        adopt.adopt_artifacts(workflow(without=name))


@pytest.mark.parametrize("name", [*adopt.GRAPH, *adopt.MEMORY])
def test_a_graph_or_memory_without_what_is_used_is_refused(name: str) -> None:
    found = workflow(without=name)
    adopt.adopt_artifacts(found)
    with pytest.raises(WorkflowError, match=f"to have '{name}', found none"):
        found._build_dag()


def test_the_wrapped_methods_are_called_once_each_in_their_order() -> None:
    """Without this order, what is forced would come too late for the plan."""
    found, calls = workflow(), []

    async def check_incomplete() -> None:
        calls.append("check")

    async def build() -> None:
        await found.dag.check_incomplete()
        calls.append("plan")

    found.is_main_process = False  # nothing to adopt: the order alone
    found.dag.check_incomplete = check_incomplete
    found._build_dag = lambda: asyncio.run(build())
    adopt.adopt_artifacts(found)
    found._build_dag()
    assert calls == ["check", "plan"]
