from pydantic import JsonValue

from agent.rehearsal.rendering import render
from agent.rehearsal.shipped import parse_line
from agent.standins.speech import Speech
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
