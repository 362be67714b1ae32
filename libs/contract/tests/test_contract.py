"""Conversions between shared messages and Python values."""

import pytest
from contract import keys, notices, roles
from score import keys as score_keys
from score.model import Notice
from score.roles import ROLES, Role
from segue.common.v1 import common_pb2
from servicekit.faults import InvalidInput, UnknownKey


def test_every_role_has_a_value_and_comes_back() -> None:
    assert [Role(roles.from_proto(roles.to_proto(role))) for role in ROLES] == list(ROLES)
    assert tuple(role.value for role in ROLES) == roles.ROLE_NAMES
    named = {roles.to_proto(name) for name in (*roles.ROLE_NAMES, roles.NO_ROLE)}
    assert named == set(common_pb2.Role.values()) - {common_pb2.ROLE_UNSPECIFIED}


@pytest.mark.parametrize("value", [common_pb2.ROLE_UNSPECIFIED, common_pb2.ROLE_NONE, 99])
def test_a_value_that_is_no_role_is_refused(value: int) -> None:
    assert roles.name_or_none(value) is None
    with pytest.raises(
        InvalidInput, match=rf"^There is no role {value}; a role is lead \(1\), .* or drums \(4\)\.$"
    ) as e:
        roles.from_proto(value, "stem.roles")
    assert e.value.facts == {"field": "stem.roles", "value": value}


def test_overrides_leave_out_what_is_not_said() -> None:
    messages = [
        common_pb2.RoleOverride(track=0, role=common_pb2.ROLE_LEAD),
        common_pb2.RoleOverride(track=1, role=common_pb2.ROLE_NONE),
        common_pb2.RoleOverride(track=2),
    ]
    parsed = roles.parse_overrides(messages, Role)
    assert parsed == {0: Role.LEAD, 1: None}
    assert roles.to_overrides(parsed) == messages[:2]
    assert roles.to_overrides({1: "none"}) == messages[1:2]


def test_an_override_with_an_unknown_role_is_refused() -> None:
    message = common_pb2.RoleOverride(track=0)
    message.MergeFromString(b"\x10\x63")  # role 99, as a newer client would send it
    with pytest.raises(InvalidInput, match="There is no role 99") as refused:
        roles.parse_overrides([message], str, "role_overrides")
    assert refused.value.facts["field"] == "role_overrides"


def test_notices_keep_their_order_and_words() -> None:
    given = [Notice("B", "Second."), Notice("A", "First.")]
    found = notices.to_proto(given)
    assert [(each.reason, each.message) for each in found] == [("B", "Second."), ("A", "First.")]
    assert not any(each.HasField("parent") or each.HasField("first_bar") for each in found)


def test_a_notice_keeps_its_piece_and_its_bars() -> None:
    (found,) = notices.to_proto([Notice("A", "Notes were folded.", parent=0, first_bar=0, last_bar=3)])
    assert found.HasField("parent")
    assert (found.parent, found.first_bar, found.last_bar) == (0, 0, 3)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("F# minor", "F# minor"),
        ("Gb MINOR", "F# minor"),
        ("d♯ major", "Eb major"),
        ("cb major", "B major"),
        ("B# major", "C major"),
        (" a  minor ", "A minor"),
    ],
)
def test_a_key_has_one_spelling(text: str, name: str) -> None:
    assert keys.key_name(keys.parse_key_name(text)) == name


@pytest.mark.parametrize("is_minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_keys_come_back_from_messages_and_names(tonic: int, *, is_minor: bool) -> None:
    message = keys.to_proto(tonic, is_minor=is_minor)
    assert keys.from_proto(message) == (tonic, is_minor)
    assert keys.parse_key_name(keys.key_name(message)) == message
    assert keys.key_name(message) == score_keys.key_name(tonic, is_minor=is_minor)


@pytest.mark.parametrize(
    ("message", "match", "field"),
    [
        (common_pb2.Key(tonic=12, mode=common_pb2.MODE_MAJOR), r"A tonic is 0 \(C\) to 11 \(B\), not 12", "to.tonic"),
        (common_pb2.Key(tonic=3), "major or minor", "to.mode"),
    ],
)
def test_a_message_that_is_no_key_is_refused(message: common_pb2.Key, match: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=match) as refused:
        keys.from_proto(message, "to")
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize("text", ["", "H minor", "C", "C dorian", "C## major", "Cminor"])
def test_a_text_that_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(UnknownKey, match="a tonic and a mode"):
        keys.parse_key_name(text)
