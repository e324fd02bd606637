"""`voice-worker`, or `python -m agent`: the command line, and what Ctrl-C does until it is there.

Loading it takes a moment, in which an interrupt would be told as a traceback.
"""

import os
import signal
from types import FrameType


def main() -> None:
    """Load the command line and run it. Ctrl-C before that ends the process at once."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # and not ignored, as for a job in the background
        signal.signal(signal.SIGINT, _leave)
    from agent import cli  # noqa: PLC0415

    signal.signal(signal.SIGINT, usual)
    cli.main()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    os.write(2, b"stopped\n")
    os._exit(1)


if __name__ == "__main__":
    main()
