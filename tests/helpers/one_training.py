"""Table 2 made from one tiny training: the study that several modules harm, and its files."""

from pathlib import Path
from typing import Any

from helpers.tiny_study import TinyStudy, image_datasets

TARGET = "table2"
RUN = "results/tiny/iris/normal/seed0"
MODEL, SPECTRUM, MEASURES, TABLE = (
    f"{RUN}/model.zarr.zip",
    f"{RUN}/spectrum.zarr.zip",
    f"{RUN}/measures.csv",
    "results/tiny/tables/table2.csv",
)
ARTIFACTS = 12


def one_training(directory: Path, **changes: Any) -> TinyStudy:
    """Run a copy of the code, with `changes` to the configuration, until the target is made."""
    study = TinyStudy.with_own_code(directory)
    study = study.edited(
        tables__table2={"iris": ["normal"]}, profiles__tiny__without=image_datasets(), **changes
    )
    result = study.run(TARGET)
    assert result.returncode == 0, result.stderr
    return study


def snapshot(study: TinyStudy) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in study.results.rglob("*")
        if path.is_file()
    }
