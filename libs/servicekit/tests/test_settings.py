from __future__ import annotations

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict
from servicekit.settings import ServerSettings, read_settings


class EchoSettings(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="ECHO_")


def test_defaults_bind_to_loopback() -> None:
    settings = read_settings(EchoSettings)
    assert (settings.host, settings.port, settings.metrics_port) == ("127.0.0.1", 0, 0)


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHO_PORT", "4711")
    assert read_settings(EchoSettings).port == 4711


def test_settings_cannot_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EchoSettings().port = 1


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("ECHO_PORT", "70000", r"^settings: ECHO_PORT: .*65535"),
        ("ECHO_PROT", "1", r"^settings: ECHO_\*: .*unknown ECHO_PROT; known are ECHO_GRACE_S, ECHO_HOST"),
    ],
)
def test_what_is_refused_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=line):
        read_settings(EchoSettings)
