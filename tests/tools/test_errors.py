import pytest

from tools.errors import ToolFailed, ToolTimeout


@pytest.mark.parametrize("kind", [ToolFailed, *ToolFailed.__subclasses__()])
def test_every_failure_says_a_sentence_of_its_own(kind: type[ToolFailed]) -> None:
    assert str(kind()) == " ".join(str(kind.__doc__).split())
    assert str(kind()).endswith(".")
    assert str(kind("Other words.")) == "Other words."


def test_the_sentence_of_a_timeout_leaves_the_result_open() -> None:
    assert "not known" in str(ToolTimeout())
