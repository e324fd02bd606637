"""What a callee with a persona says without a model, in the languages it knows."""

import re
from dataclasses import dataclass

from agent.standins.phrases import phrases


@dataclass(frozen=True, slots=True)
class Smalltalk:
    """One language's sentences; `{topic}` stands for what the persona asks about, in the persona's words."""

    farewells: frozenset[str]
    """Words by which a caller takes leave."""
    greetings: tuple[str, ...]
    answers: tuple[str, ...]
    """To a question."""
    listens: tuple[str, ...]
    """To what is no question."""
    short: tuple[str, ...]
    """Answers of somebody without time."""
    hurries: tuple[str, ...]
    has_to_go: str
    digressions: tuple[str, ...]
    suspicions: tuple[str, str]
    pardons: tuple[str, str]
    asks: str
    asks_again: str
    complaints: tuple[str, ...]
    refusals: tuple[str, ...]
    still_there: str
    partings: tuple[str, ...]
    """Takes leave unasked."""
    goodbyes: tuple[str, ...]
    """Answers a goodbye."""
    goes_on: tuple[str, ...]
    """Of somebody who does not let go."""

    def takes_leave(self, text: str) -> bool:
        """Whether the caller says goodbye."""
        return not self.farewells.isdisjoint(re.findall(r"[^\W\d_]+", text.casefold()))


