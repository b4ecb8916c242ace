"""The memory that a process of a test has held at most, as Linux counts it."""

import ctypes

MMAP_THRESHOLD = -3  # of mallopt, in glibc's malloc.h
FORGET_THE_PEAK = "5"  # see proc_pid_clear_refs(5)


def peak_memory() -> int:
    """Return the most bytes that this process has held at a time."""
    with open("/proc/self/status") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def give_back_at_once() -> None:
    """From now on give arrays of 256 KiB and more back to the system as soon as they are freed.

    So they are of 32 MB and more in any case. Smaller ones leave holes in the heap, whose number
    is chance: 8 % more of the same run's peak were seen in one run of three. What earlier work has
    left in the heap would be taken without being counted: it is given back, too, and forgotten.
    """
    glibc = ctypes.CDLL(None)
    glibc.mallopt(MMAP_THRESHOLD, 2**18)
    glibc.malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write(FORGET_THE_PEAK)
