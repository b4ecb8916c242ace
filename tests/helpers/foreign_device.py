"""A device that is not the CPU, on a machine that has no other: see foreign_device.cpp.

As a plugin of pytest (`-p foreign_device`) it makes `torch.device("foreign")` known. One process
can have it or not: PyTorch forgets no device.
"""

import os
import subprocess
from pathlib import Path

import torch
from torch.utils import cpp_extension

SOURCE = Path(__file__).with_suffix(".cpp")


def compile_device(library: Path) -> None:
    """Write the shared library; takes half a minute. Raises CalledProcessError with g++'s words."""
    folder = Path(torch.__file__).parent / "lib"
    command = [
        *("g++", "-std=c++20", "-O0", "-fPIC", "-shared", str(SOURCE), "-o", str(library)),
        f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}",
        *(f"-I{path}" for path in cpp_extension.include_paths()),
        *(f"-L{folder}", f"-Wl,-rpath,{folder}", "-ltorch", "-ltorch_cpu", "-lc10"),
    ]
    subprocess.run(command, check=True)


class _Module:
    """What PyTorch asks of `torch.foreign`; random numbers are the CPU's."""

    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    current_device = staticmethod(lambda: 0)
    _is_in_bad_fork = staticmethod(lambda: False)
    manual_seed_all = staticmethod(lambda seed: None)
    get_rng_state = staticmethod(lambda device=None: torch.get_rng_state())
    set_rng_state = staticmethod(lambda state, device=None: None)


def register_device(library: Path) -> None:
    """Make the device known to this process."""
    torch.ops.load_library(str(library))
    torch.utils.rename_privateuse1_backend("foreign")
    torch._register_device_module("foreign", _Module)


def pytest_configure() -> None:
    """Register the library that the environment names."""
    register_device(Path(os.environ["FOREIGN_DEVICE"]))
