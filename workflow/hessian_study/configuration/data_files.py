"""Where the files lie that a data set is read from: they are inputs of its step."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.options import parameter_names
from hessian_study.project import DATA, GENERATORS, source_file


def data_files(
    name: str, entry: Mapping[str, Any], data_folder: str | None, configurations: Iterable[str]
) -> list[str]:
    """Return the paths of a data set's `files`.

    A relative one is looked for below `data_folder`, beside the configuration files (the last one
    given comes first) and in data/. One that is nowhere is returned too: Snakemake says that it is
    missing. Where the generator looks for its files itself (it has a parameter `data_folder`), some
    of them will do, and only those below `data_folder` count: it may download the others.

    Raises ConfigurationError for a folder, and for braces in a path.
    """
    names = [Path(file).expanduser() for file in entry.get("files", ())]
    own = [Path(data_folder).expanduser()] if data_folder else []
    taken = parameter_names(source_file(GENERATORS, entry["generator"]), "generate")
    if "data_folder" in taken and "files" not in taken:
        return [str(folder / file) for folder in own for file in names if (folder / file).exists()]
    folders = [*own, *(Path(file).resolve().parent for file in configurations), DATA]
    found = []
    for file in names:
        candidates = [folder / file for folder in folders]
        found.append(next(filter(Path.exists, candidates), candidates[0]))
        if found[-1].is_dir():
            raise ConfigurationError(
                f"datasets.{name}.files",
                f"expected files, found the folder {found[-1]}; list the files in it",
            )
        if {"{", "}"} & set(str(found[-1])):
            raise ConfigurationError(
                f"datasets.{name}.files",
                f"expected a path without braces, found {found[-1]}; rename the file or folder: "
                "Snakemake takes what stands in braces for a wildcard",
            )
    return list(map(str, found))
