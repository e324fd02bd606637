from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from agent import settings
from agent.console.calls import Calls, Dashboard, meter, toggle
from agent.console.card import Controls
from agent.console.clerk import Clerk
from agent.console.keyboard import Key
from agent.console.phone import Booth
from agent.console.screen import Screen
from agent.console.stop import Stop
from agent.console.subject import Subject, read
from agent.plan import Plan
from agent.providers import STAND_INS
from agent.standins.process import StandIns
from tests.agent.console.fakes import FakeCard, Fingers
from tests.agent.console.test_phone import ASSISTANT, speech

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def held(
    card: FakeCard, stand_ins: StandIns, folder: Path, *lines: tuple[str, int, str | Key], staying: bool = True
) -> tuple[str, Calls]:
    (folder / "assistant.yaml").write_text(ASSISTANT.format(limit=30))
    given = settings.of({"VOICE_WORKER_DATA_DIR": str(folder / "calls")})
    out, controls, stop = StringIO(), Controls(), Stop()
    screen = Screen(Console(file=out, width=200, highlight=False), live=False)
    booth = Booth(card, controls, STAND_INS, stand_ins, frozenset(), folder / "calls" / "console")
    calls = Calls(booth, (screen, Fingers(out, *lines)), Clerk(screen, stop, given), Dashboard(controls))

    def planned(subject: Subject) -> Plan:
        return subject.plan(given, STAND_INS, datetime.now(UTC))

    await calls.run(read(folder / "assistant.yaml", given, {}), planned, stop.event, staying=staying)
    return out.getvalue(), calls


async def test_orders_are_taken_while_the_call_goes_on_and_after_it(stand_ins: StandIns, tmp_path: Path) -> None:
    card = FakeCard(*await speech(stand_ins, "Yes, this is me, what is it about?"))
    line = tmp_path / "line.yaml"
    printed, calls = await held(
        card,
        stand_ins,
        tmp_path,
        ("Hello there", 1, "I am typing"),
        (" ms)", 1, f"/save {line}"),
        ("written to", 1, "/mute"),
        ("the microphone is closed", 1, "/restart"),
        ("agent      Hello there", 2, "/transcript"),
        ("agent    Hello there", 1, "/quit"),
    )
    assert "you are heard by the microphone; /help lists what can be typed" in printed
    assert card.starts == 2 and not calls.failed
    assert printed.count("by user, client_initiated") == 2
    assert "after: agent-stops" in line.read_text()
    assert (tmp_path / "calls/console/attempt.json").exists()


async def test_in_a_script_the_end_of_the_call_is_the_end(stand_ins: StandIns, tmp_path: Path) -> None:
    printed, calls = await held(FakeCard(dies_after=1.0), stand_ins, tmp_path, ("", 0, Key.END), staying=False)
    assert "connection_timeout" in printed and not calls.failed


async def test_the_meter_shows_the_level_and_that_nothing_is_heard() -> None:
    controls = Controls(level=-30.0)
    assert meter(controls) == "mic ▮▮▮▮▮▮▯▯▯▯▯▯"
    toggle(controls)
    assert meter(controls).startswith("muted")
    assert meter(Controls()) == "mic ▯▯▯▯▯▯▯▯▯▯▯▯"
