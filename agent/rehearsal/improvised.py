"""A callee's mind without a model: it looks for traits in the words of the persona, and acts on them plausibly.

What it does is a function of the persona, its seed and the turns so far, so a run can be repeated.
"""

import random
from collections.abc import Sequence

from agent.rehearsal.mind import Reply, Speaker, Turn
from agent.rehearsal.script import Persona
from agent.rehearsal.smalltalk import Smalltalk, smalltalk
from agent.rehearsal.traits import Traits, traits_of

_STAYS = (3, 5)
"""Ordinary turns of somebody with time, at least and at most."""


class Improvised:
    """`agent.rehearsal.mind.Mind`."""

    def __init__(self, persona: Persona, language: str) -> None:
        """`language` is BCP 47; languages without phrases of their own get English ones."""
        self._traits = traits_of(persona.who)
        self._phrases = smalltalk(language)
        self._seed = persona.seed
        draw = random.Random(f"{persona.seed} agenda")
        self._agenda = _agenda(self._traits, self._phrases, draw)
        self._stays = len(self._agenda) + _patience(self._traits, draw)

    async def reply(self, turns: Sequence[Turn]) -> Reply:
        """As `Mind.reply`."""
        taken = sum(turn.speaker is Speaker.CALLEE for turn in turns)
        draw = random.Random(f"{self._seed} {taken}")
        if not turns:
            return Reply(draw.choice(self._phrases.greetings))
        if not turns[-1].text:
            return self._wonder(turns)
        if self._phrases.takes_leave(turns[-1].text):
            return self._leave(draw.choice(self._phrases.goodbyes), draw)
        if taken > self._stays:
            return self._leave(self._parting(draw), draw)
        if taken <= len(self._agenda):
            return Reply(self._agenda[taken - 1])
        return Reply(self._answer(turns[-1].text, draw))

    def _wonder(self, turns: Sequence[Turn]) -> Reply:
        """Nobody says anything: ask once, then give up."""
        silences = [turn for turn in turns if turn.speaker is Speaker.AGENT][-2:]
        gives_up = len(silences) == 2 and not any(turn.text for turn in silences) and not self._traits.never_leaves
        return Reply("" if gives_up else self._phrases.still_there, hangs_up=gives_up)

    def _leave(self, words: str, draw: random.Random) -> Reply:
        if self._traits.never_leaves:
            return Reply(draw.choice(self._phrases.goes_on))
        return Reply(words, hangs_up=True)

    def _parting(self, draw: random.Random) -> str:
        if self._traits.hangs_up:
            return ""
        if self._traits.busy:
            return self._phrases.has_to_go
        return draw.choice(self._phrases.partings)

    def _answer(self, heard: str, draw: random.Random) -> str:
        if self._traits.unwilling:
            return draw.choice(self._phrases.refusals)
        asked = heard.rstrip().endswith(("?", "？"))
        if self._traits.busy:
            return draw.choice(self._phrases.short if asked else self._phrases.hurries)
        if self._traits.talkative:
            return f"{draw.choice(self._phrases.answers)} {draw.choice(self._phrases.digressions)}"
        return draw.choice(self._phrases.answers if asked else self._phrases.listens)


def _agenda(traits: Traits, phrases: Smalltalk, draw: random.Random) -> tuple[str, ...]:
    """What the callee says first, a turn each: who wants to know who is calling asks that before all else."""
    asked = [phrases.asks.format(topic=wish.topic) for wish in traits.asks]
    again = [phrases.asks_again.format(topic=wish.topic) for wish in traits.asks for _ in range(wish.times - 1)]
    pardons = list(phrases.pardons[:2]) if traits.deaf else []
    angry = [draw.choice(phrases.complaints)] if traits.annoyed else []
    suspicious = list(phrases.suspicions[:2]) if traits.suspicious else []
    later = [*asked, *pardons[1:], *angry, *suspicious[1:]]
    draw.shuffle(later)
    return (*suspicious[:1], *pardons[:1], *later, *again)


def _patience(traits: Traits, draw: random.Random) -> int:
    """Turns beside the agenda before the callee takes leave."""
    if traits.hangs_up or traits.unwilling:
        return 1
    return draw.randint(1, 2) if traits.busy else draw.randint(*_STAYS)
