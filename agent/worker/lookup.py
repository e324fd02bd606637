"""The lookup before an inbound call is answered: what is known of the caller, from `precall_lookup_url`."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.models.assistant import Assistant
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.settings import Settings
from tools.custom import CustomTool
from tools.runner import ToolRunner


class _Found(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt_variables: dict[str, str]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    status: int
    body: _Found


async def looked_up(assistant: Assistant, caller: str, settings: Settings) -> Mapping[str, str]:
    """The prompt variables of the caller; none where the assistant has no lookup. Raises `InputInvalid`."""
    if assistant.precall_lookup_url is None:
        return {}
    request = CustomTool("precall_lookup", "", "GET", assistant.precall_lookup_url)
    async with ToolRunner(settings.allowed_hosts) as runner:
        result = await runner.run(request, {}, {"phone": caller})
    if result.is_error:
        raise _failed("expected it to answer with 200")
    try:
        return _Answer.model_validate_json(result.content).body.prompt_variables
    except ValidationError:
        raise _failed('expected it to answer with {"prompt_variables": {…}}, texts by name') from None


def lookup_failed(error: InputInvalid) -> InputInvalid:
    """The same problems, where the lookup was to have brought the values."""
    missing = [problem for problem in error.problems if problem.code is ErrorCode.UNRESOLVED_VARIABLE]
    if not missing or len(missing) != len(error.problems):
        return error
    names = "; ".join(str(problem) for problem in missing)
    return _failed(f"expected it to cover every variable the assistant uses: {names}")


def _failed(expected: str) -> InputInvalid:
    return InputInvalid([Problem("assistant.precall_lookup_url", expected, ErrorCode.PRECALL_LOOKUP_FAILED)])
