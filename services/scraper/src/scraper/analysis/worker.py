"""Worker process: reads requests from its standard input and writes replies to its standard output.

A request is a header in JSON and a body, each with its length before it; a reply is JSON with its length before it. The
process bounds its own memory and ends when its input does.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

MAX_MEMORY_BYTES = 3 * 1024**3
"""Address space of the process."""
LENGTHS = struct.Struct("<II")
LENGTH = struct.Struct("<I")


def reply(header: dict[str, Any], body: bytes) -> Any:
    """Return the reply to one request: ``op`` is "page" or "files"."""
    if header["op"] == "page":
        from scraper.content.links import parse_page

        return asdict(parse_page(body, header["url"], header["content_type"]))
    from scraper.analysis.bodies import analyze_body

    folder = Path(header["folder"])
    return [[asdict(each) for each in analyze_body(Path(path).read_bytes(), folder)] for path in header["paths"]]


def run(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    while len(lengths := source.read(LENGTHS.size)) == LENGTHS.size:
        n_header, n_body = LENGTHS.unpack(lengths)
        header = json.loads(source.read(n_header))
        body = source.read(n_body)
        try:
            encoded = json.dumps({"found": reply(header, body)}).encode()
        except OSError as error:
            encoded = json.dumps({"store_failed": str(error)}).encode()
        sink.write(LENGTH.pack(len(encoded)) + encoded)
        sink.flush()


def main() -> None:
    """Bound the memory and serve."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    # Replies alone go to the output: what a library prints would be read as one. FluidSynth's does, where CI is set.
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)
        run(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
