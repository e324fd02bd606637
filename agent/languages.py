"""Language tags. Pure."""


def base(language: str) -> str:
    """The language of a BCP 47 tag without its region, in small letters: `fr` of `fr-CA`."""
    return language.partition("-")[0].lower()
