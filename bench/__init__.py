"""Measures the worker's latencies, beside a plain LiveKit session on the same line. `python -m bench`; `docs/benchmarks.md`."""
