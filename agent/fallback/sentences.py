"""Where in a text a voice stands: what is whole enough to be said, and which sentence was broken off."""

from collections.abc import Iterator, Sequence

from livekit.agents import tokenize

_SPLITTER = tokenize.blingfire.SentenceTokenizer(min_sentence_len=1, retain_format=True)
ENOUGH = 20
"""Characters of whole sentences for which a voice begins to speak: what the plugins gather before they send."""
_NEAR = 60
"""Characters within which a word that was said is looked for: a voice may read out something else than what is written,
such as a date, and the next words have to be found again."""


def is_sayable(text: str) -> bool:
    """Whether there is a whole sentence, after which the text goes on."""
    return any(end >= ENOUGH for _, end in list(_spans(text))[:-1])


def unsaid(text: str, words: Sequence[str]) -> int:
    """Where the first sentence begins that was not said to its end; the text's length if all of it was said."""
    said = _said(text, words)
    for start, end in _spans(text):
        if len(text[start:end].rstrip(" \t\r\n.,;:!?…\"'”’»)")) + start > said:
            return start
    return len(text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for sentence in _SPLITTER.tokenize(text):
        yield start, start + len(sentence)
        start += len(sentence)


def _said(text: str, words: Sequence[str]) -> int:
    """Where in the text the last of the words ends."""
    position = 0
    for word in words:
        core = word.strip().strip(".,;:!?…\"'“”‘’«»()")
        found = text.find(core, position, position + _NEAR + len(core)) if core else -1
        if found >= 0:
            position = found + len(core)
    return position
