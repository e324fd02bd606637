"""Which requests to a call's providers fail, as its line file says."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.standins.config import FaultKind, Provider, ProviderFault

_ALL = frozenset(FaultKind)


@dataclass(slots=True)
class _Rule:
    fault: ProviderFault
    seen: int = 0
    """Requests that it could have struck."""

    def strikes(self, age: float) -> bool:
        """Whether it strikes a request that comes so many seconds after the first; the request is counted."""
        fault = self.fault
        if age < fault.after or (fault.until is not None and age >= fault.until):
            return False
        self.seen += 1
        return self.seen > fault.skip and (fault.count is None or self.seen <= fault.skip + fault.count)


class Outages:
    """The faults of one call's providers."""

    def __init__(self, faults: Sequence[ProviderFault], now: Callable[[], float] = time.monotonic) -> None:
        self._rules = [_Rule(fault) for fault in faults]
        self._now = now
        self._began: dict[Provider, float] = {}

    def strike(self, provider: Provider, name: str, among: frozenset[FaultKind] = _ALL) -> ProviderFault | None:
        """The fault that strikes a request that has just come in."""
        now = self._now()
        age = now - self._began.setdefault(provider, now)
        for rule in self._rules:
            concerned = rule.fault.provider == provider and rule.fault.name in (None, name)
            if concerned and rule.fault.kind in among and rule.strikes(age):
                return rule.fault
        return None
