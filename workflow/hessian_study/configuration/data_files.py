"""Where the user's own files lie: those are inputs of the step that reads them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hessian_boundary.artifacts.archives import TOP_OF_STORE
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.options import parameter_names
from hessian_study.project import DATA, GENERATORS, data_folders, source_file, work_folder
from hessian_study.provenance.downloads import needs_no_files
from hessian_study.provenance.records import is_result, record_path


def dataset_inputs(
    name: str,
    entry: Mapping[str, Any],
    data_folder: str | None,
    configurations: Sequence[str],
    artifact: str = "",
) -> dict[str, Any]:
    """Return the inputs of a data set's step: its `files`, `parameters.file` and `split`.

    The last two are looked for as `files` are (`data_files`); of a Zarr store that is a folder, all
    members are inputs.

    Raises ConfigurationError for one of them that is nowhere, another folder, and braces in a path.
    """
    files = data_files(name, entry, data_folder, configurations, artifact)
    inputs: dict[str, Any] = {"files": files}
    folders = [*data_folders(data_folder), *_beside(configurations), DATA]
    file = entry["parameters"].get("file")
    if isinstance(file, str):
        place = f"datasets.{name}.parameters.file"
        inputs["file"] = list(_members(place, found_file(place, file, folders)))
    if entry.get("split"):
        inputs["split"] = _one_file(f"datasets.{name}.split", entry["split"], folders)
    return inputs


def state_dict_file(place: str, start: Any, configurations: Iterable[str]) -> str | None:
    """Return where the file of trained parameters lies that a training starts from, if it does.

    It is looked for beside the configuration files. Raises ConfigurationError where it is not.
    """
    if not isinstance(start, Mapping) or "state_dict" not in start:
        return None
    return _one_file(f"{place}.start.state_dict", start["state_dict"], _beside(configurations))


def data_files(
    name: str,
    entry: Mapping[str, Any],
    data_folder: str | None,
    configurations: Iterable[str],
    artifact: str = "",
) -> list[str]:
    """Return the paths of a data set's `files`.

    A relative one is looked for below `data_folder`, beside the configuration files (the last one
    given comes first) and in data/. One that is nowhere is returned too: Snakemake says that it is
    missing. Where the generator looks for its files itself (it has a parameter `data_folder`), some
    of them will do, below `data_folder` or in data/: it may download the others. Those in data/ are
    left out where the data set, in the file `artifact`, is exact without them.

    Raises ConfigurationError for a folder, and for braces in a path.
    """
    place = f"datasets.{name}.files"
    names = [Path(file).expanduser() for file in entry.get("files", ())]
    own = data_folders(data_folder)
    taken = parameter_names(source_file(GENERATORS, entry["generator"]), "generate")
    if "data_folder" in taken and "files" not in taken:
        shared = [] if needs_no_files(artifact) else [DATA]
        found = [path for file in names for path in _found_first(file, own, shared)]
        return [_checked(place, path) for path in found]
    folders = [*own, *_beside(configurations), DATA]
    candidates = [[folder / file for folder in folders] for file in names]
    found = [next(filter(Path.exists, paths), paths[0]) for paths in candidates]
    return [_checked(place, path) for path in found]


def _found_first(file: Path, own: Sequence[Path], shared: Sequence[Path]) -> list[Path]:
    """Return the first that exists; in data/ a file may lie without its folder, too."""
    places = [*(f / file for f in own), *(f / path for f in shared for path in (file, file.name))]
    return [path for path in places if path.exists()][:1]


def found_file(place: str, name: str, folders: Iterable[Path]) -> Path:
    """Return the first path of that name below one of the folders.

    Raises ConfigurationError, with all of them, where there is none.
    """
    candidates = list(dict.fromkeys(folder / Path(name).expanduser() for folder in folders))
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise ConfigurationError(
        place,
        f"expected the file {name}, found none at {' or '.join(map(str, candidates))}; put it "
        "there, or correct its name",
    )


def _beside(configurations: Iterable[str]) -> list[Path]:
    return [Path(file).resolve().parent for file in configurations]


def _one_file(place: str, name: str, folders: Iterable[Path]) -> str:
    return _checked(place, found_file(place, name, folders))


def _members(place: str, path: Path) -> Iterator[str]:
    """Yield a file, or all files of a folder that is a Zarr store, in one order."""
    if path.is_dir() and any((path / name).is_file() for name in TOP_OF_STORE):
        for member in sorted(path.rglob("*")):
            if member.is_file():
                yield _checked(place, member)
    else:
        yield _checked(place, path)


def _checked(place: str, path: Path) -> str:
    if path.is_dir():
        raise ConfigurationError(
            place, f"expected files, found the folder {path}; list the files in it"
        )
    if {"{", "}"} & set(str(path)):
        raise ConfigurationError(
            place,
            f"expected a path without braces, found {path}; rename the file or folder: "
            "Snakemake takes what stands in braces for a wildcard",
        )
    _refuse_strange_results(place, path)
    return _from_here(path)


def _refuse_strange_results(place: str, path: Path) -> None:
    """Refuse a file among the results that the workflow has not made: no step would read it."""
    here = work_folder()
    name = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    if path.exists() and is_result(name) and not (here / record_path(name)).is_file():
        raise ConfigurationError(
            place,
            f"expected a file of yours outside results/, where each file has a record of what "
            f"made it, found {name}, which has none; move it out of results/",
        )


def _from_here(path: Path) -> str:
    """Return a path below the working directory as relative to it: a folder may be moved whole.

    One that is nowhere stays as it is: an error shall say where it was looked for.
    """
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) and path.exists() else path)
