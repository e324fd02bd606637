"""Why a tool gave no usable answer.

    ToolFailed
    ├── ToolArgumentsInvalid
    ├── ToolMisconfigured
    ├── ToolAddressRefused
    ├── ToolUnreachable
    ├── ToolInterrupted
    ├── ToolTimeout
    ├── ToolRedirected
    ├── ToolResponseTooLarge
    └── ToolResponseUnreadable

The docstring of a class is what the model is told: a fixed sentence that says what to do next and holds no address,
argument or secret.
"""


class ToolFailed(Exception):
    """The tool failed. Tell the caller that this did not work and offer another way to help."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class ToolArgumentsInvalid(ToolFailed):
    """The arguments were not accepted. Correct them and call the tool again."""


class ToolMisconfigured(ToolFailed):
    """The tool is set up incorrectly and cannot be used in this call. Offer another way to help."""


class ToolAddressRefused(ToolFailed):
    """The tool's address may not be reached from here. It cannot be used in this call; offer another way to help."""


class ToolUnreachable(ToolFailed):
    """The tool could not be reached, so nothing was done. Try once more later, or offer another way to help."""


class ToolInterrupted(ToolFailed):
    """The connection to the tool broke before it answered. Tell the caller that the result is not known."""


class ToolTimeout(ToolFailed):
    """The tool did not answer in time. Tell the caller that the result is not known and offer another way to help."""


class ToolRedirected(ToolFailed):
    """The tool redirected its request too often. It cannot be used in this call; offer another way to help."""


class ToolResponseTooLarge(ToolFailed):
    """The tool answered with more data than can be read. If it takes a narrower question, ask that instead."""


class ToolResponseUnreadable(ToolFailed):
    """The tool's answer could not be read. Tell the caller that the result is not known."""
