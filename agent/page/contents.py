"""All that the page of one call shows, taken from what is known of the call."""

import re
from dataclasses import dataclass

from agent.page import log
from agent.page.facts import Figure, Group, figures, groups
from agent.page.judgement import UNJUDGED, Judgement
from agent.page.moments import Moment, moments
from agent.page.sound import Sound
from agent.page.source import Source
from agent.page.stages import Stage, stages
from agent.page.talk import Line, gathered, lines, uses
from agent.page.timeline import Material, Timeline, timeline
from agent.page.verdict import Verdict, verdict
from agent.page.waits import Wait, waits
from agent.page.words import day
from agent.summary import failed

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Contents:
    """What is shown, from top to bottom."""

    id: str
    number: str | None
    outbound: bool
    about: tuple[str, ...]
    """Direction, date, who it is."""
    language: str | None
    """Of what was said; None where it is no well-formed tag."""
    verdict: Verdict
    judgement: Judgement
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    sound: Sound | None
    timeline: Timeline | None
    lines: tuple[Line, ...]
    waits: tuple[Wait, ...]
    stages: tuple[Stage, ...]
    moments: tuple[Moment, ...]
    groups: tuple[Group, ...]
    log: tuple[log.Row, ...]

    @property
    def ahead(self) -> bool:
        """Whether in some wait something was done before it was its turn."""
        return any(wait.measured and sum(wait.figures.values()) > wait.total + 1 for wait in self.waits)


def contents_of(
    source: Source, sound: Sound | None, notes: tuple[str, ...] = (), judgement: Judgement = UNJUDGED
) -> Contents:
    """The page of a call. `notes` tell of the recording what the source cannot."""
    attempt, events = source.attempt, source.events
    turns, used = gathered(events), tuple(uses(events))
    waited, staged, marked = waits(attempt, used), stages(events, attempt), moments(events)
    began = attempt.started_at or attempt.answered_at
    language = attempt.details.language
    about = (attempt.id, f"{attempt.details.direction}, attempt {attempt.details.attempt_number}")
    return Contents(
        id=attempt.id,
        number=attempt.phone_number,
        outbound=attempt.details.direction == "outbound",
        about=(*about, day(began)) if began else about,
        language=language if language and _LANGUAGE.fullmatch(language) else None,
        verdict=verdict(attempt),
        judgement=judgement,
        problems=(f"{attempt.error.code}: {attempt.error.message}",) if attempt.error and failed(attempt) else (),
        warnings=attempt.details.warnings,
        notes=(*source.notes, *notes),
        figures=figures(attempt, waited),
        sound=sound,
        timeline=timeline(Material(attempt, turns, staged, waited, used, marked, sound)),
        lines=lines(attempt, events),
        waits=waited,
        stages=staged,
        moments=marked,
        groups=groups(attempt),
        log=log.rows(events),
    )
