"""Logs: one line each on standard error, a constant message and its facts, never a traceback or anything personal.

The framework's own records carry transcripts and metadata in extra fields; only the fields named here are printed.
"""

import logging
import sys

FACTS = ("attempt", "part", "phase", "tool", "failure", "error", "timeout")
"""Extra fields that are printed. Every one of them is free of numbers, prompts, transcripts, digits and keys."""

_QUIET = ("httpx", "httpx2", "httpcore", "asyncio", "livekit", "livekit.agents", "openai", "websockets", "aiohttp")


class Line(logging.Formatter):
    """Time, level, message, facts."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        ours = record.name.partition(".")[0] in ("agent", "tools", "audio")
        message = record.getMessage() if ours else record.name
        facts = [f"{name}={record.__dict__[name]}" for name in FACTS if ours and name in record.__dict__]
        if record.exc_info and record.exc_info[0] is not None and "error" not in record.__dict__:
            facts.append(f"error={record.exc_info[0].__name__}")
        stamp = self.formatTime(record, self.datefmt)
        return " ".join([stamp, record.levelname.lower(), message.replace("\n", " "), *facts])


def configure(level: int = logging.WARNING) -> None:
    """Log to standard error from now on. The libraries are only heard of what is an error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
