"""What several commands ask for: which study, and where its results are."""

import argparse
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

from snakemake.cli import parse_set_scatter

from hessian_study.commands.planning import Asked, dry_run, expected_steps
from hessian_study.configuration.study import Study
from hessian_study.project import planned_elsewhere
from hessian_study.provenance.records import Step


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Add targets, profile, configuration files, folder, and in how many pieces steps are made."""
    parser.add_argument("targets", nargs="*", default=["all"], metavar="TARGET")
    add_place_options(parser)
    parser.add_argument(
        "--set-scatter",
        action="append",
        default=[],
        type=_pieces,
        metavar="NAME=COUNT",
        help="number of pieces, as `run` was told it",
    )


def _pieces(text: str) -> str:
    try:
        parse_set_scatter([text])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add profile, configuration files and folder."""
    parser.add_argument("--profile", help="quick or paper (default: what config.yaml says)")
    parser.add_argument("--configfile", type=Path, action="append", default=[])
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where results/ is (default: here)"
    )


def study_steps(options: argparse.Namespace) -> list[Step]:
    """Return the steps that make the targets, as `expected_steps` does."""
    asked = _asked(options)
    with contextlib.chdir(options.directory):
        return expected_steps(options.targets, asked)


def load_study(options: argparse.Namespace) -> Study:
    """Return the configuration as the workflow has it. Raises WorkflowError for a bad one."""
    asked = _asked(options)
    with (
        TemporaryDirectory() as folder,
        planned_elsewhere(options.directory),
        dry_run(["all"], Path(folder), asked) as dag,
    ):
        return Study(dag.workflow.config, asked.files)


def study_arguments(options: argparse.Namespace) -> list[str]:
    """Return the same options as Snakemake takes them."""
    arguments = ["--directory", str(options.directory)]
    if options.profile:
        arguments += ["--config", f"profile={options.profile}"]
    if options.configfile:
        arguments += ["--configfile", *map(str, _files(options))]
    if options.study is not None:
        arguments.append("--replace-workflow-config")
    if options.set_scatter:
        arguments += ["--set-scatter", *options.set_scatter]
    return arguments


def _asked(options: argparse.Namespace) -> Asked:
    return Asked(
        config={"profile": options.profile} if options.profile else {},
        files=_files(options),
        replace=options.study is not None,
        scatter=parse_set_scatter(getattr(options, "set_scatter", [])),
    )


def _files(options: argparse.Namespace) -> list[Path]:
    return [path.absolute() for path in options.configfile]  # a study is called as its link is
