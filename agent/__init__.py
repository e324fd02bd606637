"""The voice worker: conducts one phone call per attempt."""
