"""`python -m agent` is `voice-worker`."""

from agent.cli import main

main()
