"""Key names, signatures and the shifts between them."""

import pytest
from score import keys

MAJOR_SIGNATURES = {
    "C": 0,
    "G": 1,
    "D": 2,
    "A": 3,
    "E": 4,
    "B": 5,
    "F#": 6,
    "F": -1,
    "Bb": -2,
    "Eb": -3,
    "Ab": -4,
    "Db": -5,
}
MINOR_SIGNATURES = {
    "A": 0,
    "E": 1,
    "B": 2,
    "F#": 3,
    "C#": 4,
    "G#": 5,
    "Eb": 6,
    "D": -1,
    "G": -2,
    "C": -3,
    "F": -4,
    "Bb": -5,
}


@pytest.mark.parametrize(("is_minor", "signatures"), [(False, MAJOR_SIGNATURES), (True, MINOR_SIGNATURES)])
def test_signatures_are_those_of_the_circle_of_fifths(*, is_minor: bool, signatures: dict[str, int]) -> None:
    names = keys.MINOR_TONIC_NAMES if is_minor else keys.MAJOR_TONIC_NAMES
    found = {name: keys.signature_of_key(tonic, is_minor=is_minor) for tonic, name in enumerate(names)}
    assert found == signatures
    assert [keys.tonic_of_signature(found[name], is_minor=is_minor) for name in names] == list(range(12))


@pytest.mark.parametrize("is_minor", [False, True])
def test_the_shift_from_c_is_the_shortest(*, is_minor: bool) -> None:
    shifts = [keys.semitones_from_c(tonic, is_minor=is_minor) for tonic in range(12)]
    assert [((9 if is_minor else 0) + shift) % 12 for shift in shifts] == list(range(12))
    assert sorted(shifts) == list(range(-5, 7))


def test_the_shift_between_signatures_leads_from_one_to_the_other() -> None:
    for start in range(-7, 8):
        for end in range(-7, 8):
            shift = keys.semitones_between_signatures(start, end)
            assert -6 <= shift <= 5
            tonic = keys.tonic_of_signature(start, is_minor=False) + shift
            assert tonic % 12 == keys.tonic_of_signature(end, is_minor=False)


def test_keys_are_named_by_tonic_and_mode() -> None:
    assert keys.key_name(1, is_minor=False) == "Db major"
    assert keys.key_name(1, is_minor=True) == "C# minor"
