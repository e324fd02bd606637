"""What the documentation says is what the code does."""

import re
from pathlib import Path

import pytest

from agent.problems import ErrorCode
from agent.rehearsal.shipped import shipped
from agent.settings import table

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_table_of_settings_is_made_from_the_code() -> None:
    text = (ROOT / "README.md").read_text()
    shown = text.split("<!-- settings -->\n")[1].split("\n<!-- /settings -->")[0]
    assert shown == table(), "make the table anew: python -m agent.settings"


def test_every_error_code_and_every_shipped_line_is_documented() -> None:
    text = (ROOT / "README.md").read_text()
    assert [code for code in ErrorCode if f"| `{code}` |" not in text] == []
    assert [name for name in shipped() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_the_architecture_names_is_there() -> None:
    names = re.findall(r"`((?:agent|audio|tools)/[a-z_/]+(?:\.py)?)`", (ROOT / "docs/architecture.md").read_text())
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []
