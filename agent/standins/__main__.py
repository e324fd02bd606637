"""`python -m agent.standins`: started by `agent.standins.process`."""

import asyncio
import sys

from agent.standins.server import serve

if __name__ == "__main__":
    sys.exit(asyncio.run(serve()))
