"""One S3 server for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from s3 import ceph
from s3.ceph import S3Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Start a real S3 server without buckets."""
    assert ceph.is_installed(), "no Ceph on this machine: `make test-s3` installs it"
    with ceph.s3_server(tmp_path_factory.mktemp("ceph") / "cluster") as started:
        yield started
