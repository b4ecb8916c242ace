"""The files a step reads: what their own records say, before the step and still at its end."""

from collections.abc import Mapping

from hessian_study.provenance.file_digests import FileDigests
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
        self._digest = FileDigests()
        self._before = {
            path: self._trusted(path) for entry in paths.values() for path in as_list(entry)
        }
        self.digests: dict[str, list[str]] = {
            name: [self._before[path] for path in as_list(entry)] for name, entry in paths.items()
        }

    def _trusted(self, path: str) -> str:
        digest = self._digest(path)
        if not is_result(path):
            return digest
        try:
            recorded = read_record(path)["sha256"]
        except RecordError as error:
            raise InputError(f"the input {path} has {error}; {REPAIR}") from error
        if digest != recorded:
            raise InputError(
                f"expected the input {path} as it was made (SHA-256 {recorded[:16]}…), found other "
                f"content ({digest[:16]}…): it was damaged, replaced or rewritten; {REPAIR}"
            )
        return digest

    def refuse_changes(self) -> None:
        """Raise InputError for an input that is not the one it was before the step."""
        for path, before in self._before.items():
            try:
                now = self._digest(path)
            except FileNotFoundError:
                now = "no file"
            if now != before:
                raise InputError(
                    f"expected the input {path} to stay as it was (SHA-256 {before[:16]}…), found "
                    f"{now[:16]} at the end of the step: it was replaced meanwhile; run again"
                )
