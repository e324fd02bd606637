"""Which voice speaks which sentence, and what is told of it."""

import asyncio
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, APIStatusError, tts
from livekit.agents.metrics import TTSMetrics
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agent.fallback.voice import LAST_PATIENCE, PATIENCE, REST, Voice
from agent.voice import Sound, pcm_of, render, words_of
from audio.frames import Pcm, samples, seconds
from audio.ledger import Word
from tests.agent.fallback.fakes import PER_WORD, Saying, ScriptedVoice
from tests.agent.hurry import hurried, now

FIRST, SECOND = 4000, 8000
"""Samples of which the sound of the first and the second voice is made."""
ONE, TWO = "Good morning to you there.", " The slot on Monday is free."
LOST = APIConnectionError()
NO_KEY = APIStatusError("key", status_code=401)
NOISE = np.random.default_rng(5).integers(-32768, 32768, 24_000).astype(np.int16)


@dataclass
class Spoken:
    """What came out of a voice."""

    pcm: Pcm = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    words: list[Word] = field(default_factory=list)
    first: float | None = None
    """Seconds until the first sound."""
    took: float = 0.0
    failure: APIError | None = None
    errors: list[bool] = field(default_factory=list)
    counted: list[TTSMetrics] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()

    @property
    def voices(self) -> list[tuple[int, float]]:
        """Which voice is heard, and for how many seconds, in order."""
        edges = np.flatnonzero(np.diff(self.pcm)) + 1
        runs = [run for run in np.split(self.pcm, edges) if len(run)]
        return [(int(run[0]), round(seconds(len(run)), 1)) for run in runs if run[0]]


async def said(voice: Voice, *pieces: str, pause: float = 0.0) -> Spoken:
    spoken, began = Spoken(), now()
    voice.on("error", lambda told: spoken.errors.append(told.recoverable))
    voice.on("metrics_collected", spoken.counted.append)
    stream = voice.stream()

    async def write() -> None:
        for piece in pieces:
            stream.push_text(piece)
            await asyncio.sleep(pause)
        stream.end_input()

    writing = asyncio.create_task(write())
    try:
        async for event in stream:
            spoken.first = now() - began if spoken.first is None else spoken.first
            spoken.pcm = np.concatenate([spoken.pcm, pcm_of(event.frame)])
            spoken.words += words_of(event.frame)
    except APIError as error:
        spoken.failure = error
    spoken.took = now() - began
    await writing
    await stream.aclose()
    await asyncio.sleep(0)
    return spoken


def once(
    *scripts: Saying | list[Saying], timed: bool = True, text: tuple[str, ...] = (ONE, TWO)
) -> tuple[Spoken, Voice]:
    levels = (FIRST, SECOND)
    voices = [
        ScriptedVoice(*[_with(each, level) for each in (script if isinstance(script, list) else [script])], timed=timed)
        for script, level in zip(scripts, levels, strict=False)
    ]

    async def scene() -> tuple[Spoken, Voice]:
        voice = Voice(voices)
        return await said(voice, *text), voice

    return hurried(scene())


def _with(saying: Saying, level: int) -> Saying:
    return replace(saying, level=saying.level if saying.level == 0 else level)


def asked(voice: Voice) -> list[list[str]]:
    return [each.asked for each in voice.voices if isinstance(each, ScriptedVoice)]


def test_a_voice_that_works_says_everything_in_one_go() -> None:
    spoken, voice = once(Saying(), Saying())
    assert spoken.voices == [(FIRST, 11 * PER_WORD)]
    assert spoken.text == ONE + TWO
    assert asked(voice) == [[ONE + TWO], []]
    assert [figures.characters_count for figures in spoken.counted] == [len(ONE + TWO)]


@pytest.mark.parametrize("error", [LOST, NO_KEY])
def test_one_that_fails_before_its_first_sound_is_replaced_at_once(error: APIError) -> None:
    spoken, voice = once(Saying(most=0, error=error), Saying())
    assert spoken.voices == [(SECOND, 3.3)]
    assert (spoken.text, spoken.errors) == (ONE + TWO, [])
    assert asked(voice) == [[ONE + TWO]] * 2
    assert spoken.first is not None and spoken.first < 0.3


