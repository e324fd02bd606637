"""Logs: one line each on standard error, a constant message and its facts, never a traceback or anything personal.

The framework's own records carry transcripts and metadata in their texts and extra fields. Of our own records the
fields named here are printed; of another library's, where in its source it speaks, and words that stand there.
"""

import logging
import re
import sys
from types import FrameType

FACTS = ("attempt", "part", "phase", "tool", "failure", "error", "timeout")
"""Extra fields that are printed. Every one of them is free of numbers, prompts, transcripts, digits and keys."""

_QUIET = ("httpx", "httpx2", "httpcore", "asyncio", "livekit", "livekit.agents", "openai", "websockets", "aiohttp")

_NATIVE = "%s:%s:%s - %s"
"""How LiveKit's native side logs: target, line and module of its own source, and a text with everything filled in."""
_NATIVE_WORDS = re.compile(
    r"(?:resuming|restarting) connection(?: failed|\.\.\. attempt: \d{1,3})?"
    r"|failed to (?:reconnect to the livekit room|negotiate the publisher)"
    r"|failed to (?:send queued signal|handle signal|handle session event)"
    r"|publisher data channel '_(?:reliable|lossy|data_track)' closed unexpectedly"
    r"|unexpected signal error|error while connecting to a room|task panicked"
)
"""What of such a text is printed."""
_LEAST = 8
"""Letters in which a text must agree with a constant to be taken for it."""


class Line(logging.Formatter):
    """Time, level, message, facts."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line. To be called while it is being logged."""
        ours = record.name.partition(".")[0] in ("agent", "tools", "audio")
        message = record.getMessage() if ours else _foreign(record)
        facts = [f"{name}={record.__dict__[name]}" for name in FACTS if ours and name in record.__dict__]
        if record.exc_info and record.exc_info[0] is not None and "error" not in record.__dict__:
            facts.append(f"error={record.exc_info[0].__name__}")
        stamp = self.formatTime(record, self.datefmt)
        return " ".join([stamp, record.levelname.lower(), message.replace("\n", " "), *facts])


def _foreign(record: logging.LogRecord) -> str:
    """Another library's record: its name, the place in its source, and words that nobody has filled in."""
    if record.msg == _NATIVE and isinstance(record.args, tuple) and len(record.args) == 4:
        _, line, module, text = record.args
        known = _NATIVE_WORDS.match(str(text))
        place, words = f"{module}:{line}", known[0] if known is not None else ""
    else:
        place, words = f"{record.module}:{record.lineno}", _constant(str(record.msg))
    return f"{record.name} ({place}) {words}".rstrip()


def _constant(text: str) -> str:
    """The text so far as it is a constant of a function that is just running, as the one that logs is."""
    found = ""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - as logging itself finds out who speaks
    while frame is not None:
        constants = (one for one in frame.f_code.co_consts if isinstance(one, str) and len(one) >= _LEAST)
        found = max((found, *(one for one in constants if text.startswith(one))), key=len)
        frame = frame.f_back
    return found if found in ("", text) else f"{found.rstrip()}…"


def configure(level: int = logging.WARNING) -> None:
    """Log to standard error from now on. The libraries are only heard of what is an error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
