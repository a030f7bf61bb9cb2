"""Processes that the demo starts beside its own: none of them outlives it."""

from __future__ import annotations

import ctypes
import signal
import socket


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def adopt_orphans() -> None:
    """A grandchild whose parent dies becomes our child."""
    _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def end_with_parent() -> None:
    """For `preexec_fn`: SIGTERM for the child when this process is killed."""
    _prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def killed_with_parent() -> None:
    """For `preexec_fn`: as `end_with_parent`, for a child whose data is thrown away."""
    _prctl(1, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere a process that is killed may leave children behind."""
    try:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    except (AttributeError, OSError):
        return
