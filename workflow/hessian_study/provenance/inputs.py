"""The files a step reads: what their own records say, before the step and still at its end."""

from collections.abc import Mapping

from hessian_study.provenance.file_digests import DigestedFile
from hessian_study.provenance.records import RecordError, as_list, is_result, read_record

REPAIR = "have it made again: hessian-boundary verify --repair"


class InputError(ValueError):
    """A step's input is not the file that the workflow made, or was replaced during the step."""


class Inputs:
    """The digest of every input, taken before the step reads any.

    Raises InputError for a result of this workflow whose content is not what its record says, or
    that has none. Files from elsewhere, such as raw data, have no record.
    """

    def __init__(self, paths: Mapping[str, str | list[str]]) -> None:
        self._files = {
            path: DigestedFile(path) for entry in paths.values() for path in as_list(entry)
        }
        for path, file in self._files.items():
            _check_record(path, file.digest)
        self.digests: dict[str, list[str]] = {
            name: [self._files[path].digest for path in as_list(entry)]
            for name, entry in paths.items()
        }

    def refuse_changes(self) -> None:
        """Raise InputError for an input that was replaced or written to since, if only for a time.

        What the step has read of it cannot be told.
        """
        for path, file in self._files.items():
            if not file.is_untouched():
                raise InputError(
                    f"expected the input {path} to stay as it was while the step ran, found that "
                    "it was replaced or written to meanwhile; run again"
                )


def _check_record(path: str, digest: str) -> None:
    if not is_result(path):
        return
    try:
        recorded = read_record(path)["sha256"]
    except RecordError as error:
        raise InputError(f"the input {path} has {error}; {REPAIR}") from error
    if digest != recorded:
        raise InputError(
            f"expected the input {path} as it was made (SHA-256 {recorded[:16]}…), found other "
            f"content ({digest[:16]}…): it was damaged, replaced or rewritten; {REPAIR}"
        )
