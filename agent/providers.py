"""Which of a call's providers are real and which are stand-ins; of a rehearsal, also who plays the callee."""

from dataclasses import dataclass
from enum import StrEnum

from agent.problems import InputInvalid, Problem


class Source(StrEnum):
    """Where a kind of provider comes from."""

    STAND_IN = "stand-in"
    REAL = "real"


class Kind(StrEnum):
    """What a call needs a provider for."""

    LLM = "llm"
    TTS = "tts"
    STT = "stt"
    TURNS = "turns"
    """Who judges that the callee has finished."""
    PERSONA = "persona"
    """Who plays a simulated callee with a persona."""


@dataclass(frozen=True, slots=True)
class Providers:
    """The source of each kind."""

    llm: Source = Source.STAND_IN
    tts: Source = Source.STAND_IN
    stt: Source = Source.STAND_IN
    turns: Source = Source.STAND_IN
    persona: Source = Source.STAND_IN

    @property
    def all_real(self) -> bool:
        """Whether the call itself needs no stand-in process."""
        return Source.STAND_IN not in (self.llm, self.tts, self.stt, self.turns)


STAND_INS = Providers()
REAL = Providers(*(Source.REAL for _ in Kind))


def parse_providers(text: str) -> Providers:
    """Read `stand-in`, `real`, or `kind=source` pairs separated by commas; a kind that is not named is a stand-in.

    A source on its own may come first, for the kinds that are not named: `real,stt=stand-in`. Raises `InputInvalid`.
    """
    chosen: dict[Kind, Source] = {}
    for position, part in enumerate(piece.strip() for piece in text.split(",")):
        kind, equals, source = part.partition("=")
        if equals and kind in _KINDS and source in _SOURCES:
            chosen[Kind(kind)] = Source(source)
        elif position == 0 and part in _SOURCES:
            chosen = dict.fromkeys(Kind, Source(part))
        else:
            raise InputInvalid([Problem("--providers", _EXPECTED)])
    return Providers(**{kind.value: source for kind, source in chosen.items()})


_SOURCES = frozenset(source.value for source in Source)
_KINDS = frozenset(kind.value for kind in Kind)
_EXPECTED = (
    f"expected {Source.STAND_IN}, {Source.REAL}, or pairs such as llm=real,turns=real "
    f"of {', '.join(Kind)} and {' or '.join(Source)}"
)
