"""One call at a scripted phone: the dialog, its sound, and what its script says is done."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tests.e2e import digest, sdp, sip
from tests.e2e.digest import Challenge
from tests.e2e.rtp import Stream, until
from tests.e2e.script import Script
from tests.e2e.sip import Message

UNACKNOWLEDGED = 32.0
"""Seconds an answer is sent again for: 64 times T1. A bridge's CANCEL may have crossed it."""
_RESEND = (0.5, 1.0, 2.0, 4.0, 4.0)
"""Seconds after which a message is sent again until it is answered."""
_NONE = Message("", ())


class Post(Protocol):
    """The phone, as a call sees it."""

    host: str

    @property
    def contact(self) -> str:
        """Where it is called."""
        ...

    def send(self, message: Message, peer: tuple[str, int]) -> None:
        """Send it and enter it into the log."""
        ...

    def find(self, call_id: str, *, sent: bool, what: str) -> float | None:
        """When a message of this pattern was first sent or received, host monotonic seconds; None: never."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it until it is done or the phone is closed."""
        ...


class Call:
    """A call that the phone received or made."""

    def __init__(
        self, post: Post, peer: tuple[str, int], script: Script, dialog: sip.Dialog, invite: Message = _NONE
    ) -> None:
        self.script = script
        self.invite = invite
        """The INVITE that began it; empty until one of ours is sent."""
        self.dialog = dialog
        self.referred_to: list[str] = []
        """Where it was asked to call, one for each REFER."""
        self._post = post
        self._peer = peer
        self._acknowledged = asyncio.Event()
        self._over = asyncio.Event()
        self._stream: Stream | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._answer: Message | None = None
        """Ours to the INVITE; sent again when that is."""
        self._offered = invite
        """The last INVITE of ours."""
        gate = script.gate
        self._challenge = None if gate is None else Challenge.new(gate.status, gate.login, qop=gate.qop)
        self._barred = False
        """It was last asked for credentials."""

    # What there is to know

    @property
    def number(self) -> str:
        """The number that was dialled."""
        return sip.user(self.invite.start)

    @property
    def caller(self) -> str:
        """The number it came from."""
        return sip.user(self.invite.get("From"))

    @property
    def stream(self) -> Stream:
        """Its sound. Raises AssertionError before there is any."""
        assert self._stream is not None, "this call has no sound yet"
        return self._stream

    @property
    def keys(self) -> str:
        """The keys the other side pressed."""
        return "".join(press.key for press in self.stream.pressed)

    def sent(self, what: str) -> float | None:
        """When the phone first sent `BYE`, `200 INVITE`, `4?? INVITE` and the like, host monotonic seconds; or None."""
        return self._post.find(self.dialog.call_id, sent=True, what=what)

    def received(self, what: str) -> float | None:
        """When the phone first received it, host monotonic seconds; or None."""
        return self._post.find(self.dialog.call_id, sent=False, what=what)

    @property
    def answered_at(self) -> float:
        """When the 200 was sent or received. Raises AssertionError where it was not."""
        moment = self.sent("200 INVITE") or self.received("200 INVITE")
        assert moment is not None, "this call was not answered"
        return moment

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it at the phone."""
        return self._over.is_set() or self._barred

    async def answered(self, within: float = 10.0) -> None:
        """Wait until it is. Raises AssertionError when it takes too long, as every wait here does."""
        await until(lambda: bool(self.sent("200 INVITE") or self.received("200 INVITE")), within, "it was answered")

    async def over(self, within: float = 10.0) -> None:
        """Wait until it is."""
        await until(lambda: self.is_over, within, "the call was over")

    # What it does

    def begin(self) -> None:
        """Do with the INVITE what the script says, from now on."""
        challenge = self._challenge
        self._barred = challenge is not None and not challenge.is_met(self.invite)
        if challenge is not None and self._barred:
            self._respond(self.invite, challenge.status, challenge.header)
        else:
            self._do(self._ring())

    async def dial(self) -> None:
        """Send an INVITE of ours, and again until there is an answer."""
        await self._open()
        self.invite = self._offer()
        self._post.spawn(self._again(self.invite, lambda: self.is_over or self.received("??? INVITE") is not None))

    async def _ring(self) -> None:
        for status in self.script.progress:
            self._respond(self.invite, status)
        await self._open()
        if self.script.early:
            self._respond(self.invite, 183, body=self._described())
            self._begin(self.invite)
        moment = self.script.at or time.monotonic() + self.script.after
        await asyncio.sleep(max(0.0, moment - time.monotonic()))
        if self.script.final == 200:
            self.answer()
        elif self.script.final is not None:
            self.refuse(self.script.final)

    def answer(self) -> None:
        """Pick up, if it still rings."""
        if self.is_over or self.sent("200 INVITE"):
            return
        self._respond(self.invite, 200, body=self._described() if self.script.described else "")
        self._begin(self.invite)
        answer = self._answer
        assert answer is not None
        self._post.spawn(self._again(answer, lambda: self.is_over or self._acknowledged.is_set()))
        if self.script.bye_before_ack:
            self.hang_up()
        else:
            self._do(self._converse())

    def refuse(self, status: int, reason: str = "", *headers: sip.Header) -> None:
        """Answer with a final status that is no success, if it still rings."""
        if self.is_over or self.sent("200 INVITE"):
            return
        challenge = (Challenge.new(status).header,) if status in digest.CHALLENGES else ()
        extra = (*headers, *self.script.headers, *challenge)
        self._respond(self.invite, status, *extra, reason=reason or self.script.reason)
        answer = self._answer
        assert answer is not None
        self._post.spawn(self._again(answer, self._acknowledged.is_set))
        self.end()

    def hang_up(self) -> None:
        """BYE."""
        if self.is_over:
            return
        bye = self.dialog.request("BYE")
        self._post.send(bye, self._peer)
        self._post.spawn(self._again(bye, lambda: self.received("??? BYE") is not None))
        self.end()

    def cancel(self) -> None:
        """Withdraw an INVITE of ours."""
        self._post.send(self.dialog.cancel(self.invite), self._peer)

    def reinvite(self) -> None:
        """Offer the same session once more, in the middle of the call."""
        self._offer()

    def end(self) -> None:
        """Forget it: no sound, no script. Nothing is sent."""
        self._over.set()
        for task in self._work - {asyncio.current_task()}:
            task.cancel()
        if self._stream is not None:
            self._stream.close()

    # What comes in

    def take(self, message: Message) -> None:
        """A message of this dialog."""
        if message.status:
            self._take_response(message)
            return
        match message.method:
            case "ACK":
                self._acknowledged.set()
            case "INVITE":
                self._take_invite(message)
            case "CANCEL":
                self._respond(message, 200)
                self.refuse(487)
            case "BYE":
                self._respond(message, 200)
                self.end()
            case "REFER":
                self._take_referral(message)
            case _:
                self._respond(message, 200)

    def _take_invite(self, message: Message) -> None:
        """One of this dialog's: sent once more, with credentials, or to describe the session anew."""
        if message.cseq == self.invite.cseq:
            if self._answer is not None:
                self._post.send(self._answer, self._peer)
        elif self.script.final in digest.CHALLENGES:
            # Whatever the credentials are, they are not good enough.
            self._respond(message, self.script.final, Challenge.new(self.script.final).header)
        elif self._barred:
            self.invite, self._answer = message, None
            self._acknowledged.clear()
            self.begin()
        else:
            self._respond(message, 200, body=self._described())

    def _take_response(self, answer: Message) -> None:
        if answer.cseq[1] != "INVITE" or answer.status < 200:
            return
        of_first = answer.cseq == self.invite.cseq
        if answer.status < 300 and of_first:
            self.dialog.remote = answer.get("To")
            self.dialog.target = sip.uri(answer.get("Contact"))
            self.dialog.routes = tuple(reversed(answer.all("Record-Route")))
        self._post.send(self.dialog.acknowledge(self._offered, answer), self._peer)
        if answer.status >= 300 and of_first:
            self.end()
        elif of_first and not self._acknowledged.is_set():
            self._acknowledged.set()
            self._begin(answer)
            self._do(self._converse())

    def _take_referral(self, refer: Message) -> None:
        self.referred_to.append(sip.uri(refer.get("Refer-To")))
        if self.script.referral.status is not None:
            self._do(self._refer(refer, self.script.referral.status))

    # How it is done

    async def _open(self) -> None:
        self._stream = await Stream.open(self._post.host)
        self._stream.media = self.script.media

    def _offer(self) -> Message:
        self._offered = self.dialog.request("INVITE", ("Content-Type", "application/sdp"), body=self._described())
        self._post.send(self._offered, self._peer)
        return self._offered

    def _begin(self, offer: Message) -> None:
        try:
            peer = sdp.parse(offer.body)
        except ValueError:
            return  # there is nowhere to send to
        if self.script.play is not None and not (self.script.early and self.sent("200 INVITE")):
            self.stream.play(self.script.play)
        self.stream.begin((peer.host, peer.port), peer.events if self.script.events else None)

    def _described(self) -> str:
        offered = sdp.parse(self.invite.body).events if self.invite.body else 101
        return sdp.Session(self._post.host, self.stream.port, offered if self.script.events else None).encode()

    async def _converse(self) -> None:
        """After the answer. One that is never acknowledged is taken back (RFC 3261, 13.3.1.4)."""
        try:
            await asyncio.wait_for(self._acknowledged.wait(), UNACKNOWLEDGED)
        except TimeoutError:
            self.hang_up()
            self._over.set()
            return
        if self.script.reinvite_after is not None:
            await asyncio.sleep(self.script.reinvite_after)
            self.reinvite()
        if self.script.hang_up_after is not None:
            await asyncio.sleep(self.script.hang_up_after)
            self.hang_up()

    async def _refer(self, refer: Message, status: int) -> None:
        referral = self.script.referral
        await asyncio.sleep(referral.pause)
        self._respond(refer, status)
        if status >= 300:
            return
        self._notify(100, "active")
        await asyncio.sleep(referral.after)
        if referral.hang_up:
            self.hang_up()
        elif referral.outcome is not None:
            self._notify(referral.outcome, "terminated;reason=noresource")

    def _notify(self, status: int, state: str) -> None:
        headers = (("Event", "refer"), ("Subscription-State", state), ("Content-Type", "message/sipfrag;version=2.0"))
        body = f"SIP/2.0 {status} {sip.REASONS.get(status, 'Unknown')}"
        self._post.send(self.dialog.request("NOTIFY", *headers, body=body), self._peer)

    def _respond(self, request: Message, status: int, *headers: sip.Header, reason: str = "", body: str = "") -> None:
        to = request.get("To")
        if status > 100:
            to = sip.tagged(to, self.dialog.local.partition(";tag=")[2])
        contact = ("Contact", self._post.contact)
        answer = sip.response(request, status, contact, *headers, to=to, reason=reason, body=body)
        if request.cseq == self.invite.cseq:
            self._answer = answer
        self._post.send(answer, self._peer)

    async def _again(self, message: Message, enough: Callable[[], bool]) -> None:
        """What was sent once is sent again until that is enough."""
        for pause in _RESEND:
            await asyncio.sleep(pause)
            if enough():
                return
            self._post.send(message, self._peer)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._post.spawn(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
