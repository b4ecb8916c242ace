"""Which files the user's own code reads: all must be known, or an edit would change nothing.

A data set's `files` are inputs of its step: Snakemake makes it again when one changes, and the
artifact keeps their checksums. A generator with a parameter `files` is given their paths, in the
order of the configuration, and opens them as it likes:

    def generate(*, files):
        table = np.loadtxt(files[0], delimiter=",")
        return table[:, :2], table[:, 2]

What it opens besides is noticed, and refused; so is a program that it starts, since nobody sees
what that reads. Not noticed is what libraries read in C, as h5py and cv2 do. A parameter `file`
names a file, or the folder of a Zarr store, that is an input as well: `generate(*, file)` is given
its path. The `build` of an architecture and the `train` of a training read no files at all.
"""

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

# Code, compiled code, and what describes an installed package.
CODE = (".py", ".pyc", ".pyi", ".so", ".pth")
DESCRIPTIONS = (".egg-info", ".dist-info")  # also beside the code, of an editable installation
# Installed packages come with data files of their own, and keep what they download in the home
# folder, hidden or by these names; versions of packages are recorded beside.
CACHES = ("scikit_learn_data", "nltk_data")
SYSTEM = ("/dev", "/proc", "/sys", "/etc", "/usr")
INSTALLED = ("site-packages", "dist-packages")

PROGRAMS = ("subprocess.Popen", "os.posix_spawn", "os.system", "os.exec")
# what starts a program, or a function, for whoever calls it
STARTERS = ("subprocess", "os", "asyncio", "concurrent", "multiprocessing", "threading")


class _Watch:
    """What is opened while own code runs; audit hooks cannot be taken away again."""

    def __init__(self) -> None:
        self.active = False
        self.installed = False
        self.read: dict[str, None] = {}  # a set that keeps the order
        self.written: set[str] = set()
        self.started: list[str] = []

    def start(self) -> None:
        self.read, self.written, self.started, self.active = {}, set(), [], True
        if not self.installed:
            sys.addaudithook(self._hear)
            self.installed = True

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.active and event in PROGRAMS and _asked_by_own_code(sys._getframe(1)):
            self.started.append(_command(arguments))
            raise ValueError(f"no program may be started here, found `{self.started[-1]}`")
        if not self.active or event not in ("open", "sqlite3.connect"):
            return
        path = arguments[0]
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # a file descriptor: of something opened before
        name = os.path.join(os.getcwd(), os.fsdecode(path))  # with links and .. as they are
        writes = event == "open" and _writes(*arguments[1:3])
        self.written.add(name) if writes else self.read.setdefault(name)


_WATCH = _Watch()


@contextmanager
def only_reading(
    files: Iterable[Path],
    place: str,
    may: str = "only the `files` of its data set",
    way_out: str = "list them as `files` of the data set in the configuration",
) -> Iterator[None]:
    """Raise ValueError when the block reads a file that is none of `files`, nor in one's folder.

    It raises one, too, when the block starts a program. Files that it writes itself are its own,
    and those of Python, of installed packages and of the system are no data of a study. `place` is
    told: whose code it is; `may` is what it may read, and `way_out` what to do.
    """
    _WATCH.start()
    try:
        yield
    finally:
        _WATCH.active = False
        if _WATCH.started:  # even if the block has caught the error
            raise ValueError(
                f"expected {place} to start no program, found `{_WATCH.started[0]}`: an edit of "
                "what that reads would change nothing; run it before the study, or do it in Python"
            )
    known, pythons = {os.path.realpath(file) for file in files}, _folders_of_python()
    unknown = [
        name
        for name in _WATCH.read
        if os.path.isfile(name)
        and name not in _WATCH.written
        and not _is_known(os.path.realpath(name), known)
        and not _belongs_to_python(name, pythons)
    ]
    if unknown:
        raise ValueError(
            f"expected {place} to read {may}, found that it opens {', '.join(unknown[:3])}; "
            f"{way_out}, so that an edit of them makes it again"
        )


@contextmanager
def not_watched() -> Iterator[None]:
    """Let the block read files: raw data whose checksums the data set keeps in another way."""
    active, _WATCH.active = _WATCH.active, False
    try:
        yield
    finally:
        _WATCH.active = active


def _is_known(path: str, known: set[str]) -> bool:
    return path in known or any(str(folder) in known for folder in Path(path).parents)


def _asked_by_own_code(frame: FrameType | None) -> bool:
    """Tell whether the user's code starts a program, and not Python or an installed package.

    These ask the system, mostly: `platform.processor()` calls uname, joblib lscpu.
    """
    while frame is not None:
        module, file = frame.f_globals.get("__name__", ""), Path(frame.f_code.co_filename)
        if module.split(".")[0] not in STARTERS and file.suffix:  # not <string> or <frozen os>
            packaged = any(part in INSTALLED for part in file.parts)
            return not (packaged or any(map(file.is_relative_to, _folders_of_python())))
        frame = frame.f_back
    return True


def _command(arguments: tuple[Any, ...]) -> str:
    words = arguments[1] if len(arguments) > 1 else arguments[0]
    words = [words] if isinstance(words, (str, bytes, os.PathLike)) else words
    return " ".join(map(os.fsdecode, words))


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _belongs_to_python(name: str, folders: Iterable[str]) -> bool:
    path = Path(name)
    if name.endswith(CODE) or any(path.is_relative_to(folder) for folder in folders):
        return True
    if any(part.endswith(DESCRIPTIONS) for part in path.parts):
        return True
    if path.is_relative_to(Path.cwd()):  # a study's own files, in a hidden folder or not
        return False
    try:
        first = path.relative_to(Path.home()).parts[0]
    except (ValueError, RuntimeError):  # not below the home folder, or there is none
        return False
    return first.startswith(".") or first in CACHES


def _folders_of_python() -> set[str]:
    packages = [path for path in sys.path if Path(path).name in INSTALLED]
    own = [*sysconfig.get_paths().values(), site.getusersitepackages()]
    bases = {sys.prefix, sys.base_prefix}
    shared = [f"{base}/{name}" for base in bases for name in ("lib", "share", "etc")]
    # not `sys.prefix` itself: an environment may lie in the folder of the project
    return {*own, *packages, *shared, *SYSTEM} - bases
