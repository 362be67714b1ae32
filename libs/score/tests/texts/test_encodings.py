"""The encoding of a file's texts: found from few words, and no byte is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score import midi
from score.model import Event, Note, Score, Track
from score.summary import summarize
from score.texts import decode_text, detect_encoding, display_text, encode_text

ENCODINGS = [
    "utf-8",
    "cp1252",
    "cp1251",
    "koi8_r",
    "cp866",
    "cp932",
    "euc_jp",
    "gbk",
    "big5",
    "cp949",
    "cp1250",
    "cp850",
]
NOTES = (Note(0, 480, 60, 80),)


# No word here is among those that the detection knows.
@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["荒城の月"]),
        ("cp932", ["トロンボーン"]),
        ("cp932", ["ﾄﾗﾝﾍﾟｯﾄ", "ﾊｰﾌﾟ"]),
        ("cp932", ["春の海", "Track 2", "アコーディオン"]),
        ("euc_jp", ["さくらさくら", "マリンバ"]),
        ("cp1251", ["Калинка"]),
        ("cp1251", ["СОЛО ГИТАРА 2"]),
        ("cp1251", ["Вступление", "© 1998"]),
        ("koi8_r", ["Подмосковные вечера"]),
        ("cp866", ["Куплет", "Припев"]),
        ("gbk", ["月亮代表我的心"]),
        ("gbk", ["第一小提琴", "前奏"]),
        ("big5", ["望春風", "雨夜花"]),
        ("cp949", ["아리랑"]),
        ("cp949", ["트럼펫", "합창"]),
        ("cp1252", ["Glöckchen"]),
        ("cp1252", ["Clair de lune à Paris"]),
        ("cp1252", ["Hautbois d’amour"]),
        ("cp1252", ["Copyright © 1998"]),
        ("utf-8", ["Mélodie", "メロディ", "Мелодия"]),
    ],
)
def test_an_encoding_is_found_from_few_words(encoding: str, names: list[str]) -> None:
    payloads = [name.encode(encoding) for name in names]
    found = detect_encoding(payloads)
    assert [decode_text(payload, found) for payload in payloads] == names


def test_all_texts_of_a_file_decide_together() -> None:
    words = ["梁祝".encode("gbk"), "高山流水".encode("gbk")]
    assert decode_text(words[0], detect_encoding(words[:1])) != "梁祝"
    assert decode_text(words[0], detect_encoding(words)) == "梁祝"
    assert detect_encoding(words) == detect_encoding([*words[::-1], *words])


def test_a_name_cut_within_a_character_is_read_up_to_there() -> None:
    payloads = ["メロディとベース".encode("cp932")[:-1], "ドラム".encode("cp932")]
    encoding = detect_encoding(payloads)
    name = decode_text(payloads[0], encoding)
    assert (encoding, display_text(name)) == ("cp932", "メロディとベー\ufffd")
    assert encode_text(name, encoding) == payloads[0]


@given(st.binary(max_size=24), st.sampled_from(ENCODINGS))
@settings(max_examples=300, deadline=None)
def test_any_bytes_survive_as_valid_unicode(payload: bytes, encoding: str) -> None:
    text = decode_text(payload, encoding)
    assert encode_text(text, encoding) == payload
    assert text.encode("utf-8").decode("utf-8") == text


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=5))
@settings(max_examples=100, deadline=None)
def test_names_of_any_bytes_survive_a_file(names: list[bytes]) -> None:
    tracks = b"".join(_chunk(b"\x00\xff\x03" + bytes((len(name),)) + name) for name in [b"Title", *names])
    data = b"MThd\x00\x00\x00\x06\x00\x01" + (len(names) + 1).to_bytes(2, "big") + b"\x01\xe0" + tracks
    score = midi.parse(data)
    written = midi.write(score)
    assert midi.parse(written) == score
    assert all(b"\xff\x03" + bytes((len(name),)) + name in written for name in names)


def test_long_texts_of_any_bytes_are_read() -> None:
    payload = bytes(range(256)) * 400
    assert encode_text(decode_text(payload, "cp932"), "cp932") == payload
    assert detect_encoding([payload]) in [*ENCODINGS, "cp1254", "mac_roman"]


@pytest.mark.parametrize(("name", "encoding"), [("Флейта", "cp1251"), ("フルート", "cp932"), ("Flöte", "cp1252")])
def test_a_file_keeps_its_encoding(name: str, encoding: str) -> None:
    lyric = Event(0, b"\xff\x05" + name.encode(encoding))
    score = Score(title=name, tracks=(Track(name, 73, 0, NOTES, (lyric,)),), text_encoding=encoding)
    read = midi.parse(midi.write(score))
    assert read == score
    assert midi.write(score).count(name.encode(encoding)) == 3
    assert summarize(read).tracks[0].name == name


def test_a_byte_that_makes_no_character_is_shown_as_such() -> None:
    score = Score(tracks=(Track("Fl\uf7f6te", notes=NOTES),))
    assert midi.parse(midi.write(score)).tracks[0].name == "Flöte"
    (shown,) = (track.name for track in summarize(score).tracks)
    assert json.loads(json.dumps(shown)) == "Fl\ufffdte"


def _chunk(events: bytes) -> bytes:
    body = events + b"\x00\x90\x3c\x40\x60\x80\x3c\x00\x00\xff\x2f\x00"
    return b"MTrk" + len(body).to_bytes(4, "big") + body
