"""Calls on the phone network from the terminal: dispatch one, list them, end one."""
