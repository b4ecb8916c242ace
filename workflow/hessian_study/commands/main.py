"""The command `hessian-boundary`: run the study, look at its results, check them, tidy up.

A first argument of any command that ends in .yaml is a study of one's own (see `study_file`).
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from hessian_study.commands.cache_folder import writable_cache
from hessian_study.study_file import StudyFileError, about, snakemake_arguments, taken

# command -> what it does; each is a module of this folder with `add_options(parser)` and
# `main(options)`, which returns the exit status
COMMANDS = {
    "inspect": "list, show and compare artifacts",
    "verify": "say of every artifact whether it is fresh; --repair makes the others again",
    "summary": "say what was made, where, and where the time went",
    "clean": "remove an experiment's files, or those that nothing needs any more",
    "open": "show how every kind of artifact is opened with plain xarray",
}
RUN = "run Snakemake on the study from any folder; all its options go through"
MISTAKE = 2  # exit status for a mistake in the question


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with writable_cache():
            status = _dispatch(list(arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(arguments: list[str]) -> int:
    try:
        study, others = taken(arguments[1:])
    except StudyFileError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return MISTAKE
    arguments = [*arguments[:1], *others]
    if arguments[:1] == ["run"]:  # its options are Snakemake's, which argparse need not know
        passed = [*snakemake_arguments(study), *arguments[1:]]
        return import_module("hessian_study.commands.run").main(passed)
    parser = argparse.ArgumentParser(prog="hessian-boundary", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help=RUN, add_help=False)
    asked = next((word for word in arguments if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        # only the one that is asked for is imported: they need seconds of libraries
        module = import_module(f"hessian_study.commands.{name}") if name == asked else None
        command = commands.add_parser(
            name,
            help=text,
            description=module.__doc__ if module else text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module is not None:
            module.add_options(command)
    options = parser.parse_args(arguments)
    about(study, options)
    # what is asked for lies beside the study
    with contextlib.chdir(study.parent if study else Path()):
        return import_module(f"hessian_study.commands.{options.command}").main(options)


if __name__ == "__main__":
    sys.exit(main())
