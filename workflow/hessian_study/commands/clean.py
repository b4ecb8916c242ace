"""Remove the files of an experiment, or those that the configuration has no place for any more.

An experiment is named as in config.yaml: `gaussian/normal`, or `gaussian` for the data set with all
its experiments. Its results go with their records, costs and logs; tables and figures made from
them stay. --orphans removes the files of data sets, experiments, seeds, tables and figures that the
configuration does not have. What would be removed is said first.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from snakemake.exceptions import RuleException, WorkflowError

from hessian_boundary.wording.suggestion import suggestion
from hessian_study.commands.options import add_place_options, load_study
from hessian_study.commands.places import study_files

MISTAKE = 2  # exit status for a mistake in the question
SHOWN = 20  # files that are named before the question


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="DATASET[/TRAINING]")
    what.add_argument("--orphans", action="store_true", help="what the configuration lacks")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_place_options(parser)


def main(options: argparse.Namespace) -> int:
    """Say what would be removed, ask, and remove it; return 1 if the answer is no."""
    try:
        study = load_study(options)
    except (WorkflowError, RuleException) as error:
        print(f"clean: {error}", file=sys.stderr)
        return MISTAKE
    with contextlib.chdir(options.directory):
        files = study_files(study.profile)
        if options.orphans:
            found = [file for file, place in files.items() if not place.is_in(study)]
        else:
            wanted = options.experiment.strip("/")
            found = [file for file, place in files.items() if place.is_of(wanted)]
            if not found:
                names = sorted({name for place in files.values() for name in place.experiments()})
                print(
                    f"clean: expected an experiment that has files in results/{study.profile}, "
                    f"found none of {wanted!r}; {suggestion(wanted, names)}",
                    file=sys.stderr,
                )
                return MISTAKE
        return _remove(sorted(found), options.yes)


def _remove(files: Sequence[Path], yes: bool) -> int:
    if not files:
        print("nothing to remove")
        return 0
    size = sum(file.lstat().st_size for file in files)
    print(f"{len(files)} files, {size / 1e6:,.1f} MB:")
    for file in files if yes else files[:SHOWN]:
        print(f"  {file}")
    if len(files) > SHOWN and not yes:
        print(f"  … and {len(files) - SHOWN} more in {_folders(files[SHOWN:])}")
    if not yes and not _agreed():
        print("nothing was removed")
        return 1
    for file in files:
        file.unlink()
    for folder in sorted({folder for file in files for folder in file.parents[:-2]}, reverse=True):
        with contextlib.suppress(OSError):  # other files are in it
            folder.rmdir()
    print("removed")
    return 0


def _agreed() -> bool:
    print("remove them? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _folders(files: Sequence[Path]) -> str:
    return ", ".join(sorted({str(Path(*file.parts[:4])) for file in files}))
