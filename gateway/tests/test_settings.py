"""Settings from the environment."""

from __future__ import annotations

import pytest
from gateway.settings import Settings
from servicekit.settings import read_settings


@pytest.mark.parametrize(
    ("given_url", "engine_url"),
    [
        ("", "sqlite:////data/segue.sqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_the_database_is_a_file_or_a_server(monkeypatch: pytest.MonkeyPatch, given_url: str, engine_url: str) -> None:
    monkeypatch.setenv("SEGUE_DATA", "/data")
    monkeypatch.setenv("SEGUE_DATABASE_URL", given_url)
    settings = read_settings(Settings)
    assert settings.engine_url == engine_url
    assert "u@h" not in repr(settings)


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_KEEPDAYS", "3")
    with pytest.raises(SystemExit, match="unknown SEGUE_KEEPDAYS"):
        read_settings(Settings)


def test_variables_of_other_programs_with_the_same_prefix_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_MODELS", "/models")
    assert not hasattr(read_settings(Settings), "models")
