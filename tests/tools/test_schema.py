from typing import get_args

from tools.arguments import checked
from tools.custom import CustomTool, InputType, ToolInput
from tools.schema import declaration, parameters


def test_a_declaration_holds_what_the_model_needs_and_nothing_of_the_request() -> None:
    tool = CustomTool(
        name="book_table",
        description="Books a table.",
        method="POST",
        url="https://api.example/book",
        headers=(("Authorization", "Bearer canary"),),
        inputs=(
            ToolInput("size", "number", required=True, description="How many people"),
            ToolInput("area", "enum", enum_options=("inside", "terrace")),
            ToolInput("at", "datetime", required=True),
        ),
    )
    assert declaration(tool) == {
        "name": "book_table",
        "description": "Books a table.",
        "parameters": {
            "type": "object",
            "properties": {
                "size": {"type": "number", "description": "How many people"},
                "area": {"type": "string", "enum": ["inside", "terrace"]},
                "at": {"type": "string", "format": "date-time"},
            },
            "required": ["size", "at"],
            "additionalProperties": False,
        },
    }


def test_every_type_of_input_has_a_schema_and_a_check() -> None:
    kinds: tuple[InputType, ...] = get_args(InputType)
    for kind in kinds:
        given = ToolInput("x", kind)
        assert "type" in parameters((given,))["properties"]["x"]
        assert checked((given,), {}) == {}
