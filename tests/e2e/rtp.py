"""RTP of a phone: PCMU in frames of 20 ms, keys as events (RFC 4733), and everything that came, sample by sample."""

import asyncio
import secrets
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from agent.standins.resample import resampled
from audio import g711, noise
from audio.frames import Pcm

RATE = 8000
"""Samples a second on the wire."""
FRAME = 160
"""Samples in a packet."""
TICK = 0.02
_KEYS = "0123456789*#ABCD"
_NOISE = noise.comfort(dbfs=-62.0)[: 5 * RATE]
_PRESS, _PAUSE = 8, 5
"""Packets a key lasts, and packets of sound between two keys."""
_HEADER = struct.Struct("!BBHII")


class Media(StrEnum):
    """What a phone sends."""

    SOUND = "sound"
    GARBAGE = "garbage"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of sound as it came."""

    arrived: float
    """Host monotonic seconds."""
    timestamp: int
    """In samples, as sent: 32 bit, from anywhere."""
    codes: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """A key that was pressed at the other end."""

    key: str
    arrived: float
    """When its first packet came, host monotonic seconds."""


class Heard:
    """What a phone heard, each sample at the place its RTP timestamp gives it."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        """Of sound, in order of arrival."""
        self.sequences: list[int] = []
        """Of every packet, keys too."""

    def pcm(self, rate: int = RATE) -> Pcm:
        """Everything from the earliest sample on; what never came is silence. `rate` is 8000 or 24000."""
        places = self._places()
        length = max((place + len(packet.codes) for place, packet in zip(places, self.packets, strict=True)), default=0)
        pcm = np.zeros(length, dtype=np.int16)
        for place, packet in zip(places, self.packets, strict=True):
            pcm[place : place + len(packet.codes)] = g711.decode_mu(np.frombuffer(packet.codes, dtype=np.uint8))
        return resampled(pcm, RATE, rate)

    @property
    def began(self) -> float:
        """When sample 0 came, host monotonic seconds: by the packet that was least delayed. Raises where none came."""
        return min(packet.arrived - place / RATE for place, packet in zip(self._places(), self.packets, strict=True))

    @property
    def missing(self) -> int:
        """Packets that never came between the first and the last."""
        if not self.sequences:
            return 0
        offsets = [_signed(sequence - self.sequences[0], 16) for sequence in self.sequences]
        return max(offsets) - min(offsets) + 1 - len(set(offsets))

    def _places(self) -> list[int]:
        if not self.packets:
            return []
        first = self.packets[0].timestamp
        offsets = [_signed(packet.timestamp - first, 32) for packet in self.packets]
        return [offset - min(offsets) for offset in offsets]


def _signed(number: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (number + half) % (1 << bits) - half


class Source:
    """What goes out, packet by packet: keys before sound, comfort noise where there is neither."""

    def __init__(self) -> None:
        self.events: int | None = None
        """Payload type of the other side's telephone-event; keys are dropped while it is None."""
        self.waiting: deque[int] = deque()
        """Samples still to be sent."""
        self.keys: deque[str] = deque()
        self._ssrc = secrets.randbits(32)
        self._ticks = self._sequence = self._step = 0

    def tick(self) -> list[bytes]:
        """The packets of the next 20 ms."""
        packets = self._key() if self.keys else [self._packet(0, self._frame())]
        self._ticks += 1
        return packets

    def _frame(self) -> bytes:
        position = self._ticks * FRAME % (len(_NOISE) - FRAME)
        frame = _NOISE[position : position + FRAME].copy()
        count = min(FRAME, len(self.waiting))
        frame[:count] = [self.waiting.popleft() for _ in range(count)]
        return g711.encode_mu(frame).tobytes()

    def _key(self) -> list[bytes]:
        step, self._step = self._step, (self._step + 1) % (_PRESS + _PAUSE)
        key = self.keys[0]
        if self._step == 0:
            self.keys.popleft()
        if step >= _PRESS or self.events is None:
            return [self._packet(0, self._frame())]
        last = step == _PRESS - 1
        body = struct.pack("!BBH", _KEYS.index(key), (0x80 if last else 0) | 10, (step + 1) * FRAME)
        began = (self._ticks - step) * FRAME
        return [self._packet(self.events, body, timestamp=began, marker=step == 0) for _ in range(3 if last else 1)]

    def _packet(self, kind: int, body: bytes, *, timestamp: int | None = None, marker: bool = False) -> bytes:
        self._sequence += 1
        stamp = self._ticks * FRAME if timestamp is None else timestamp
        return _HEADER.pack(0x80, kind | marker << 7, self._sequence % 65536, stamp % 2**32, self._ssrc) + body


