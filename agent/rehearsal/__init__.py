"""Rehearsal: the whole call on one machine, with a simulated line and callee in place of the telephone network."""
