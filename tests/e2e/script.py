"""What a scripted phone does with a call."""

from dataclasses import dataclass, field

from audio.frames import Pcm
from tests.e2e.rtp import Media
from tests.e2e.sip import Header


@dataclass(frozen=True, slots=True)
class Referral:
    """What the phone does when it is asked to call somebody else (REFER)."""

    status: int | None = 202
    """None: it says nothing at all."""
    pause: float = 0.05
    """Seconds until the status, as a network takes: what comes within a millisecond the bridge loses now and then."""
    outcome: int | None = 200
    """What the new call came to, told by NOTIFY after an accepted REFER; None: it never tells."""
    after: float = 0.2
    """Seconds from the status to the outcome."""
    hang_up: bool = False
    """It says BYE instead of the outcome."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Credentials without which the phone does not ring."""

    login: tuple[str, str]
    """Name and password."""
    status: int = 407
    """With which it asks for them: 401 or 407."""
    qop: bool = True
    """Whether it asks for an answer that counts and carries a nonce of its own."""


@dataclass(frozen=True, slots=True)
class Script:
    """From the INVITE to the end; the default rings shortly, answers, and listens until the other side hangs up."""

    gate: Gate | None = None
    progress: tuple[int, ...] = (100, 180)
    """Provisional answers, sent at once."""
    early: bool = False
    """183 with a session description, and sound from then on."""
    after: float = 0.2
    """Seconds between the INVITE and the final answer."""
    at: float | None = None
    """The moment of the final answer, host monotonic seconds; wins over `after`."""
    final: int | None = 200
    """None: it never answers by itself; the test may."""
    reason: str = ""
    """Of a refusal; empty: the usual one."""
    headers: tuple[Header, ...] = ()
    """Further ones of a refusal."""

    described: bool = True
    """Whether the 200 carries a session description."""
    events: bool = True
    """Whether it understands keys (telephone-event)."""
    media: Media = Media.SOUND
    play: Pcm | None = field(default=None, compare=False)
    """8 kHz, sent from the answer on; from the 183 on with `early`. Comfort noise before and after."""

    bye_before_ack: bool = False
    """Hangs up with the very answer."""
    hang_up_after: float | None = None
    """Seconds after the ACK."""
    reinvite_after: float | None = None
    """Seconds after the ACK, with the same session description."""
    referral: Referral = Referral()
