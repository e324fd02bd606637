import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent import settings
from agent.models.assistant import CartesiaVoice, ElevenLabsVoice
from agent.problems import SettingsInvalid

ROOT = Path(__file__).parents[2]


def loaded(folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What a process with this environment loads in a folder."""
    code = (
        "from agent import settings\nfrom agent.problems import SettingsInvalid\n"
        "try: found = settings.load()\n"
        "except SettingsInvalid as error: print('; '.join(error.lines()))\n"
        "else: print(found.language, found.openai_api_key and found.openai_api_key.get_secret_value())"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_has_to_be_set() -> None:
    plain = settings.of({})
    assert plain.language == "en"
    assert plain.timezone == "UTC"
    assert isinstance(plain.voice, CartesiaVoice)
    assert plain.deepgram_model == "nova-3"
    assert plain.allowed_countries == frozenset()


def test_an_empty_variable_is_not_set() -> None:
    assert settings.of({"OPENAI_API_KEY": "", "VOICE_WORKER_LANGUAGE": ""}) == settings.of({})


def test_lists_and_json_are_parsed() -> None:
    given = settings.of(
        {
            "VOICE_WORKER_ALLOWED_COUNTRIES": "fr, US,",
            "VOICE_WORKER_ALLOWED_HOSTS": "tools.internal, LOCALHOST:8080,[::1]:80",
            "VOICE_WORKER_VOICE": '{"provider": "elevenlabs", "id": "v", "speed": 1.1}',
            "VOICE_WORKER_DEDICATED_INSTANCES": '{"m": {"base_url": "http://10.0.0.1/v1", "api_key": "k"}}',
        }
    )
    assert given.allowed_countries == {"FR", "US"}
    assert given.allowed_hosts == {"tools.internal", "localhost:8080", "[::1]:80"}
    assert isinstance(given.voice, ElevenLabsVoice)
    assert given.dedicated_instances["m"].model is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "sk-secret"),
        ("OPENAI_BASE_URL", "http://[sk-secret"),
        ("OPENAI_BASE_URL", "http://secret:99999999"),
        ("OPENAI_API_KEY", " "),
        ("OPENAI_API_KEY", "sk secret"),
        ("VOICE_WORKER_HOST", "sk secret"),
        ("VOICE_WORKER_HOST", "300.1.1.1"),
        ("VOICE_WORKER_IDLE_PROCESSES", "9" * 5000),
        ("VOICE_WORKER_DEDICATED_INSTANCES", "sk-secret"),
        ("VOICE_WORKER_DEDICATED_INSTANCES", '{"m": {"api_key": "sk-secret"}}'),
        ("VOICE_WORKER_VOICE", '{"provider": "elevenlabs", "id": "sk-secret", "speed": 2}'),
        ("VOICE_WORKER_FALLBACK_MODEL", '{"type": "custom", "api_key": "sk-secret"}'),
        ("VOICE_WORKER_FALLBACK_MODEL", '{"type": "realtime", "provider": "openai", "realtime_model_id": "sk-secret"}'),
        ("VOICE_WORKER_FALLBACK_VOICE", "sk-secret"),
        ("VOICE_WORKER_FALLBACK_RECOGNISER", "sk-secret"),
        ("VOICE_WORKER_LANGUAGE", "sk-secret!"),
        ("VOICE_WORKER_TIMEZONE", "sk-secret"),
        ("VOICE_WORKER_ALLOWED_COUNTRIES", "sk-secret"),
        ("VOICE_WORKER_ALLOWED_HOSTS", "http://sk-secret/"),
        ("VOICE_WORKER_INACTIVITY_SECS", "sk-secret"),
        ("VOICE_WORKER_REPLY_SECS", "0"),
        ("VOICE_WORKER_REPORT_PROMPT", "sk-secret"),
        ("VOICE_WORKER_CALLBACK_SECRET", "sk-secret"),
        ("VOICE_WORKER_CALLBACK_SECRET", "whsec_secret!"),
        ("VOICE_WORKER_REDIS_URL", "sk-secret"),
        ("VOICE_WORKER_CLAIM_DAYS", "0"),
        ("VOICE_WORKER_CALLS_AT_ONCE", "sk-secret"),
        ("VOICE_WORKER_CALLS_AT_ONCE", "-1"),
        ("VOICE_WORKER_CALLS_PER_SEC", "sk-secret"),
    ],
)
def test_a_bad_setting_is_a_line_that_names_it_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        settings.of({name: value})
    (line,) = raised.value.lines()
    assert line.startswith(f"{name}: expected ")
    assert "secret" not in line


@pytest.mark.parametrize("name", ["FALLBACK_MODEL", "FALLBACK_VOICE", "VOICE", "DEDICATED_INSTANCES", "PRICES"])
@pytest.mark.parametrize("value", ["[]", "5", '{"provider": []}', "{"])
def test_json_of_the_wrong_shape_is_told_what_it_should_be(tmp_path: Path, name: str, value: str) -> None:
    found = loaded(tmp_path, {f"VOICE_WORKER_{name}": value}).stdout
    assert found.startswith(f"VOICE_WORKER_{name}: expected JSON such as {{")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "worker-1.internal", "localhost"])
def test_an_address_or_a_name_is_a_host(host: str) -> None:
    assert settings.of({"VOICE_WORKER_HOST": host}).host == host


def test_all_bad_settings_are_said_at_once() -> None:
    with pytest.raises(SettingsInvalid) as raised:
        settings.of({"VOICE_WORKER_TIMEZONE": "x", "VOICE_WORKER_REPLY_SECS": "x"})
    assert [problem.path for problem in raised.value.problems] == ["VOICE_WORKER_TIMEZONE", "VOICE_WORKER_REPLY_SECS"]


def test_keys_are_not_shown() -> None:
    assert "sk-secret" not in repr(settings.of({"OPENAI_API_KEY": "sk-secret"}))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VOICE_WORKER_LANGUAGE=fr\nOPENAI_API_KEY=from-file\nOTHER=1\n")
    assert loaded(tmp_path, {"VOICE_WORKER_LANGUAGE": "de"}).stdout == "de from-file\n"


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    assert loaded(tmp_path, {}).stdout == ".env: expected a readable file in UTF-8\n"


def test_the_table_has_a_row_for_every_setting_and_no_secret() -> None:
    rows = settings.table().splitlines()
    assert len(rows) == len(settings.Settings.model_fields) + 2
    assert all(row.count("|") == 4 for row in rows)
    assert "| `VOICE_WORKER_LANGUAGE` | `en` | language of a call where none is given or detected |" in rows
