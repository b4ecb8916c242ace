"""Files that a generator may download into `data/`: are they inputs of its data set?

Whoever puts them there wants them to be read. A download puts them there too, and must not have the
data set made again that it was for.
"""

import json
import zipfile
from contextlib import chdir

from hessian_boundary.artifacts.archives import LARGEST_UNPACKED
from hessian_study.project import work_folder
from hessian_study.provenance.records import RecordError, read_record


def needs_no_files(artifact: str) -> bool:
    """Tell whether a data set was made without such inputs and is exact: by a download, or from
    files that counted as none before.

    One that is not exact, for want of the files or by a strange copy of them, needs what comes.
    """
    with chdir(work_folder()):  # `verify` plans in an empty folder
        try:
            return not read_record(artifact)["inputs"].get("files") and _is_exact(artifact)
        except (RecordError, OSError, KeyError, ValueError, zipfile.BadZipFile):
            return False  # there is none that could be read


def _is_exact(artifact: str) -> bool:
    """Read an attribute: to open the array, planning had to import its library, for a second."""
    with zipfile.ZipFile(artifact) as archive, archive.open("zarr.json") as metadata:
        return json.loads(metadata.read(LARGEST_UNPACKED))["attributes"]["exact"] is True
