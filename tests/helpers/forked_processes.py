"""Functions in several connected processes that are forked: they have everything imported."""

import multiprocessing
import os
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

ALONE = multiprocessing.get_context("fork")


def in_forked_processes(count: int, function: Callable[[], Any]) -> list[Any]:
    """Call a function in so many processes; return what it gives in each, the leader first.

    What `torchrun` starts is tested elsewhere (`several_processes`).
    """
    with closing(socket.socket()) as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    pipes = [ALONE.Pipe(duplex=False) for _ in range(count)]
    processes = [
        ALONE.Process(target=_answer, args=(function, number, count, port, pipes[number][1]))
        for number in range(count)
    ]
    for process in processes:
        process.start()
    for _, writer in pipes:
        writer.close()  # so that an end without an answer is seen
    answers = [reader.recv() for reader, _ in pipes]
    for process in processes:
        process.join(timeout=60)
    assert [process.exitcode for process in processes] == [0] * count
    return answers


def _answer(function: Callable[[], Any], number: int, count: int, port: int, writer: Any) -> None:
    told = {"RANK": number, "WORLD_SIZE": count, "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in told.items()})
    writer.send(function())
