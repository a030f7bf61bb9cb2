"""A process that has everything imported and forks workers: each worker is a real process, ready at once.

Run as a script it serves one `Zygote`. A child inherits no connection, no lock and no driver thread: what the
zygote does itself (`here`, on SQLite) it does to have compiled statements to pass on, and closes everything after.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 120  # a worker that takes longer hangs and is ended by SIGALRM


@dataclass(frozen=True)
class Ended:
    """How a worker ended: `code` is its exit status, negative for a signal, None while it is stopped."""

    code: int | None
    value: Any = None
    error: str = ""  # class of the exception that ended it
    trace: str = ""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    def result(self) -> Any:
        """The job's value. AssertionError with the worker's own traceback when it did not get that far."""
        assert self.code == 0, f"the worker ended with {self.code}\n{self.trace}"
        return self.value


class Zygote:
    """Starts workers by `(function, args)`, both picklable, the function from a module that tests can import."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent / "plugins"), str(TESTS)])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.zygote", str(theirs.fileno())],
            env=env, pass_fds=[theirs.fileno()], cwd=TESTS,
        )  # fmt: skip
        theirs.close()
        self._pipe = Connection(ours.detach())

    def start(self, function: Any, *args: Any) -> int:
        """Fork a worker; its pid."""
        return int(self._ask("start", function, args))

    def wait(self, pid: int, *, stopped: bool = False) -> Ended:
        """Until the worker ended, or, with `stopped`, stopped itself."""
        return self._ask("wait", pid, stopped)  # type: ignore[no-any-return]

    def run(self, function: Any, *args: Any) -> Ended:
        return self.wait(self.start(function, *args))

    def here(self, function: Any, *args: Any) -> Any:
        """Do it in the zygote itself and let go of all databases; its value."""
        return self._ask("here", function, args).result()

    def close(self) -> None:
        self._pipe.close()
        self._process.wait(30)

    def _ask(self, *request: Any) -> Any:
        self._pipe.send(request)
        return self._pipe.recv()


# ---------------------------------------------------------------- inside the zygote
def _serve(pipe: Connection) -> None:
    import gc

    from faults import jobs

    jobs.warm_up()
    readers: dict[int, int] = {}
    gc.collect()
    gc.freeze()  # a child's collector does not touch, and so copy, what it inherited
    while True:
        try:
            verb, *rest = pipe.recv()
        except EOFError:
            return
        if verb == "start":
            pid, reader = _fork(pipe, *rest)
            readers[pid] = reader
            pipe.send(pid)
        elif verb == "wait":
            pid, stopped = rest
            pipe.send(_wait(pid, stopped, readers))
        else:
            pipe.send(_here(*rest))
            gc.collect()
            gc.freeze()


def _fork(pipe: Connection, function: Any, args: Any) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    os.close(reader)
    pipe.close()
    signal.alarm(LIMIT_SECONDS)
    _work(writer, function, args)
    raise AssertionError("unreachable")


def _work(writer: int, function: Any, args: Any) -> None:
    from faults import jobs

    code, answer = 0, (None, "", "")
    try:
        answer = (function(*args), "", "")
    except BaseException as error:
        code, answer = 1, (None, type(error).__name__, traceback.format_exc())
    with os.fdopen(writer, "wb") as sink:
        pickle.dump((answer, jobs.learned()), sink)
    os._exit(code)


def _here(function: Any, args: Any) -> Ended:
    from faults import jobs

    try:
        return Ended(0, function(*args))
    except Exception as error:
        return Ended(1, None, type(error).__name__, traceback.format_exc())
    finally:
        jobs.let_go()


def _wait(pid: int, stopped: bool, readers: dict[int, int]) -> Ended:
    from faults import jobs

    chunks = []
    if not stopped:  # drain the pipe first: a large answer would block the child for ever
        with os.fdopen(readers.pop(pid), "rb") as source:
            chunks.append(source.read())
    _, status = os.waitpid(pid, os.WUNTRACED if stopped else 0)
    if os.WIFSTOPPED(status):
        return Ended(None)
    if stopped:
        with os.fdopen(readers.pop(pid), "rb") as source:
            chunks.append(source.read())
    code = os.waitstatus_to_exitcode(status)
    try:
        (value, error, trace), learned = pickle.loads(b"".join(chunks))
    except (EOFError, pickle.UnpicklingError):
        return Ended(code)
    jobs.learn(learned)
    return Ended(code, value, error, trace)


if __name__ == "__main__":
    from faults import zygote  # under its real name, so that what it sends can be unpickled

    zygote._serve(Connection(int(sys.argv[1])))
