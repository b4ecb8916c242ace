"""Which study a command is about: the user's own, or the project's config.yaml.

A first argument that ends in .yaml or .yml is the study. Without it, the study is study.yaml in the
current folder, where there is one, and else the project's. Results lie beside the user's study.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
USUAL = "study.yaml"
# with one of these a command says itself which configuration it means
SAID = ("--configfile", "--configfiles", "--directory", "-d", "--snakefile", "-s")

# what follows one of these may be a file of this kind, and no study
TAKING_A_FILE = ("--profile", "--workflow-profile", "--report-metadata", "--slurm-partition-config")


class StudyFileError(ValueError):
    """The file that should be a study is not there, or an option names another one."""


def taken(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the user's study, if it is about one, and the other arguments.

    Raises StudyFileError for a file that does not exist, for one that is not the first argument,
    and for a study beside an option that says of another one, which Snakemake would take.
    """
    said = [argument for argument in arguments if argument.split("=")[0] in SAID]
    if arguments and arguments[0].endswith(SUFFIXES):
        study = Path(arguments[0])
        if not study.is_file():
            raise StudyFileError(
                f"expected a study in {study}, found no file in {Path.cwd()}; correct the path, or "
                "write the file"
            )
        if said:
            raise StudyFileError(
                f"expected the study {study} without {said[0]}, which names another configuration "
                "or folder; leave one of the two out, and put what differs into the study"
            )
        _refuse_another(arguments)
        return study.absolute(), list(arguments[1:])  # where it is a link, results lie beside that
    if not said:
        _refuse_another(arguments)
    usual = Path(USUAL)
    return usual.absolute() if usual.is_file() and not said else None, list(arguments)


def _refuse_another(arguments: Sequence[str]) -> None:
    """Refuse a study behind the first argument, which would be taken for a target."""
    for before, word in pairwise(arguments):
        is_value = before in TAKING_A_FILE or word.startswith("-")
        if word.endswith(SUFFIXES) and not is_value and Path(word).is_file():
            raise StudyFileError(
                f"expected one study, as the first argument, found {word} behind {before}; put the "
                "study first, before all options (a value of an option may stand behind `=`)"
            )


def snakemake_arguments(study: Path | None) -> list[str]:
    """Return what tells Snakemake that a study stands in the place of config.yaml."""
    if study is None:
        return []
    folder = str(study.parent)
    return ["--replace-workflow-config", "--configfile", str(study), "--directory", folder]


def about(study: Path | None, options: argparse.Namespace) -> None:
    """Let a command be about a study: its folder, and its file in place of config.yaml."""
    options.study = study
    if study is not None and "configfile" in options:
        options.configfile, options.directory = [study], study.parent
