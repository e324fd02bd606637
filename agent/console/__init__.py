"""`console`: somebody at a terminal talks to an assistant, by keyboard or by microphone and speaker."""
