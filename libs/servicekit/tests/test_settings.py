"""Settings from the environment."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict
from servicekit.settings import ServerSettings, read_settings


class ExampleSettings(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")


def test_defaults_bind_to_loopback() -> None:
    settings = read_settings(ExampleSettings)
    assert (settings.host, settings.port, settings.metrics_port) == ("127.0.0.1", 0, 0)


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", "4711")
    assert read_settings(ExampleSettings).port == 4711


def test_settings_cannot_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ExampleSettings().port = 1


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("EXAMPLE_PORT", "70000", r"^settings: EXAMPLE_PORT: .*65535"),
        (
            "EXAMPLE_PROT",
            "1",
            r"^settings: EXAMPLE_\*: .*unknown EXAMPLE_PROT; known are EXAMPLE_GRACE_S, EXAMPLE_HOST",
        ),
    ],
)
def test_a_refused_setting_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=line):
        read_settings(ExampleSettings)


def test_a_variable_of_another_program_with_the_same_prefix_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    class SharingSettings(ExampleSettings):
        foreign_variables = frozenset({"EXAMPLE_MODELS"})

    monkeypatch.setenv("EXAMPLE_MODELS", "/models")
    assert read_settings(SharingSettings).port == 0
    with pytest.raises(SystemExit, match="unknown EXAMPLE_MODELS"):
        read_settings(ExampleSettings)
