"""`python -m agent.standins`: started by `agent.standins.process`, whose standard error it shares."""

import asyncio
import logging
import sys

from agent import logs
from agent.standins.server import serve


def worth_telling(record: logging.LogRecord) -> bool:
    """A client that goes in the middle of an answer is nothing new: that is how a call ends."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ConnectionError)


if __name__ == "__main__":
    logs.configure()
    logging.getLogger("aiohttp.server").addFilter(worth_telling)
    sys.exit(asyncio.run(serve()))
