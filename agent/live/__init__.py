"""`check --live`: what only the servers themselves can tell, found out without ringing anyone."""
