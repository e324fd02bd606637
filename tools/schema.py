"""What the model is told about a custom tool: its name, its description and a JSON schema of its arguments."""

from typing import Any, assert_never

from tools.custom import CustomTool, ToolInput


def declaration(tool: CustomTool) -> dict[str, Any]:
    """The tool as function-calling models take it: `name`, `description`, `parameters`."""
    return {"name": tool.name, "description": tool.description, "parameters": parameters(tool.inputs)}


def parameters(inputs: tuple[ToolInput, ...]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, an object."""
    return {
        "type": "object",
        "properties": {given.name: _property(given) for given in inputs},
        "required": [given.name for given in inputs if given.required],
        "additionalProperties": False,
    }


def _property(given: ToolInput) -> dict[str, Any]:
    schema = _type(given)
    if given.description:
        schema["description"] = given.description
    return schema


def _type(given: ToolInput) -> dict[str, Any]:
    match given.type:
        case "string" | "number" | "boolean":
            return {"type": given.type}
        case "enum":
            return {"type": "string", "enum": list(given.enum_options)}
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
        case _:
            assert_never(given.type)