class Stream(asyncio.DatagramProtocol):
    """A phone's RTP socket. `open` it, `begin` to send, `close` it."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.pressed: list[Press] = []
        self.media = Media.SOUND
        """May be changed at any moment: what is sent from the next packet on."""
        self._source = Source()
        self._events: dict[int, Press] = {}
        self._began: float | None = None
        self._sent = 0
        self._sending: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, host: str) -> "Stream":
        """A stream on a free port."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
        return stream

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        # asyncio calls it with the transport of its kind
        self._transport = transport

    @property
    def port(self) -> int:
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def begin(self, peer: tuple[str, int], events: int | None) -> None:
        """Send a frame every 20 ms from now on; a second call changes nothing."""
        if self._sending is None:
            self._source.events = events
            self._began = time.monotonic()
            self._sending = asyncio.create_task(self._send(peer), name="phone's sound")

    def play(self, pcm: Pcm) -> float:
        """Send 8 kHz samples after those that wait already; returns the moment of the first, host monotonic seconds.

        Before `begin` that moment is nan.
        """
        ahead = self._sent + len(self._source.waiting) / FRAME
        self._source.waiting.extend(pcm.tolist())
        return float("nan") if self._began is None else self._began + ahead * TICK

    def press(self, keys: str) -> None:
        """Press keys one after another, 160 ms each and 100 ms apart."""
        if set(keys) - set(_KEYS):
            raise ValueError(f"expected keys of {_KEYS}")
        self._source.keys.extend(keys)

    async def silent(self, within: float = 60.0) -> None:
        """Wait until every sample was sent and every key pressed."""
        await until(lambda: not self._source.waiting and not self._source.keys, within, "everything was sent")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        arrived = time.monotonic()
        if len(data) < _HEADER.size or 192 <= data[1] <= 223:  # too short, or RTCP
            return
        first, kind, sequence, timestamp, _ = _HEADER.unpack_from(data)
        body = data[_HEADER.size + 4 * (first & 15) :]
        self.heard.sequences.append(sequence)
        if kind & 0x7F == 0:
            self.heard.packets.append(Packet(arrived, timestamp, body))
        elif kind & 0x7F == self._source.events and body and timestamp not in self._events:
            self._events[timestamp] = Press(_KEYS[body[0] & 15], arrived)
            self.pressed.append(self._events[timestamp])

    def close(self) -> None:
        """Stop sending and give the port back; safe twice."""
        if self._sending is not None:
            self._sending.cancel()
        self._transport.close()

    async def _send(self, peer: tuple[str, int]) -> None:
        assert self._began is not None
        while True:
            packets = self._source.tick()
            self._sent += 1
            if self.media is Media.GARBAGE:
                packets = [secrets.token_bytes(secrets.randbelow(400))]
            for packet in packets if self.media is not Media.NONE else ():
                self._transport.sendto(packet, peer)
            await asyncio.sleep(max(0.0, self._began + self._sent * TICK - time.monotonic()))


async def until(done: Callable[[], bool], within: float, what: str) -> None:
    """Wait until `done`. Raises AssertionError, which says what did not happen, after so many seconds."""
    give_up = time.monotonic() + within
    while not done():
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {within:g} s in vain until {what}")
        await asyncio.sleep(0.005)
