from dataclasses import dataclass

from tools.end_call import ENDING, NAME, declaration, handle


@dataclass
class FakeCall:
    ended: int = 0

    async def end(self) -> None:
        self.ended += 1


async def test_end_call_ends_its_call_and_tells_the_model_to_be_quiet() -> None:
    call = FakeCall()
    assert await handle(call) == ENDING
    assert call.ended == 1


def test_end_call_takes_no_arguments() -> None:
    assert declaration()["name"] == NAME
    assert declaration()["parameters"]["properties"] == {}
