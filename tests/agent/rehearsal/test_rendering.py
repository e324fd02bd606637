import pytest
from pydantic import JsonValue

from agent.rehearsal.rendering import Manner, render, speak
from agent.rehearsal.script import CalleeVoice
from agent.rehearsal.shipped import parse_line
from agent.standins.speech import Speech
from audio.frames import dbfs
from tests.agent.rehearsal.fakes import voice


async def test_a_text_is_spoken_once_however_often_it_is_said() -> None:
    asked: list[tuple[str, str]] = []

    async def counting(
        text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech:
        asked.append((text, language))
        return await voice(text, language=language)

    script = parse_line({"callee": [{"say": "Yes."}, {"say": "Yes. / No."}, {"press": "1"}], "otherwise": ["No."]})
    clips = await render(script, "fr", counting)
    assert sorted(asked) == [("No.", "fr"), ("Yes.", "fr")]
    assert [clip is not None for clip in clips.steps] == [True, True, True]
    assert len(clips.otherwise) == 1


async def test_the_callee_speaks_the_lines_language_else_the_attempts() -> None:
    say: JsonValue = {"en": "Yes.", "fr": "Oui."}
    for language, text in ((None, "Oui."), ("en", "Yes.")):
        clips = await render(parse_line({"callee": [{"say": say}], "language": language}), "fr", voice)
        assert clips.steps[0] is not None
        assert [word.text for word in clips.steps[0].words] == [text]


Asked = tuple[str, str, float, str | None, int]


class Voices:
    """Remembers in which manner each text was asked for."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def __call__(
        self, text: str, *, language: str, speed: float = 1.0, variant: str | None = None, pitch: int = 50
    ) -> Speech:
        self.asked.append((text, language, speed, variant, pitch))
        return await voice(text, language=language)


async def test_a_step_can_have_a_language_and_a_voice_of_its_own() -> None:
    script = parse_line(
        {
            "voice": {"variant": "f2", "speed": 1.2},
            "callee": [
                {"say": "Yes."},
                {"say": "Mañana.", "language": "es"},
                {"say": "No.", "voice": {"pitch": 90, "speed": 0.9}},
                {"say": "Yes.", "voice": {"variant": "m1"}},
            ],
        }
    )
    voices = Voices()
    await render(script, "en", voices)
    assert voices.asked == [
        ("Yes.", "en", 1.2, "f2", 50),
        ("Mañana.", "es", 1.2, "f2", 50),
        ("No.", "en", 0.9, "f2", 90),
        ("Yes.", "en", 1.2, "m1", 50),
    ]


async def test_the_language_of_a_step_can_depend_on_the_callees() -> None:
    step: JsonValue = {"say": {"en": "Sí.", "fr": "Yes."}, "language": {"en": "es", "fr": "en"}}
    for language, asked in (("en-GB", ("Sí.", "es")), ("fr", ("Yes.", "en")), ("ja", ("Sí.", "es"))):
        voices = Voices()
        await render(parse_line({"callee": [step]}), language, voices)
        assert [each[:2] for each in voices.asked] == [asked]


async def test_a_step_can_be_louder_than_the_callee_is() -> None:
    script = parse_line({"callee": [{"say": "Yes."}, {"say": "Yes.", "voice": {"level_dbfs": -10}}]})
    quiet, loud = (await render(script, "en", voice)).steps
    assert quiet is not None and loud is not None
    assert dbfs(loud.pcm) - dbfs(quiet.pcm) == pytest.approx(10, abs=0.1)


async def test_a_text_can_be_spoken_by_itself() -> None:
    voices = Voices()
    clip = await speak("Well, // yes. // Well,", Manner("de", CalleeVoice(speed=0.8)), voices)
    assert [word.text for word in clip.words] == ["Well,", "yes.", "Well,"]
    assert [each[:3] for each in voices.asked] == [("Well,", "de", 0.8), ("yes.", "de", 0.8)]
