"""Doing something at an exact moment of a step: between two pages, before a call, instead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest


class Killed(BaseException):
    """Stands for the death of a worker: nothing in the library may catch it."""


def between_pages(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: dict[int, Callable[[], object]]
) -> None:
    """Call `after[n]`, once, when the generator `module.name` has yielded its n-th page (from 1) and goes on."""
    real, pending = getattr(module, name), dict(after)

    def meddled(*args: Any, **kwargs: Any) -> Iterator[pa.Table]:
        for number, page in enumerate(real(*args, **kwargs), start=1):
            yield page
            if number in pending:
                pending.pop(number)()

    monkeypatch.setattr(module, name, meddled)


def on_pages(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Let every page of the generator `module.name` pass through `change`."""
    real = getattr(module, name)

    def meddled(*args: Any, **kwargs: Any) -> Iterator[pa.Table]:
        for page in real(*args, **kwargs):
            yield change(page)

    monkeypatch.setattr(module, name, meddled)


def before(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[..., object], *, times: int = 1
) -> None:
    """Call `act` with the same arguments before the first `times` calls of `module.name`."""
    real, left = getattr(module, name), [times]

    def meddled(*args: Any, **kwargs: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            act(*args, **kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, meddled)


def die(*_args: Any, **_kwargs: Any) -> None:
    """Use with `before`: the worker dies there."""
    raise Killed