def smalltalk(language: str) -> Smalltalk:
    """The sentences of a BCP 47 language; English where there are none."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return _TABLES[primary] if primary in _TABLES else _ENGLISH


_ENGLISH = Smalltalk(
    farewells=phrases("en").farewells,
    greetings=("Hello?", "Yes, hello?", "Hello, who is speaking?"),
    answers=(
        "Yes, that is right.",
        "Yes, I think so.",
        "I am not sure, but I suppose so.",
        "Well, Thursday would suit me best.",
        "Let me think. / Yes, all right.",
    ),
    listens=("I see. Go on.", "All right.", "Okay, and then?", "Good to know."),
    short=("Yes.", "No.", "Fine, yes.", "Yes, quickly please."),
    hurries=("Please be brief.", "All right, what else?", "Yes, yes, go on."),
    has_to_go="Sorry, I really have to go now. Goodbye.",
    digressions=(
        "You know, my neighbour told me about that only yesterday.",
        "It reminds me of the summer when my sister came to visit.",
        "And the weather has been so strange these days.",
    ),
    suspicions=("Who is this, exactly?", "And how did you get my number?"),
    pardons=("Pardon? I did not catch that.", "Sorry, could you say that again, a little louder?"),
    asks="And what about {topic}?",
    asks_again="You still have not told me about {topic}.",
    complaints=("This is the third call today, and I am tired of it.", "Honestly, this is very annoying."),
    refusals=("No, thank you, I am not interested.", "No, I do not want that.", "No, really not."),
    still_there="Hello? Are you still there?",
    partings=("That is all I wanted to know. Goodbye.", "Thank you, that is enough for today. Goodbye."),
    goodbyes=("Goodbye.", "Thank you, goodbye.", "All right, goodbye."),
    goes_on=("Wait, one more thing.", "No, do not go yet.", "Just a moment, I have another question."),
)
_FRENCH = Smalltalk(
    farewells=phrases("fr").farewells,
    greetings=("Allô ?", "Oui, allô ?", "Allô, qui est à l'appareil ?"),
    answers=(
        "Oui, c'est ça.",
        "Oui, je crois.",
        "Je ne suis pas sûr, mais je suppose que oui.",
        "Eh bien, jeudi m'irait le mieux.",
        "Attendez. / Oui, d'accord.",
    ),
    listens=("Je vois. Continuez.", "D'accord.", "Oui, et ensuite ?", "C'est bon à savoir."),
    short=("Oui.", "Non.", "Oui, très bien.", "Oui, vite s'il vous plaît."),
    hurries=("Soyez bref, s'il vous plaît.", "D'accord, quoi d'autre ?", "Oui, oui, allez-y."),
    has_to_go="Désolé, je dois vraiment y aller. Au revoir.",
    digressions=(
        "Vous savez, ma voisine m'en parlait encore hier.",
        "Cela me rappelle l'été où ma sœur est venue.",
        "Et le temps est si étrange ces jours-ci.",
    ),
    suspicions=("Qui êtes-vous, exactement ?", "Et comment avez-vous eu mon numéro ?"),
    pardons=("Pardon ? Je n'ai pas compris.", "Pouvez-vous répéter, un peu plus fort ?"),
    asks="Et qu'en est-il de {topic} ?",
    asks_again="Vous ne m'avez toujours rien dit de {topic}.",
    complaints=("C'est le troisième appel aujourd'hui, j'en ai assez.", "Franchement, c'est très agaçant."),
    refusals=("Non merci, cela ne m'intéresse pas.", "Non, je n'en veux pas.", "Non, vraiment pas."),
    still_there="Allô ? Vous êtes toujours là ?",
    partings=("C'est tout ce que je voulais savoir. Au revoir.", "Merci, cela suffit pour aujourd'hui. Au revoir."),
    goodbyes=("Au revoir.", "Merci, au revoir.", "Très bien, au revoir."),
    goes_on=("Attendez, encore une chose.", "Non, ne partez pas.", "Un instant, j'ai une autre question."),
)
_GERMAN = Smalltalk(
    farewells=phrases("de").farewells,
    greetings=("Hallo?", "Ja, hallo?", "Hallo, wer ist da?"),
    answers=(
        "Ja, das stimmt.",
        "Ja, ich glaube schon.",
        "Ich bin nicht sicher, aber ich denke ja.",
        "Also, Donnerstag würde mir am besten passen.",
        "Moment. / Ja, in Ordnung.",
    ),
    listens=("Verstehe. Weiter.", "In Ordnung.", "Ja, und dann?", "Gut zu wissen."),
    short=("Ja.", "Nein.", "Ja, gut.", "Ja, bitte schnell."),
    hurries=("Bitte fassen Sie sich kurz.", "Gut, was noch?", "Ja, ja, weiter."),
    has_to_go="Tut mir leid, ich muss jetzt wirklich los. Auf Wiederhören.",
    digressions=(
        "Wissen Sie, davon hat meine Nachbarin erst gestern erzählt.",
        "Das erinnert mich an den Sommer, als meine Schwester zu Besuch war.",
        "Und das Wetter ist in diesen Tagen so seltsam.",
    ),
    suspicions=("Wer sind Sie denn genau?", "Und woher haben Sie meine Nummer?"),
    pardons=("Wie bitte? Das habe ich nicht verstanden.", "Können Sie das noch einmal sagen, etwas lauter?"),
    asks="Und wie ist das mit {topic}?",
    asks_again="Sie haben mir immer noch nichts gesagt über {topic}.",
    complaints=("Das ist heute der dritte Anruf, mir reicht es.", "Ehrlich, das ist sehr lästig."),
    refusals=("Nein danke, ich habe kein Interesse.", "Nein, das will ich nicht.", "Nein, wirklich nicht."),
    still_there="Hallo? Sind Sie noch da?",
    partings=("Mehr wollte ich nicht wissen. Auf Wiederhören.", "Danke, das reicht für heute. Auf Wiederhören."),
    goodbyes=("Auf Wiederhören.", "Danke, auf Wiederhören.", "Gut, auf Wiederhören."),
    goes_on=("Warten Sie, noch etwas.", "Nein, bleiben Sie noch.", "Einen Moment, ich habe noch eine Frage."),
)
_SPANISH = Smalltalk(
    farewells=phrases("es").farewells,
    greetings=("¿Diga?", "Sí, ¿diga?", "Hola, ¿quién es?"),
    answers=(
        "Sí, así es.",
        "Sí, creo que sí.",
        "No estoy seguro, pero supongo que sí.",
        "Bueno, el jueves me vendría mejor.",
        "Déjeme pensar. / Sí, de acuerdo.",
    ),
    listens=("Ya veo. Siga.", "De acuerdo.", "Sí, ¿y luego?", "Es bueno saberlo."),
    short=("Sí.", "No.", "Sí, bien.", "Sí, rápido por favor."),
    hurries=("Sea breve, por favor.", "De acuerdo, ¿qué más?", "Sí, sí, siga."),
    has_to_go="Lo siento, de verdad tengo que irme. Adiós.",
    digressions=(
        "Sabe, mi vecina me habló de eso ayer mismo.",
        "Me recuerda al verano en que vino mi hermana.",
        "Y el tiempo está tan raro estos días.",
    ),
    suspicions=("¿Quién es usted exactamente?", "¿Y cómo ha conseguido mi número?"),
    pardons=("¿Perdón? No lo he entendido.", "¿Puede repetirlo, un poco más alto?"),
    asks="¿Y qué hay de {topic}?",
    asks_again="Todavía no me ha dicho nada de {topic}.",
    complaints=("Es la tercera llamada de hoy, estoy harto.", "La verdad, esto es muy molesto."),
    refusals=("No, gracias, no me interesa.", "No, no lo quiero.", "No, de verdad que no."),
    still_there="¿Hola? ¿Sigue ahí?",
    partings=("Es todo lo que quería saber. Adiós.", "Gracias, es suficiente por hoy. Adiós."),
    goodbyes=("Adiós.", "Gracias, adiós.", "Muy bien, adiós."),
    goes_on=("Espere, una cosa más.", "No, no se vaya todavía.", "Un momento, tengo otra pregunta."),
)
_ITALIAN = Smalltalk(
    farewells=phrases("it").farewells,
    greetings=("Pronto?", "Sì, pronto?", "Pronto, chi parla?"),
    answers=(
        "Sì, è così.",
        "Sì, credo di sì.",
        "Non sono sicuro, ma suppongo di sì.",
        "Beh, giovedì mi andrebbe meglio.",
        "Mi faccia pensare. / Sì, va bene.",
    ),
    listens=("Capisco. Continui.", "Va bene.", "Sì, e poi?", "Buono a sapersi."),
    short=("Sì.", "No.", "Sì, bene.", "Sì, in fretta per favore."),
    hurries=("Sia breve, per favore.", "Va bene, che altro?", "Sì, sì, continui."),
    has_to_go="Mi dispiace, devo proprio andare. Arrivederci.",
    digressions=(
        "Sa, la mia vicina me ne parlava proprio ieri.",
        "Mi ricorda l'estate in cui venne mia sorella.",
        "E il tempo è così strano in questi giorni.",
    ),
    suspicions=("Chi è lei, esattamente?", "E come ha avuto il mio numero?"),
    pardons=("Come? Non ho capito.", "Può ripetere, un po' più forte?"),
    asks="E per quanto riguarda {topic}?",
    asks_again="Non mi ha ancora detto niente di {topic}.",
    complaints=("È la terza chiamata di oggi, sono stufo.", "Onestamente, è molto fastidioso."),
    refusals=("No, grazie, non mi interessa.", "No, non lo voglio.", "No, davvero no."),
    still_there="Pronto? È ancora lì?",
    partings=("È tutto quello che volevo sapere. Arrivederci.", "Grazie, per oggi basta. Arrivederci."),
    goodbyes=("Arrivederci.", "Grazie, arrivederci.", "Va bene, arrivederci."),
    goes_on=("Aspetti, ancora una cosa.", "No, non vada ancora.", "Un momento, ho un'altra domanda."),
)
_PORTUGUESE = Smalltalk(
    farewells=phrases("pt").farewells,
    greetings=("Estou?", "Sim, estou?", "Olá, quem fala?"),
    answers=(
        "Sim, é isso.",
        "Sim, acho que sim.",
        "Não tenho certeza, mas suponho que sim.",
        "Bem, quinta-feira seria melhor para mim.",
        "Deixe-me pensar. / Sim, está bem.",
    ),
    listens=("Estou a ver. Continue.", "Está bem.", "Sim, e depois?", "É bom saber."),
    short=("Sim.", "Não.", "Sim, está bem.", "Sim, depressa por favor."),
    hurries=("Seja breve, por favor.", "Está bem, que mais?", "Sim, sim, continue."),
    has_to_go="Desculpe, tenho mesmo de ir. Adeus.",
    digressions=(
        "Sabe, a minha vizinha falou disso ainda ontem.",
        "Lembra-me o verão em que a minha irmã veio.",
        "E o tempo anda tão estranho nestes dias.",
    ),
    suspicions=("Quem é o senhor, exatamente?", "E como conseguiu o meu número?"),
    pardons=("Como? Não percebi.", "Pode repetir, um pouco mais alto?"),
    asks="E quanto a {topic}?",
    asks_again="Ainda não me disse nada sobre {topic}.",
    complaints=("É a terceira chamada de hoje, estou farto.", "Sinceramente, isto é muito aborrecido."),
    refusals=("Não, obrigado, não me interessa.", "Não, não quero isso.", "Não, de verdade que não."),
    still_there="Estou? Ainda está aí?",
    partings=("É tudo o que queria saber. Adeus.", "Obrigado, por hoje chega. Adeus."),
    goodbyes=("Adeus.", "Obrigado, adeus.", "Está bem, adeus."),
    goes_on=("Espere, mais uma coisa.", "Não, não vá ainda.", "Um momento, tenho outra pergunta."),
)
_DUTCH = Smalltalk(
    farewells=phrases("nl").farewells,
    greetings=("Hallo?", "Ja, hallo?", "Hallo, met wie spreek ik?"),
    answers=(
        "Ja, dat klopt.",
        "Ja, ik denk het wel.",
        "Ik weet het niet zeker, maar ik neem aan van wel.",
        "Nou, donderdag komt mij het beste uit.",
        "Even denken. / Ja, dat is goed.",
    ),
    listens=("Ik begrijp het. Ga verder.", "Goed.", "Ja, en dan?", "Goed om te weten."),
    short=("Ja.", "Nee.", "Ja, prima.", "Ja, snel alstublieft."),
    hurries=("Houd het kort, alstublieft.", "Goed, wat nog meer?", "Ja, ja, ga verder."),
    has_to_go="Sorry, ik moet nu echt gaan. Tot ziens.",
    digressions=(
        "Weet u, mijn buurvrouw had het daar gisteren nog over.",
        "Het doet me denken aan de zomer dat mijn zus kwam.",
        "En het weer is zo vreemd deze dagen.",
    ),
    suspicions=("Wie bent u precies?", "En hoe komt u aan mijn nummer?"),
    pardons=("Pardon? Dat heb ik niet verstaan.", "Kunt u dat nog eens zeggen, iets harder?"),
    asks="En hoe zit het met {topic}?",
    asks_again="U hebt me nog steeds niets verteld over {topic}.",
    complaints=("Dit is vandaag de derde oproep, ik ben het zat.", "Eerlijk gezegd is dit heel vervelend."),
    refusals=("Nee dank u, ik heb geen interesse.", "Nee, dat wil ik niet.", "Nee, echt niet."),
    still_there="Hallo? Bent u er nog?",
    partings=("Dat is alles wat ik wilde weten. Tot ziens.", "Dank u, dat is genoeg voor vandaag. Tot ziens."),
    goodbyes=("Tot ziens.", "Dank u, tot ziens.", "Goed, tot ziens."),
    goes_on=("Wacht, nog één ding.", "Nee, ga nog niet.", "Een ogenblik, ik heb nog een vraag."),
)
_TABLES = {
    "en": _ENGLISH,
    "fr": _FRENCH,
    "de": _GERMAN,
    "es": _SPANISH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "nl": _DUTCH,
}
LANGUAGES = tuple(_TABLES)
"""That have phrases of their own."""
