"""Measures the worker's latencies, beside a plain LiveKit session on the same line: `docs/benchmarks.md`."""
