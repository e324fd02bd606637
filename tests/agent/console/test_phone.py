import asyncio
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from agent import events as e
from agent import settings
from agent.console.card import Controls
from agent.console.phone import Booth, Phone
from agent.console.subject import read
from agent.console.wordless import WORDS
from agent.journal import read as journal
from agent.models.report import Attempt
from agent.providers import STAND_INS
from agent.report import fold
from agent.standins.config import CallConfig
from agent.standins.process import StandIns
from audio.frames import Pcm
from audio.recording import read_ogg
from tests.agent.console.fakes import BrokenCard, FakeCard

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSISTANT = """
prompt: You are Emma. Be brief.
first_sentence: Hello there, this is Emma.
end_of_call_sentence: Goodbye.
max_call_duration_secs: {limit}
"""


async def speech(stand_ins: StandIns, *texts: str) -> list[Pcm]:
    call = await stand_ins.open_call(CallConfig())
    said = [(await call.voice(text, language="en")).pcm for text in texts]
    await call.close()
    return said


class Held:
    """A call by microphone in a folder."""

    def __init__(self, card: FakeCard, stand_ins: StandIns, folder: Path, limit: float = 60.0, model: str = "") -> None:
        (folder / "assistant.yaml").write_text(ASSISTANT.format(limit=limit) + model)
        given = settings.of({})
        subject = read(folder / "assistant.yaml", given, {})
        self.plan = subject.plan(given, STAND_INS, datetime.now(UTC))
        self.controls = Controls()
        self.folder = folder / "out"
        self.events: list[e.Event] = []
        self.begun = asyncio.Event()
        booth = Booth(card, self.controls, STAND_INS, stand_ins, frozenset(), self.folder, bool(model))
        self.phone = Phone(booth, self._watch)

    def _watch(self, event: e.Event) -> None:
        self.events.append(event)
        self.begun.set()

    async def talk(self) -> Attempt:
        report = await self.phone.talk(self.plan)
        assert fold(list(journal(self.folder / "events.jsonl"))) == report
        return report


async def test_a_person_at_the_microphone_is_answered(stand_ins: StandIns, tmp_path: Path) -> None:
    said = await speech(stand_ins, "Yes, this is me, what is it about?", "All right, that sounds good to me.")
    card = FakeCard(*said, echo=0.3)
    held = Held(card, stand_ins, tmp_path)
    talking = asyncio.create_task(held.talk())
    for _ in range(3000):
        replies = [one for one in held.events if isinstance(one, e.AgentStopped) and one.kind == "reply"]
        if len(replies) == 2 or talking.done():
            break
        await asyncio.sleep(0.01)
    held.phone.put_down()
    report = await talking
    assert (report.status, report.ended_by, report.end_reason) == ("completed", "user", "client_initiated")
    roles = [entry.role for entry in report.transcript]
    assert roles == ["assistant", "user", "assistant", "user", "assistant"], report.transcript
    assert len(report.details.latencies) == 2
    assert not any(event.was_cut for event in report.speech_events)
    callee, agent = read_ogg(held.folder / "audio.ogg")
    assert len(callee) == len(agent)
    # What was heard at the speaker is what was recorded.
    assert np.abs(card.speaker.astype(np.int32)).max() > 3000
    assert [type(entry).__name__ for entry in held.phone.scribe.record.entries][:3] == ["Spoken", "Typed", "Spoken"]


async def test_a_microphone_that_is_unplugged_ends_the_call(stand_ins: StandIns, tmp_path: Path) -> None:
    report = await Held(FakeCard(dies_after=1.0), stand_ins, tmp_path).talk()
    assert (report.status, report.end_reason) == ("completed", "connection_timeout")


async def test_a_device_that_cannot_be_opened_is_a_dial_that_failed(stand_ins: StandIns, tmp_path: Path) -> None:
    report = await Held(BrokenCard(), stand_ins, tmp_path).talk()
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("dial_error", "the microphone cannot be opened")


async def test_a_closed_microphone_is_not_heard(stand_ins: StandIns, tmp_path: Path) -> None:
    held = Held(FakeCard(*await speech(stand_ins, "Yes, this is me.")), stand_ins, tmp_path, limit=4.5)
    held.controls.muted = True
    report = await held.talk()
    assert [entry.role for entry in report.transcript] == ["assistant"]
    assert report.end_reason == "max_duration"
    callee, _ = read_ogg(held.folder / "audio.ogg")
    assert np.abs(callee.astype(np.int32)).max() < 50


async def test_keys_are_heard_as_their_tones(stand_ins: StandIns, tmp_path: Path) -> None:
    held = Held(FakeCard(), stand_ins, tmp_path, limit=2.5)
    held.controls.keys.extend("12")
    await held.talk()
    callee, _ = read_ogg(held.folder / "audio.ogg")
    first = callee[: 24 * 120].astype(float)
    power = np.abs(np.fft.rfft(first))
    loudest = np.fft.rfftfreq(len(first), 1 / 24000)[np.argsort(power)[-40:]]
    assert any(abs(hz - 697) < 15 for hz in loudest) and any(abs(hz - 1209) < 15 for hz in loudest)
    assert not held.controls.keys


async def test_hanging_up_before_there_is_a_call_withdraws_it(stand_ins: StandIns, tmp_path: Path) -> None:
    held = Held(FakeCard(), stand_ins, tmp_path)
    talking = asyncio.create_task(held.talk())
    await held.begun.wait()
    held.phone.put_down()
    report = await talking
    assert report.error is not None and report.error.code == "cancelled"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Google's SDK uses what it has deprecated itself
@pytest.mark.parametrize(("provider", "voice"), [("openai", "marin"), ("google", "Puck")])
async def test_one_key_is_enough_for_a_model_that_hears_by_itself(
    stand_ins: StandIns, tmp_path: Path, provider: str, voice: str
) -> None:
    model = f"llm_model: {{type: realtime, provider: {provider}, realtime_model_id: m, realtime_voice_id: {voice}}}\n"
    card = FakeCard(*await speech(stand_ins, "Yes, this is me, what is it about?"))
    report = await Held(card, stand_ins, tmp_path, limit=8.0, model=model).talk()
    assert [entry.role for entry in report.transcript][:3] == ["assistant", "user", "assistant"], report
    assert report.transcript[1].content == WORDS
