"""The soak tests' stack, worker and scheduler are those of the end-to-end tests."""

from tests.e2e.conftest import _stack, callback, lk, new_worker, phone, scheduler, stack, trunk, worker

__all__ = ["_stack", "callback", "lk", "new_worker", "phone", "scheduler", "stack", "trunk", "worker"]
