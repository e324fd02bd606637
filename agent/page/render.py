"""From what is shown to HTML: one file, that loads nothing and runs nothing but its own script.

Everything that comes from a call is escaped by the template engine. Should any of it get through all the same, the
policy in the page's head runs only the one script and the one style sheet whose hashes it names.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from agent.page import words
from agent.page.contents import Contents
from agent.page.runs import Run, Tally, tallies
from agent.page.waits import MEANINGS, NAMES

_ASSETS = files("agent.page") / "assets"


def page(call: Contents) -> str:
    """The page of a call."""
    return _render("call.html", ("page.css", "call.css"), "call.js", call=call, parts=NAMES, meanings=MEANINGS)


def index(title: str, runs: Sequence[Run], missing: int = 0) -> str:
    """The page of many calls: whether each passed, and where its own page is. `missing` were planned and not done."""
    shown = {"title": title, "runs": runs, "missing": missing, "all": Tally.of(runs), "by_line": tallies(runs)}
    return _render("index.html", ("page.css", "index.css"), None, **shown)


def _render(template: str, styles: Sequence[str], script: str | None, **values: Any) -> str:
    style = "\n".join(_asset(name) for name in styles)
    code = "" if script is None else _asset(script)
    policy = f"default-src 'none'; style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    if script is not None:
        policy += (
            f"; script-src {_hash(code)}; media-src data:; require-trusted-types-for 'script'; trusted-types 'none'"
        )
    return _engine().get_template(template).render(policy=policy, style=style, code=code, **values)


def _hash(text: str) -> str:
    """The source of a policy that allows exactly this text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def _engine() -> Environment:
    engine = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {"clock": words.clock, "lasting": words.lasting, "ms": words.milliseconds, "plain": words.plain}
    engine.filters |= {"counted": words.counted, "day": words.day}
    return engine
