"""Which process a pid means. Numbers are used again; a number with the moment its process started is not.

Read from Linux's `/proc`; elsewhere every process counts as gone.
"""

import os
import time
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_ENDED = frozenset("ZX")
"""States of a process that only waits for its parent to take notice."""


def identity(pid: int) -> str | None:
    """What tells this process from any other of the same pid; None where no living process has it."""
    ticks = _ticks(pid)
    if ticks is None:
        return None
    return f"{_BOOT.read_text(encoding='ascii').strip()}/{ticks}"


def started(pid: int) -> float | None:
    """When the process started, in host monotonic seconds to 10 ms; None where no living process has the pid."""
    ticks = _ticks(pid)
    if ticks is None:
        return None
    asleep = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return ticks / os.sysconf("SC_CLK_TCK") - asleep


def _ticks(pid: int) -> int | None:
    """Clock ticks from the machine's boot to the start of the process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets is the process's own choice and may hold anything.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in _ENDED else int(fields[19])
