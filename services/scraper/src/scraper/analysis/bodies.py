"""Bodies: from the bytes of one address to the MIDI files in them, each parsed, described and stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from score import midi
from servicekit.faults import Fault, NoNotes

from scraper.content import midi_files
from scraper.content.licences import Evidence, text_evidence
from scraper.music.description import describe
from scraper.music.fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class AnalyzedFile:
    """A MIDI file that a body consists of or contains.

    Attributes
    ----------
    member : str
        Path in the archive; empty if the body is the file.
    sha256 : str
        Of the MIDI file's bytes, in hexadecimal.
    n_bytes : int
        Its size.
    error : str
        Why it is not usable; empty if it is.
    facts : dict
        ``note_digest``, ``music_hash``, ``minima``, ``n_shingles``, and the fields of `Description`.
    evidence : list of dict
        Licences that the file or its archive states, fields of `Evidence`.
    """

    member: str
    sha256: str
    n_bytes: int
    error: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    evidence: list[dict[str, str]] = field(default_factory=list)


def file_path(folder: Path, sha256: str) -> Path:
    """Return where the file with a digest is stored."""
    return folder / "files" / sha256[:2] / f"{sha256}.mid"


def analyze_body(body: bytes, folder: Path) -> Iterator[AnalyzedFile]:
    """Analyze a body and store its usable files.

    Parameters
    ----------
    body : bytes
        A MIDI file, bare or in a RIFF container, a gzip file, or a zip archive.
    folder : Path
        Of the collection.

    Yields
    ------
    AnalyzedFile
        One for each file in it.
    """
    if not midi_files.is_archive(body):
        yield _analyze_file("", midi_files.unwrap(body), folder, [])
        return
    texts = [each for _, text in midi_files.extract_licence_texts(body) for each in text_evidence("archive", text)]
    for member, content in midi_files.extract_midi_files(body):
        yield _analyze_file(member, midi_files.unwrap(content), folder, texts)


def _analyze_file(member: str, content: bytes, folder: Path, texts: list[Evidence]) -> AnalyzedFile:
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        facts, evidence = _facts(content)
    except Fault as fault:
        return AnalyzedFile(member, sha256, len(content), fault.reason)
    path = file_path(folder, sha256)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{id(content):x}.part")
        partial.write_bytes(content)
        partial.rename(path)
    return AnalyzedFile(member, sha256, len(content), "", facts, [asdict(each) for each in (*texts, *evidence)])


def _facts(content: bytes) -> tuple[dict[str, Any], list[Evidence]]:
    score = midi.parse(content)
    if score.n_notes == 0:
        raise NoNotes("The file has no notes.")
    description, found = describe(score), fingerprint(score)
    facts = {"note_digest": midi_files.score_digest(score), **asdict(description), **asdict(found)}
    return facts, text_evidence("copyright", description.copyright)
