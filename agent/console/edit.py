"""Editing a prompt in the editor of whoever sits at the terminal."""

import asyncio
import shlex
import sys
from pathlib import Path

from agent.documents import safe_name


class EditFailed(Exception):
    """The editor could not be used; the text says why."""


def prompt_file(data_dir: Path, attempt_id: str | None) -> Path:
    """Where the prompt of an attempt is edited."""
    return data_dir / safe_name(attempt_id or "") / "prompt.txt"


async def edited(prompt: str, path: Path, editor: str) -> str:
    """The prompt as it was left in the file at `path`, which stays there. Raises `EditFailed`."""
    try:
        await asyncio.to_thread(_put_down, prompt, path)
        terminal = None if sys.stdin.isatty() else asyncio.subprocess.DEVNULL
        child = await asyncio.create_subprocess_exec(*shlex.split(editor), str(path), stdin=terminal)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is no command"
        raise EditFailed(f"the editor cannot be used: {why}; EDITOR names it") from None
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        child.terminate()
        raise
    if code != 0:
        raise EditFailed(f"the editor failed ({code}), so the prompt is as it was")
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    except (OSError, UnicodeError):
        raise EditFailed("what the editor left cannot be read, so the prompt is as it was") from None
    return text if prompt.endswith("\n") else text.removesuffix("\n")


def _put_down(prompt: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(prompt, encoding="utf-8")
