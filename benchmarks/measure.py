"""Time, processor time and peak memory of one step of this process. Used by both tools, so it imports neither."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Step:
    """One measured step. Times in seconds, memory in bytes; `cpu` is this process's alone, the server's not."""

    round: str
    name: str
    rows: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass
class Measured:
    """What one tool did with one size. `peak` is the process's high-water mark over its whole life."""

    tool: str
    size: int
    steps: list[Step] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    peak: int = 0

    @contextmanager
    def step(self, round_: str, name: str, rows: int = 0) -> Iterator[Step]:
        """Measure a block; it may set `rows` on the step that it is given."""
        step = Step(round_, name, rows)
        forgotten = _forget_peak()
        start, cpu = time.perf_counter(), time.process_time()
        yield step
        step.seconds, step.cpu = time.perf_counter() - start, time.process_time() - cpu
        high = peak_memory()
        step.peak = high if forgotten else 0
        self.peak = max(self.peak, high)
        self.steps.append(step)
        print(f"  {self.tool} {self.size:>9,} {round_:<18} {name:<18} {step.rows:>9,} rows {step.seconds:8.1f} s "
              f"{step.rate:>10,.0f}/s {high >> 20:>6} MiB", flush=True)  # fmt: skip

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def load(path: Path) -> Measured:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Measured(**{**raw, "steps": [Step(**step) for step in raw["steps"]]})


def peak_memory() -> int:
    """VmHWM in bytes: the most physical memory that this process had at once. 0 where there is no /proc."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _forget_peak() -> bool:
    """Start the high-water mark anew from the present; whether the kernel allowed it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True
