"""Conversations by keyboard against a model on loopback, without a process of their own."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from agent import settings
from agent.console.chat import Chat
from agent.console.clerk import Clerk
from agent.console.keyboard import Key
from agent.console.screen import Screen
from agent.console.session import Session, Status
from agent.console.stop import Stop
from agent.console.subject import read
from agent.providers import Source
from tests.agent.console.fakes import Fingers
from tests.agent.console.test_talk import served


async def chatted(
    folder: Path, mode: str, *lines: tuple[str, int, str | Key], at_once: bool = False, **environment: str
) -> tuple[str, Session]:
    (folder / "a.yaml").write_text("prompt: You are Emma.\nfirst_sentence: Hello there.\n")
    async with served() as url:
        given = settings.of(
            {
                "OPENAI_API_KEY": "sk-canary",
                "OPENAI_BASE_URL": f"{url}/{mode}",
                "VOICE_WORKER_DATA_DIR": str(folder / "calls"),
                **environment,
            }
        )
        out, stop = StringIO(), Stop()
        screen = Screen(Console(file=out, width=200, highlight=False), live=False)
        session = Session(read(folder / "a.yaml", given, {}), given, Source.REAL, screen, Status())
        chat = Chat(session, screen, Fingers(out, *lines), Clerk(screen, stop, given))
        await chat.run(stop, at_once=at_once)
    return out.getvalue(), session


async def test_a_revoked_key_is_named_and_the_conversation_stays(tmp_path: Path) -> None:
    out, session = await chatted(
        tmp_path, "401", ("", 0, "Hello?"), ("provider refused", 1, "Again?"), ("provider refused", 2, Key.END)
    )
    assert "error    the model's provider refused the key: see OPENAI_API_KEY\n" in out
    assert "canary" not in out
    assert session.failed


async def test_a_model_that_says_nothing_is_told(tmp_path: Path) -> None:
    out, session = await chatted(tmp_path, "empty", ("", 0, "Hello?"), ("", 0, Key.END))
    assert "warning  the model said nothing\n" in out
    assert not session.failed


async def test_who_goes_on_typing_interrupts(tmp_path: Path) -> None:
    out, session = await chatted(
        tmp_path,
        "slow",
        ("Hello there.", 1, "Count."),
        ("word3", 1, "Stop it."),
        ("stopped", 1, Key.STOP),  # ends the second answer, and is no leaving
        ("stopped", 2, Key.STOP),
        at_once=True,
    )
    assert out.count(", stopped, done after") == 2
    said = session.minutes.record.entries
    assert [type(entry).__name__ for entry in said][:4] == ["Spoken", "Typed", "Spoken", "Typed"]
    assert getattr(said[2], "cut", False) and getattr(said[3], "interrupts", False)


async def test_an_edited_prompt_is_gone_on_with_and_stays(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nprintf \'You are {{{{%s}}}}.\' "$(cat {tmp_path}/which)" > "$1"\n')
    editor.chmod(0o755)
    (tmp_path / "which").write_text("nobody")
    edit = (("", 0, "/edit"), ("", 0, Key.END))
    out, session = await chatted(tmp_path, "empty", *edit, EDITOR=str(editor))
    assert "expected a value for the variable {{nobody}}" in out
    assert "the prompt is as it was; yours is in " in out
    assert session.subject.assistant.prompt == "You are Emma."
    (tmp_path / "which").write_text("timezone")
    out, session = await chatted(tmp_path, "empty", *edit, EDITOR=str(editor))
    assert "going on with the new prompt, which is in " in out
    assert (tmp_path / "calls/console/prompt.txt").read_text() == "You are {{timezone}}."
    assert session.subject.assistant.prompt == "You are {{timezone}}."


async def test_an_editor_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    edit = (("", 0, "/edit"), ("", 0, Key.END))
    for editor, complaint in (
        ("no-such-editor", "the editor cannot be used"),
        ("false", "the editor failed (1)"),
        ("true", "the prompt is as it was"),
        ("'", "the editor cannot be used"),
    ):
        out, _ = await chatted(tmp_path, "empty", *edit, EDITOR=editor)
        assert complaint in out
