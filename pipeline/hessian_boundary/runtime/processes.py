"""Several processes on one computation: the first one leads, the others do their part when asked.

`torchrun`, or `python -m torch.distributed.run`, starts them and tells each its number. The leader
runs an algorithm as if it were alone. Where that needs all the samples, or all the parameters, the
leader asks: every process, itself included, applies a function of its own to the same argument,
and what they give is added up, or comes one after the other.

With one process torch.distributed is not used. Nor is it where a script has connected its processes
itself, as for training: there, each works for itself.
"""

import atexit
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as distributed
from torch import Tensor

from hessian_boundary.runtime.termination import termination_held

# argument (rows, columns) -> what one process adds, or gives, (rows, columns) too
Function = Callable[[Tensor], Tensor]

LEADER = 0
END = -1  # in place of a function's index
DTYPES = (torch.float64, torch.float32)
# The others wait for as long as the leader computes alone.
PATIENCE = timedelta(days=30)

_connected = False  # by this module
_in_question = False  # the others, since an error of the leader's


def process_count() -> int:
    """Return how many processes there are for one computation."""
    available = distributed.is_available()
    if not available or (distributed.is_initialized() and not _connected):
        return 1
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_number() -> int:
    """Return which one this is, from 0; 0 is the leader."""
    return int(os.environ.get("RANK", "0")) if process_count() > 1 else LEADER


def share(size: int, number: int, count: int) -> slice:
    """Return which of `size` things belong to one of `count` parts: a run of ⌊·⌋ or ⌈·⌉ of them.

    The first part is empty only where there is nothing.
    """
    first, last = (-(-size * edge // count) for edge in (number, number + 1))
    return slice(first, last)


class Team:
    """What the leader asks all processes with."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions, self._names = functions, list(functions)
        self._waiting = True  # the others, for what is asked next

    def total(self, name: str, argument: Tensor) -> Tensor:
        """Return the sum of what the functions of that name give for an argument (rows, columns).

        All give the same shape. The argument is in float64 or float32, on the problem's device.
        """
        found = self._own(name, argument, one_by_one=False)
        _exchange(distributed.reduce, found)
        self._waiting = True
        return found

    def each(self, name: str, argument: Tensor) -> Iterator[Tensor]:
        """Yield what they give, of any two dimensions, in the order of the processes.

        To be iterated to its end: the others wait until theirs is taken.
        """
        found = self._own(name, argument, one_by_one=True)
        yield found
        for number in range(1, process_count()):
            shape = torch.empty(2, dtype=torch.int64)
            _exchange(distributed.recv, shape, number)
            theirs = found.new_empty(*shape.tolist())
            if theirs.numel():
                _exchange(distributed.recv, theirs, number)
            yield theirs
        self._waiting = True

    def dismiss(self) -> None:
        """Tell the others that nothing more comes.

        After an error in the middle of a question they wait for its answer, not for this; they end
        with this process, which does not wait for them.
        """
        if self._waiting:
            _exchange(distributed.broadcast, torch.tensor([END, 0, 0, 0, 0]))
        else:
            global _in_question
            _in_question = True
            atexit.unregister(distributed.destroy_process_group)

    def _own(self, name: str, argument: Tensor, *, one_by_one: bool) -> Tensor:
        assert self._waiting, "nothing can be asked after an error in the middle of a question"
        self._waiting = False
        which, dtype = self._names.index(name), DTYPES.index(argument.dtype)
        order = torch.tensor([which, one_by_one, dtype, *argument.shape])
        _exchange(distributed.broadcast, order)
        if argument.numel():
            _exchange(distributed.broadcast, argument.contiguous())
        return self._functions[name](argument).contiguous()


@contextmanager
def leading(functions: Mapping[str, Function], device: torch.device) -> Iterator[Team]:
    """Give the leader its team, and let the others go at the end, also after an error.

    The others call `serve` with functions of the same names in the same order.

    Raises RuntimeError in another process than the first, and after an error amid a question.
    """
    if _in_question:
        raise RuntimeError(
            "expected processes that wait for a question, found that an error came amid the last "
            "one, whose answer they still wait for; let the script end with the first error"
        )
    if process_number() != LEADER:
        raise RuntimeError(
            f"expected this call in process {LEADER} of {process_count()}, found it in process "
            f"{process_number()}; use `analyse`, which every process may call, or `serve_spectrum`"
        )
    _connect(device)
    team = Team(functions)
    try:
        yield team
    finally:
        team.dismiss()


def serve(functions: Mapping[str, Function], device: torch.device) -> None:
    """Do this process's part of what the leader asks, until it says that nothing more comes.

    SIGTERM waits: all processes get it, and the leader may have something to save.
    """
    names = list(functions)
    _connect(device)
    with termination_held():
        while True:
            order = torch.empty(5, dtype=torch.int64)
            _exchange(distributed.broadcast, order)
            which, one_by_one, dtype, *shape = order.tolist()
            if which == END:
                return
            argument = torch.empty(*shape, dtype=DTYPES[dtype], device=device)
            if argument.numel():
                _exchange(distributed.broadcast, argument)
            _give(functions[names[which]](argument).contiguous(), one_by_one)


def _give(found: Tensor, one_by_one: bool) -> None:
    if not one_by_one:
        _exchange(distributed.reduce, found)
        return
    _exchange(distributed.send, torch.tensor(found.shape))
    if found.numel():
        _exchange(distributed.send, found)


def _exchange(function: Callable[..., Any], tensor: Tensor, other: int = LEADER) -> None:
    """Send a tensor to another process, get it from there, or add those of all.

    Raises RuntimeError where a process has ended meanwhile.
    """
    try:
        function(tensor, other)
    except RuntimeError as error:
        raise RuntimeError(
            f"expected all {process_count()} processes to go on, found that one has ended; see the "
            "error of that one, which came before this"
        ) from error


def _connect(device: torch.device) -> None:
    """Connect the processes, once for all that they do together.

    Orders are tensors on the CPU whatever computes: who waits for one leaves the GPU alone.
    """
    global _connected
    if _connected:
        return
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)
    atexit.register(distributed.destroy_process_group)
    _connected = True
