"""What the stand-in model says without a script, in the languages it knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's sentences; `{word}` stands for a word of the callee's."""

    greeting: str
    acknowledgements: tuple[str, ...]
    plain: tuple[str, ...]
    """Acknowledgements for a turn without a word worth taking up."""
    questions: tuple[str, ...]
    after_tool: str
    prompting: str
    """Said when asked to speak although the callee has said nothing new."""
    goodbye: str
    farewells: frozenset[str]
    """Words by which a callee takes leave."""
    common: frozenset[str]
    """Words of four letters and more that are not worth taking up."""
    assents: tuple[str, str, str]
    """What a callee may have said of whom only the voice is heard: briefly, not so briefly, at length."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = Phrases(
    greeting="Hello, I am calling with a few short questions, do you have a moment?",
    acknowledgements=(
        "I see, {word}.",
        "Thank you, I have noted {word}.",
        "{word}, understood.",
        "Good to know, {word}.",
    ),
    plain=("I see.", "All right.", "Thank you.", "Understood."),
    questions=(
        "What matters most to you?",
        "When would suit you best?",
        "Could you tell me a little more?",
        "Is there anything else I should know?",
        "How did you hear about us?",
    ),
    after_tool="I have that here now.",
    prompting="Are you still there?",
    goodbye="Thank you for your time, goodbye.",
    farewells=_words("bye goodbye"),
    common=_words(
        "hello this that with have from what when where which would could should about there here your yours mine "
        "they them their then than well yeah okay just like some been were will want need know think really please "
        "thanks thank speaking calling sorry good morning afternoon evening yes very much also because right sure "
        "does don't it's i'm that's i'd i've i'll can't won't into only more most tell give make take"
    ),
    assents=("Yes.", "Yes, all right.", "Yes, that sounds good to me."),
)
_FRENCH = Phrases(
    greeting="Bonjour, je vous appelle pour quelques questions rapides, avez-vous un instant ?",
    acknowledgements=("Je vois, {word}.", "Merci, je note {word}.", "{word}, c'est compris.", "D'accord, {word}."),
    plain=("Je vois.", "D'accord.", "Merci.", "C'est noté."),
    questions=(
        "Qu'est-ce qui compte le plus pour vous ?",
        "Quand cela vous conviendrait-il ?",
        "Pouvez-vous m'en dire un peu plus ?",
        "Y a-t-il autre chose à savoir ?",
        "Comment nous avez-vous connus ?",
    ),
    after_tool="J'ai cela sous les yeux.",
    prompting="Vous êtes toujours là ?",
    goodbye="Merci pour votre temps, au revoir.",
    farewells=_words("revoir adieu"),
    common=_words(
        "bonjour bonsoir allô avec pour dans mais vous nous elle elles votre notre cette celui cela comme plus très "
        "bien oui quoi quand avoir être sont suis fait faire merci alors aussi encore tout tous toute c'est j'ai "
        "qu'est voudrais veux peux parle d'accord aujourd'hui parce s'il plaît"
    ),
    assents=("Oui.", "Oui, d'accord.", "Oui, cela me convient très bien."),
)
_SPANISH = Phrases(
    greeting="Hola, le llamo para hacerle unas preguntas breves, ¿tiene un momento?",
    acknowledgements=("Ya veo, {word}.", "Gracias, anoto {word}.", "{word}, entendido.", "De acuerdo, {word}."),
    plain=("Ya veo.", "De acuerdo.", "Gracias.", "Entendido."),
    questions=(
        "¿Qué es lo más importante para usted?",
        "¿Cuándo le vendría mejor?",
        "¿Puede contarme un poco más?",
        "¿Hay algo más que deba saber?",
        "¿Cómo nos conoció?",
    ),
    after_tool="Ya lo tengo aquí.",
    prompting="¿Sigue usted ahí?",
    goodbye="Gracias por su tiempo, adiós.",
    farewells=_words("adiós chao"),
    common=_words(
        "hola diga dígame buenos buenas días tardes noches para como pero este esta esto eso cuando donde porque "
        "quiero tengo tiene usted ustedes nosotros muy bien gracias también más todo todos está estoy habla puede "
        "favor sobre desde hasta entre bueno vale claro"
    ),
    assents=("Sí.", "Sí, está bien.", "Sí, eso me parece muy bien."),
)
_GERMAN = Phrases(
    greeting="Guten Tag, ich rufe wegen einiger kurzer Fragen an, haben Sie einen Moment Zeit?",
    acknowledgements=(
        "Ich verstehe, {word}.",
        "Danke, ich notiere {word}.",
        "{word}, alles klar.",
        "Gut zu wissen, {word}.",
    ),
    plain=("Ich verstehe.", "Alles klar.", "Danke.", "In Ordnung."),
    questions=(
        "Was ist Ihnen am wichtigsten?",
        "Wann würde es Ihnen am besten passen?",
        "Können Sie mir etwas mehr dazu sagen?",
        "Gibt es noch etwas, das ich wissen sollte?",
        "Wie sind Sie auf uns aufmerksam geworden?",
    ),
    after_tool="Das liegt mir jetzt vor.",
    prompting="Sind Sie noch da?",
    goodbye="Vielen Dank für Ihre Zeit, auf Wiederhören.",
    farewells=_words("tschüss wiedersehen wiederhören"),
    common=_words(
        "hallo guten morgen abend nicht eine einen einer eines aber auch noch schon habe haben sein sind wird "
        "werden kann können möchte will ihnen ihre mein meine dass denn dann wann oder gerne gern danke bitte sehr "
        "gut ganz etwas hier dort über unter nach vielleicht jetzt immer wirklich spreche apparat"
    ),
    assents=("Ja.", "Ja, in Ordnung.", "Ja, das klingt gut für mich."),
)
_ITALIAN = Phrases(
    greeting="Buongiorno, la chiamo per qualche breve domanda, ha un momento?",
    acknowledgements=("Capisco, {word}.", "Grazie, mi segno {word}.", "{word}, va bene.", "D'accordo, {word}."),
    plain=("Capisco.", "Va bene.", "Grazie.", "D'accordo."),
    questions=(
        "Che cosa è più importante per lei?",
        "Quando le farebbe più comodo?",
        "Può dirmi qualcosa in più?",
        "C'è altro che dovrei sapere?",
        "Come ci ha conosciuti?",
    ),
    after_tool="Ora ho tutto qui.",
    prompting="È ancora in linea?",
    goodbye="Grazie per il suo tempo, arrivederci.",
    farewells=_words("arrivederci addio"),
    common=_words(
        "pronto ciao buongiorno buonasera sono come cosa quando dove perché anche ancora molto bene grazie prego "
        "questo questa quello quella della delle degli nella vorrei voglio posso può però tutto tutti sempre adesso "
        "favore parla chi sua suo mia mio"
    ),
    assents=("Sì.", "Sì, va bene.", "Sì, mi sembra un'ottima idea."),
)
_PORTUGUESE = Phrases(
    greeting="Olá, estou ligando para fazer algumas perguntas rápidas, tem um momento?",
    acknowledgements=("Entendo, {word}.", "Obrigado, anotei {word}.", "{word}, certo.", "Muito bem, {word}."),
    plain=("Entendo.", "Certo.", "Obrigado.", "Muito bem."),
    questions=(
        "O que é mais importante para você?",
        "Quando seria melhor para você?",
        "Pode me contar um pouco mais?",
        "Há mais alguma coisa que eu deva saber?",
        "Como nos conheceu?",
    ),
    after_tool="Já tenho isso aqui.",
    prompting="Ainda está aí?",
    goodbye="Obrigado pelo seu tempo, até logo.",
    farewells=_words("tchau adeus"),
    common=_words(
        "alô está estou bom boa dia tarde noite como para mais mas isso esse essa este esta quando onde porque "
        "quero tenho você vocês também muito bem obrigado obrigada favor tudo todos pode fala quem sobre então "
        "certo claro"
    ),
    assents=("Sim.", "Sim, está bem.", "Sim, isso parece-me muito bem."),
)
_DUTCH = Phrases(
    greeting="Goedendag, ik bel met een paar korte vragen, heeft u even tijd?",
    acknowledgements=(
        "Ik begrijp het, {word}.",
        "Dank u, ik noteer {word}.",
        "{word}, duidelijk.",
        "Goed om te weten, {word}.",
    ),
    plain=("Ik begrijp het.", "Duidelijk.", "Dank u.", "Goed."),
    questions=(
        "Wat vindt u het belangrijkst?",
        "Wanneer zou het u het beste uitkomen?",
        "Kunt u mij iets meer vertellen?",
        "Is er nog iets dat ik moet weten?",
        "Hoe heeft u ons gevonden?",
    ),
    after_tool="Ik heb het hier voor me.",
    prompting="Bent u er nog?",
    goodbye="Dank u voor uw tijd, tot ziens.",
    farewells=_words("ziens doei"),
    common=_words(
        "hallo goedemorgen goedemiddag goedenavond goedendag niet maar ook heeft hebben heb zijn wordt worden "
        "kunnen graag deze dit dat voor naar over wanneer waar omdat dank bedankt heel erg goed iets alles mijn "
        "onze jullie spreekt hier daar misschien altijd"
    ),
    assents=("Ja.", "Ja, dat is goed.", "Ja, dat klinkt goed voor mij."),
)

_TABLES = {
    "en": _ENGLISH,
    "fr": _FRENCH,
    "es": _SPANISH,
    "de": _GERMAN,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "nl": _DUTCH,
}
LANGUAGES = frozenset(_TABLES)


def phrases(language: str) -> Phrases:
    """The sentences of a BCP 47 language; English where there are none."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return _TABLES[primary] if primary in _TABLES else _ENGLISH