def test_one_that_stays_silent_is_replaced_when_patience_ends() -> None:
    spoken, _ = once(Saying(most=0), Saying())
    assert spoken.voices == [(SECOND, 3.3)]
    assert spoken.first == pytest.approx(PATIENCE + 0.05, abs=0.1)


@pytest.mark.parametrize("error", [LOST, None])
def test_a_sentence_that_is_cut_off_is_said_again_from_its_start_by_the_other_voice(error: APIError | None) -> None:
    spoken, voice = once(Saying(most=2.0, error=error), Saying())
    assert asked(voice)[1] == [TWO]
    [(first, began), again] = spoken.voices
    assert (first, again) == (FIRST, (SECOND, 1.8))
    assert 1.8 <= began <= 2.0  # the framework keeps back the end of what it has
    words = [word.text.strip() for word in spoken.words]
    assert words == [*ONE.split(), "The", "slot", *TWO.split()]


def test_the_silence_that_a_voice_begins_with_is_not_waited_for() -> None:
    spoken, _ = once(Saying(lead=0.35), Saying())
    assert spoken.pcm[0]
    assert spoken.voices == [(FIRST, 11 * PER_WORD)]
    assert [word.start for word in spoken.words] == pytest.approx([place * PER_WORD for place in range(11)])


def test_the_silence_between_two_voices_stays() -> None:
    spoken, _ = once(Saying(most=2.0, error=LOST), Saying(lead=0.2))
    assert int(np.flatnonzero(spoken.pcm == SECOND)[0] - np.flatnonzero(spoken.pcm == FIRST)[-1]) > samples(0.2)


def test_the_words_of_the_voice_that_takes_over_stand_where_they_sound() -> None:
    spoken, _ = once(Saying(most=2.0, error=LOST), Saying())
    began = int(np.flatnonzero(spoken.pcm == SECOND)[0])
    starts = [samples(word.start) for word in spoken.words[-6:]]
    assert starts == [began + samples(place * PER_WORD) for place in range(6)]


def test_what_was_said_whole_is_not_said_again() -> None:
    spoken, voice = once(Saying(most=5 * PER_WORD, error=LOST), Saying())
    assert asked(voice)[1] == [TWO]
    assert spoken.text == ONE + TWO


def test_one_that_only_does_not_find_its_end_has_not_failed() -> None:
    spoken, voice = once(Saying(most=11 * PER_WORD - 0.05), Saying())
    assert (spoken.text, spoken.failure, asked(voice)[1]) == (ONE + TWO, None, [])


@pytest.mark.parametrize("saying", [Saying(level=0), Saying(pcm=NOISE), Saying(pcm=np.zeros(0, dtype=np.int16))])
def test_sound_that_is_none_is_a_failure_and_not_heard(saying: Saying) -> None:
    spoken, _ = once(saying, Saying())
    assert spoken.voices == [(SECOND, 3.3)]
    assert (spoken.text, spoken.errors) == (ONE + TWO, [])


def test_a_voice_without_word_times_goes_on_about_where_it_broke_off() -> None:
    spoken, voice = once(Saying(most=2.4, error=LOST), Saying(), timed=False)
    assert asked(voice)[1] == [TWO]
    assert [voice for voice, _ in spoken.voices] == [FIRST, SECOND]


def test_a_voice_alone_is_tried_twice_and_the_failure_told_once() -> None:
    spoken, voice = once(Saying(most=0, error=LOST))
    assert (len(asked(voice)[0]), spoken.errors) == (2, [False])
    assert isinstance(spoken.failure, APIError)


def test_a_voice_alone_comes_back() -> None:
    spoken, _ = once([Saying(most=0, error=LOST), Saying()])
    assert (spoken.voices, spoken.failure, spoken.errors) == ([(FIRST, 3.3)], None, [])


