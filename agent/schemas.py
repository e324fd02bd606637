"""JSON Schemas of the files that people write and programs read: for editors, and for whoever makes such files.

They are made from the models: a field's type, range and default from its annotation, its description from the text
under it. `docs/schemas/` has them; `voice-worker schemas docs/schemas` makes them anew. They are of draft 7, which
every editor knows. What goes beyond a single field (two actions in one step, a variable without a value) only `check`
and `rehearse` say.
"""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from agent.models import comparison, report, suite
from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.section import EDITORS, Section
from agent.pending import PENDING
from agent.problems import InputInvalid, Problem
from agent.rehearsal.script import LineScript

ENDING = ".schema.json"
_DIALECT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/{model}"


def schemas() -> dict[str, JsonSchemaValue]:
    """Every schema, by the name of its file without the ending."""
    return {
        "attempt": _attempt(),
        "assistant": _assistant(),
        "line": _schema(LineScript, "A line file: a simulated callee, and what is expected of the call"),
        "report": _schema(report.Attempt, "attempt.json: what came of a call", "serialization"),
        "suite": _schema(suite.Suite, "suite.json: what came of many rehearsals", "serialization"),
        "comparison": _schema(comparison.Comparison, "What `compare --json` prints", "serialization"),
    }


def texts() -> dict[str, str]:
    """The files' contents, by name."""
    return {
        f"{name}{ENDING}": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas().items()
    }


def write(folder: Path) -> tuple[Path, ...]:
    """Write every schema into a folder, which is made where there is none. Raises `InputInvalid`."""
    written = {folder / name: text for name, text in texts().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in written.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"expected a folder that can be written: {error.strerror or type(error).__name__}"
        raise InputInvalid([Problem("", what)], source=str(error.filename or folder)) from None
    return tuple(written)


def _schema(model: type[BaseModel], title: str, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
    made = model.model_json_schema(schema_generator=_Generator, ref_template=_REFERENCE, mode=mode)
    definitions = made.pop("$defs", {})
    if mode == "validation":
        named = {EDITORS: {"type": "string", "description": "Path or URL of this file's JSON Schema, for editors."}}
        made["properties"] = {**made["properties"], **named}
    return {"$schema": _DIALECT, **made, "title": title, "definitions": definitions}


def _attempt() -> JsonSchemaValue:
    schema = _schema(Attempt, "An attempt: whom to call, and with which assistant")
    assistant = schema["properties"]["assistant"]
    assistant["anyOf"].append({"type": "string", "minLength": 1})
    return schema


def _assistant() -> JsonSchemaValue:
    """As the API returns it, bare or wrapped."""
    schema = _schema(Assistant, "An assistant: who holds the conversation")
    about = ("$schema", "title", "description", "definitions")
    bare = {key: value for key, value in schema.items() if key not in about}
    return {
        **{key: schema[key] for key in about[:3]},
        "if": {"type": "object", "required": ["assistant"]},
        "then": {"properties": {"assistant": {"$ref": _REFERENCE.format(model="Assistant")}}},
        "else": {"$ref": _REFERENCE.format(model="Assistant")},
        "definitions": {"Assistant": bare, **schema["definitions"]},
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's, with what the parsers let pass beside and with the texts under the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No field: a title that repeats the name is only in the way."""
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        """What is written always has every field."""
        return self.mode == "serialization" or super().field_is_required(field, total)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """An object."""
        model = schema["cls"]
        made = super().model_schema(schema)
        if "properties" in made:
            made["properties"] = {name: _described(entry, model, name) for name, entry in made["properties"].items()}
        if issubclass(model, Section):
            _relax(made, model)
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """One of several objects, without OpenAPI's word for what tells them apart: their tags are constants."""
        made = super().tagged_union_schema(schema)
        del made["discriminator"]
        return made

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """One of some values, with what each of them means, in the words that editors look for."""
        made = super().enum_schema(schema)
        meanings = [_said(schema["cls"], member.name) for member in schema["members"]]
        return {**made, "enumDescriptions": meanings, "markdownEnumDescriptions": meanings} if any(meanings) else made

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """As it is: the order of the models is the order to read them in."""
        return value


def _relax(made: JsonSchemaValue, model: type[Section]) -> None:
    """What `agent.models.parsing` does: `null` is absent; unknown fields are named, those of no interest pass."""
    required = made["required"] if "required" in made else []
    made["properties"] = {
        name: entry if name in required else _nullable(entry) for name, entry in made["properties"].items()
    }
    made["additionalProperties"] = False
    patterns = [re.escape(beginning) for beginning in model.accepted if beginning != EDITORS]
    if patterns:
        made["patternProperties"] = {f"^{pattern}": {} for pattern in patterns}


def _nullable(entry: JsonSchemaValue) -> JsonSchemaValue:
    if "$ref" in entry:
        about = {key: value for key, value in entry.items() if key != "$ref"}
        return {**about, "anyOf": [{"$ref": entry["$ref"]}, {"type": "null"}]}
    if "anyOf" in entry:
        return entry if {"type": "null"} in entry["anyOf"] else {**entry, "anyOf": [*entry["anyOf"], {"type": "null"}]}
    if "type" not in entry:
        return entry
    made = {**entry, "type": [entry["type"], "null"]}
    if "enum" in entry or "const" in entry:
        made["enum"] = [*(entry["enum"] if "enum" in entry else [made.pop("const")]), None]
    if entry["type"] == "object" and isinstance(entry.get("additionalProperties"), dict):
        made["additionalProperties"] = _nullable(entry["additionalProperties"])
    return made


def _described(entry: JsonSchemaValue, model: type[BaseModel], name: str) -> JsonSchemaValue:
    """The field's schema with its text, its range and its default; defaults that say nothing are left out."""
    pending = model in PENDING and name in PENDING[model]
    facts = (_said(model, name), _range(entry), _default(entry), "It does nothing yet." if pending else "")
    entry = {key: value for key, value in entry.items() if key != "default" or _tells(value)}
    text = " ".join(fact for fact in facts if fact)
    return {**entry, "description": text} if text else entry


def _range(entry: JsonSchemaValue) -> str:
    numbers = next((part for part in (entry, *_parts(entry)) if part.keys() & _BOUNDS.keys()), None)
    if numbers is None:
        return ""
    words = " and ".join(f"{word} {numbers[key]:g}" for key, word in _BOUNDS.items() if key in numbers)
    return f"{words[0].upper()}{words[1:]}."


_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}


def _parts(entry: JsonSchemaValue) -> Iterator[JsonSchemaValue]:
    yield from (part for key in ("anyOf", "allOf") if key in entry for part in entry[key])


def _default(entry: JsonSchemaValue) -> str:
    return f"Default: {_shown(entry['default'])}." if "default" in entry and _tells(entry["default"]) else ""


def _shown(value: Any) -> str:
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value).strip('"')


def _tells(default: Any) -> bool:
    return isinstance(default, bool | int | float) or (isinstance(default, str) and default != "")


def _said(kind: type[BaseModel] | type[Enum], name: str) -> str:
    """The text under a field or a member; empty: there is none."""
    return next((texts[name] for texts in map(_texts, kind.__mro__) if name in texts), "")


@cache
def _texts(kind: type) -> Mapping[str, str]:
    """The texts under the fields of a class, which Python itself does not keep."""
    if not kind.__module__.startswith("agent."):
        return {}
    tree = _tree(kind.__module__)
    (body,) = (node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        name = _name(field)
        if name is not None and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[name] = textwrap.fill(inspect.cleandoc(str(text.value.value)), 10**6).replace("None", "null")
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))


def _name(node: ast.stmt) -> str | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None
