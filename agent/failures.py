"""Why a provider gave nothing, in a sentence that holds nothing of the failure's own words."""

from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

_REFUSED = (401, 403)
_STATUSES = {
    **dict.fromkeys(_REFUSED, "the {part}'s provider refused the key"),
    404: "the {part}'s provider does not know this {part}",
    429: "the {part}'s provider takes no more requests: too many, or no credit left",
}
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (APITimeoutError, "the {part} did not answer in time"),
    (APIConnectionError, "the {part} could not be reached"),
)


def root_of(failure: BaseException) -> BaseException:
    """What failed at first: after the last try the framework tells of a lost connection, whatever it was."""
    while isinstance(failure, APIConnectionError) and isinstance(failure.__cause__, APIError):
        failure = failure.__cause__
    return failure


def is_refusal(failure: BaseException) -> bool:
    """Whether the key was refused."""
    root = root_of(failure)
    return isinstance(root, APIStatusError) and root.status_code in _REFUSED


def reason_of(failure: BaseException, part: str) -> str:
    """A sentence about a part of the call: a `model`, a `voice`, a `recogniser`."""
    root = root_of(failure)
    if isinstance(root, APIStatusError) and root.status_code > 0:
        told = _STATUSES.get(root.status_code, f"the {{part}} answered with an error ({root.status_code})")
    else:
        told = next((text for kind, text in _KINDS if isinstance(root, kind)), "the {part} failed")
    return told.format(part=part)
