"""The logs: one line a record, and nothing in it that is anybody's own."""

import logging
import re
import sys
from collections.abc import Iterator

import pytest

from agent import logs

NUMBER, KEY, SAID = "+33612345678", "sk-live-123", "I live at 5 rue X"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs._QUIET}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def formatted(name: str, message: object, *arguments: object, **extra: object) -> str:
    record = logging.LogRecord(name, logging.WARNING, "x.py", 1, message, arguments, None)
    record.__dict__.update(extra)
    return logs.Line().format(record)


def test_a_record_is_its_time_its_level_its_message_and_its_facts() -> None:
    line = formatted("agent.call", "a provider failed", part="ears", error="APIError", timeout=5.0)
    time, level, rest = line.split(" ", 2)
    assert len(time.split(":")) == 3
    assert level == "warning"
    assert rest == "a provider failed part=ears error=APIError timeout=5.0"


def test_fields_that_are_not_known_to_be_harmless_are_not_printed() -> None:
    extra = {"lk.pii.transcript": SAID, "metadata": KEY, "phone_number": NUMBER, "attempt": "attempt-1"}
    line = formatted("agent.call", "the call broke", **extra)
    assert line.endswith("the call broke attempt=attempt-1")


@pytest.mark.parametrize("name", ["livekit.agents", "sip", "openai._base_client", "root", "agents.other", "toolshed"])
def test_of_another_librarys_record_nothing_is_printed_that_was_filled_in(name: str) -> None:
    extra = {"lk.pii.transcript": SAID, "error": f"calling {NUMBER}", "attempt": SAID, "phase": KEY}
    line = formatted(name, "dialling %s with %s: %s", NUMBER, KEY, SAID, **extra)
    assert line.endswith(f"warning {name} (x:1) dialling %s with %s: %s")


def heard(text: str) -> str:
    """What is printed of a message that somebody else made."""
    return formatted("livekit.agents", text).partition(" warning ")[2]


def test_of_a_message_that_was_put_together_the_words_of_the_source_are_printed() -> None:
    code = -len(KEY)
    assert heard(f"the process exited with code {code}") == "livekit.agents (x:1) the process exited with code…"
    assert heard(f"{NUMBER} hung up") == heard(SAID.upper()) == heard(f"{KEY}: {SAID}") == "livekit.agents (x:1)"
    assert formatted("livekit.agents", ValueError(KEY)).endswith("warning livekit.agents (x:1)")


NATIVE = "livekit::rtc_engine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("restarting connection... attempt: 3", " restarting connection... attempt: 3"),
        (
            f"restarting connection failed: signal failure: wss://h/rtc?access_token={KEY}",
            " restarting connection failed",
        ),
        ("publisher data channel '_lossy' closed unexpectedly", " publisher data channel '_lossy' closed unexpectedly"),
        (f"publisher data channel '{SAID}' closed unexpectedly", ""),
        (f"{SAID} failed to handle signal", ""),
        (f"received track from an unknown participant: {NUMBER}", ""),
    ],
)
def test_of_livekits_native_side_its_place_and_known_words_are_printed(text: str, told: str) -> None:
    line = formatted("livekit", "%s:%s:%s - %s", NATIVE, 1025, NATIVE, text)
    assert line.endswith(f"warning livekit (livekit::rtc_engine:1025){told}")


def test_a_record_whose_arguments_do_not_fit_is_printed_all_the_same() -> None:
    assert formatted("livekit.agents", "%d %d and so on", NUMBER).endswith("livekit.agents (x:1) %d %d and so on")


@pytest.mark.parametrize("name", ["agent.call", "livekit.agents"])
def test_of_a_traceback_only_the_kind_of_error_is_printed(name: str) -> None:
    try:
        raise ValueError(f"{KEY} for {NUMBER}")
    except ValueError:
        record = logging.LogRecord(name, logging.ERROR, "x.py", 1, "it broke", (), sys.exc_info())
    record.stack_info = f"Stack: {KEY}"
    line = logs.Line().format(record)
    assert "\n" not in line
    assert line.endswith("error=ValueError")
    assert KEY not in line
    assert NUMBER not in line
    assert "Traceback" not in line


def test_an_error_that_is_named_already_is_named_once() -> None:
    try:
        raise ValueError(KEY)
    except ValueError:
        record = logging.LogRecord("agent.call", logging.ERROR, "x.py", 1, "it broke", (), sys.exc_info())
    record.__dict__["error"] = "ValueError"
    assert logs.Line().format(record).count("ValueError") == 1


def test_a_message_of_many_lines_is_one_line() -> None:
    assert formatted("agent.call", "one\ntwo").endswith("one two")


def emitted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What went to standard error, without the times; nothing may go to standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return [line.split(" ", 1)[1] for line in captured.err.splitlines()]


def test_everything_that_is_logged_goes_to_standard_error_through_the_one_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    logging.getLogger("agent.call").warning("a tool broke", extra={"tool": "slots", "lk.pii.text": SAID})
    logging.getLogger("livekit.agents").error("metadata: %s", KEY, extra={"lk.pii.user_transcript": SAID})
    logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=ValueError(NUMBER))
    ours, theirs, other = emitted(capsys)
    assert ours == "warning a tool broke tool=slots"
    assert re.fullmatch(r"error livekit\.agents \(test_logs:\d+\) metadata: %s", theirs)
    assert re.fullmatch(r"error asyncio \(test_logs:\d+\) Task exception was never retrieved error=ValueError", other)


def test_libraries_are_heard_of_only_when_something_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    for name in ("livekit", "livekit.agents", "livekit.plugins.cartesia", "httpx", "httpcore.http11", "aiohttp.client"):
        logging.getLogger(name).warning("%s", KEY)
    logging.getLogger("agent.call").info("not asked for")
    assert emitted(capsys) == []


def test_debugging_the_worker_does_not_make_its_libraries_talk(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(logging.DEBUG)
    logging.getLogger("agent.call").debug("the callee pressed a key")
    logging.getLogger("livekit.agents").debug("transcript", extra={"lk.pii.transcript": SAID})
    assert emitted(capsys) == ["debug the callee pressed a key"]


def test_configuring_twice_does_not_print_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.configure()
    logging.getLogger("agent.call").warning("once")
    assert emitted(capsys) == ["warning once"]
