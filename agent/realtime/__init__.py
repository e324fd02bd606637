"""Models that hear and speak by themselves."""
