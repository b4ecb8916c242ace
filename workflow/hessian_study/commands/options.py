"""What several commands ask for: which study, and where its results are."""

import argparse
import contextlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hessian_study.commands.planning import dry_run, expected_steps
from hessian_study.configuration.study import Study
from hessian_study.project import planned_elsewhere
from hessian_study.provenance.records import Step


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Add targets, profile, configuration files and folder."""
    parser.add_argument("targets", nargs="*", default=["all"], metavar="TARGET")
    add_place_options(parser)


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add profile, configuration files and folder."""
    parser.add_argument("--profile", help="quick or paper (default: what config.yaml says)")
    parser.add_argument("--configfile", type=Path, action="append", default=[])
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where results/ is (default: here)"
    )


def study_steps(options: argparse.Namespace) -> list[Step]:
    """Return the steps that make the targets, as `expected_steps` does."""
    config, files, replace = _config(options), _files(options), options.study is not None
    with contextlib.chdir(options.directory):
        return expected_steps(options.targets, config, files, replace)


def load_study(options: argparse.Namespace) -> Study:
    """Return the configuration as the workflow has it. Raises WorkflowError for a bad one."""
    files, replace = _files(options), options.study is not None
    with (
        TemporaryDirectory() as folder,
        planned_elsewhere(options.directory),
        dry_run(["all"], Path(folder), _config(options), files, replace) as dag,
    ):
        return Study(dag.workflow.config, files)


def study_arguments(options: argparse.Namespace) -> list[str]:
    """Return the same options as Snakemake takes them."""
    arguments = ["--directory", str(options.directory)]
    if options.profile:
        arguments += ["--config", f"profile={options.profile}"]
    if options.configfile:
        arguments += ["--configfile", *map(str, _files(options))]
    if options.study is not None:
        arguments.append("--replace-workflow-config")
    return arguments


def _config(options: argparse.Namespace) -> Mapping[str, Any]:
    return {"profile": options.profile} if options.profile else {}


def _files(options: argparse.Namespace) -> list[Path]:
    return [path.resolve() for path in options.configfile]
