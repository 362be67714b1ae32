"""The documents lead somewhere, and say what is so."""

import re
from pathlib import Path

import pytest
from gateway.settings import Settings
from startall.settings import StartSettings

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = {"node_modules", ".venv", ".tools", ".cache", "var"}
PAGES = sorted(path for path in ROOT.rglob("*.md") if not HIDDEN & set(path.relative_to(ROOT).parts))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_readme_names_only_targets_that_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+(?: [a-z0-9-]+)*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for group in targets for name in group.split()}
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE))
        assert {"run", "test"} <= named
        assert named - known == set(), page


def test_the_readme_names_only_settings_that_are_there() -> None:
    known = {f"SEGUE_{name.upper()}" for model in (Settings, StartSettings) for name in model.model_fields}
    named = set(re.findall(r"SEGUE_[A-Z0-9_]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named - known == set()
