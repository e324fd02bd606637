"""Session descriptions of a phone that speaks PCMU and, if it is told to, presses keys."""

import re
from dataclasses import dataclass

_EVENTS = 101
"""Payload type offered for telephone-event."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where sound goes, and how keys are told."""

    host: str
    port: int
    events: int | None = _EVENTS
    """Payload type of telephone-event (RFC 4733); None: keys are not understood."""

    def encode(self) -> str:
        """As the body of a message."""
        lines = [
            "v=0",
            f"o=phone 1 1 IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP 0" + ("" if self.events is None else f" {self.events}"),
            "a=rtpmap:0 PCMU/8000",
        ]
        if self.events is not None:
            lines += [f"a=rtpmap:{self.events} telephone-event/8000", f"a=fmtp:{self.events} 0-15"]
        return "\r\n".join([*lines, "a=ptime:20", "a=sendrecv", ""])


def parse(body: str) -> Session:
    """Where the other side wants its sound. Raises ValueError where that, or PCMU, is missing."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    audio = re.search(r"^m=audio (\d+) RTP/AVP ([\d ]+)", body, re.MULTILINE)
    if host is None or audio is None or "0" not in audio[2].split():
        raise ValueError("expected a session description with an address and PCMU")
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    return Session(host[1], int(audio[1]), int(events[1]) if events else None)
