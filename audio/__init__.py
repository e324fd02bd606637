"""Sound: frames, the telephone band, tones, mixing, the ledger of what was played, recording."""
