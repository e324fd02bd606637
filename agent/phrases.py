"""What the worker says of its own accord, in the languages it can say it in. An assistant may replace the farewell."""

from dataclasses import dataclass

from agent.languages import base


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language."""

    reminder: str
    """To a callee who says nothing."""
    apology: str
    """When an answer takes too long or failed, and is tried again."""
    failure: str
    """Before the call is ended because a provider stays away."""
    farewell: str
    """To a callee who said goodbye, where neither the assistant nor the model has an answer to it."""


_ENGLISH = Phrases(
    "Are you still there?",
    "I'm sorry, this is taking a little longer. One moment, please.",
    "I'm sorry, I have a technical problem and have to end the call here. Goodbye.",
    "Goodbye.",
)

_BY_LANGUAGE = {
    "en": _ENGLISH,
    "fr": Phrases(
        "Vous êtes toujours là ?",
        "Excusez-moi, cela prend un peu plus de temps. Un instant, s'il vous plaît.",
        "Excusez-moi, j'ai un problème technique et je dois mettre fin à l'appel. Au revoir.",
        "Au revoir.",
    ),
    "es": Phrases(
        "¿Sigue usted ahí?",
        "Disculpe, esto está tardando un poco más. Un momento, por favor.",
        "Disculpe, tengo un problema técnico y debo terminar la llamada. Adiós.",
        "Adiós.",
    ),
    "de": Phrases(
        "Sind Sie noch da?",
        "Entschuldigung, das dauert gerade etwas länger. Einen Moment, bitte.",
        "Entschuldigung, ich habe ein technisches Problem und muss das Gespräch leider beenden. Auf Wiederhören.",
        "Auf Wiederhören.",
    ),
    "it": Phrases(
        "È ancora in linea?",
        "Mi scusi, ci vuole ancora un po' di tempo. Un momento, per favore.",
        "Mi scusi, ho un problema tecnico e devo terminare la chiamata. Arrivederci.",
        "Arrivederci.",
    ),
    "pt": Phrases(
        "Ainda está aí?",
        "Desculpe, isto está a demorar um pouco mais. Um momento, por favor.",
        "Desculpe, tenho um problema técnico e preciso de terminar a chamada. Até à próxima.",
        "Até à próxima.",
    ),
    "nl": Phrases(
        "Bent u er nog?",
        "Excuses, dit duurt iets langer. Een ogenblik, alstublieft.",
        "Excuses, ik heb een technisch probleem en moet het gesprek beëindigen. Tot ziens.",
        "Tot ziens.",
    ),
}


def phrases(language: str) -> Phrases:
    """Those of a language, BCP 47; English where there are none."""
    return _BY_LANGUAGE.get(base(language), _ENGLISH)
