"""`init`: a commented assistant, attempt and line file, with the schemas that editors complete them from."""

import shlex
import shutil
import sys
from pathlib import Path

from agent.problems import InputInvalid, Problem
from agent.schemas import texts

FILES = {
    "assistant.yaml": "who holds the conversation: prompt, model, voice, tools",
    "attempt.yaml": "whom to call, with which assistant",
    "lines/customer.yaml": "a simulated callee, and what must have happened",
}
"""What is written, and what for."""
SCHEMAS = ".schemas"
"""Folder of the schemas, beside the files."""
_SOURCE = Path(__file__).parent / "files"
_KINDS = ("assistant", "attempt", "line")


def start(folder: Path, *, force: bool = False) -> str:
    """Write the files into a folder, which is made where there is none, and say what to do next.

    Raises `InputInvalid`, and writes nothing, where a file is there with other contents, unless it is forced.
    """
    wanted = {folder / name: text for name, text in contents().items()}
    try:
        taken = [path for path, text in wanted.items() if not force and _is_taken(path, text)]
        if taken:
            raise InputInvalid([Problem(str(path), "expected no such file; --force overwrites it") for path in taken])
        for path, text in wanted.items():
            if _has(path, text):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"expected a folder that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("", what)], source=str(error.filename or folder)) from None
    return _told(folder)


def contents() -> dict[str, str]:
    """What is written, by path within the folder."""
    files = {name: (_SOURCE / name).read_text(encoding="utf-8") for name in FILES}
    schemas = {name: text for name, text in texts().items() if name.partition(".")[0] in _KINDS}
    return {**files, **{f"{SCHEMAS}/{name}": text for name, text in schemas.items()}}


def _is_taken(path: Path, text: str) -> bool:
    """Whether something else is there."""
    return (path.exists() or path.is_symlink()) and not _has(path, text)


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _told(folder: Path) -> str:
    width = max(map(len, FILES)) + 3
    about = {**FILES, f"{SCHEMAS}/": "what editors complete and explain the fields from"}
    attempt, line = (shlex.quote(str(folder / name)) for name in ("attempt.yaml", "lines/customer.yaml"))
    steps = {
        f"check {attempt}": "",
        f"rehearse {attempt} --line {line}": "",
        f"rehearse {attempt} --line {line} --watch": "again on every save",
        f"rehearse {attempt} --line shipped": "against every callee that comes with the program",
        f"console {attempt} --text": "talk to it by keyboard; needs the model's key",
    }
    program = _program()
    return "\n".join(
        (
            f"Written to {folder}:",
            *(f"  {name:<{width}}{what}" for name, what in about.items()),
            "",
            "Next:",
            *(f"  {program} {step}" + (f"  # {why}" if why else "") for step, why in steps.items()),
            "",
        )
    )


def _program() -> str:
    """How this program is called in the shell it was called from."""
    if shutil.which("voice-worker"):
        return "voice-worker"
    beside = Path(sys.executable).with_name("voice-worker")
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m agent"
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))