def test_a_voice_alone_whose_key_is_refused_is_asked_once() -> None:
    spoken, voice = once(Saying(most=0, error=NO_KEY))
    assert (len(asked(voice)[0]), spoken.errors) == (1, [False])


def test_silence_of_all_is_given_up_in_time() -> None:
    spoken, voice = once(Saying(most=0), Saying(most=0))
    assert spoken.took == pytest.approx(PATIENCE + LAST_PATIENCE, abs=0.2)
    assert [len(each) for each in asked(voice)] == [1, 1]
    assert spoken.errors == [False]


def test_a_failure_does_not_quote_what_was_to_be_said() -> None:
    spoken, _ = once(Saying(pcm=np.zeros(0, dtype=np.int16)), text=("A secret thing to say.",))
    assert spoken.failure is not None
    assert "secret" not in f"{spoken.failure!r} {spoken.failure.__cause__!r}"


def test_one_that_failed_rests_and_is_then_asked_again() -> None:
    first, second = ScriptedVoice(Saying(most=0, error=LOST), Saying()), ScriptedVoice(Saying())

    async def scene() -> list[tuple[int, int]]:
        voice, counts = Voice([first, second]), []
        for wait in (0.0, 1.0, REST):
            await asyncio.sleep(wait)
            await said(voice, ONE)
            counts.append((len(first.asked), len(second.asked)))
        return counts

    assert hurried(scene()) == [(1, 1), (1, 2), (2, 2)]


def test_a_model_that_writes_slowly_is_not_the_voices_fault() -> None:
    first, second = ScriptedVoice(Saying()), ScriptedVoice(Saying())

    async def scene() -> Spoken:
        return await said(Voice([first, second]), "Well, ", "I am ", "not sure.", pause=2.0)

    spoken = hurried(scene())
    assert (spoken.text, spoken.failure, second.asked) == ("Well, I am not sure.", None, [])


def test_nothing_to_say_asks_no_voice() -> None:
    spoken, voice = once(Saying(), text=(" ",))
    assert (len(spoken.pcm), spoken.failure, asked(voice)) == (0, None, [[]])


def test_a_text_that_is_rendered_whole_is_all_in_one_voice() -> None:
    first, second = ScriptedVoice(Saying(most=2.0, error=LOST)), ScriptedVoice(Saying(level=SECOND))

    async def scene() -> Sound:
        voice, changes = Voice([first, second]), list[str]()
        voice.changed = lambda: changes.append("changed")
        sound = await render(voice, ONE + TWO)
        assert changes == ["changed"]
        return sound

    sound = hurried(scene())
    assert set(sound.pcm.tolist()) == {SECOND}
    assert "".join(word.text for word in sound.words).strip() == ONE + TWO
    assert second.asked == [f"{ONE + TWO}\n"]


def test_a_voice_that_only_tells_where_its_sentences_begin_tells_no_words() -> None:
    class Whole(ScriptedVoice):
        """Takes a sentence at a time."""

        def synthesize(
            self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
        ) -> tts.ChunkedStream:
            return self._synthesize_with_stream(text, conn_options=conn_options)

    async def scene() -> Spoken:
        return await said(Voice([tts.StreamAdapter(tts=Whole(Saying(), timed=False))]), ONE, TWO)

    spoken = hurried(scene())
    assert sum(length for _, length in spoken.voices) == pytest.approx(3.3)
    assert spoken.words == []


def test_a_text_that_no_voice_can_render_is_a_failure() -> None:
    async def scene() -> None:
        with pytest.raises(APIError):
            await render(Voice([ScriptedVoice(Saying(most=0, error=LOST))]), ONE)

    hurried(scene())


def test_speech_that_is_broken_off_leaves_nothing_behind() -> None:
    async def scene() -> None:
        voice = Voice([ScriptedVoice(Saying()), ScriptedVoice(Saying())])
        stream = voice.stream()
        stream.push_text(ONE)
        stream.end_input()
        await anext(stream)
        await stream.aclose()
        await voice.aclose()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    hurried(scene())
