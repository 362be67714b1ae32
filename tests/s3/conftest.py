"""One S3 server for all tests here."""

from collections.abc import Iterator

import pytest
from s3 import ceph
from s3.ceph import S3Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server without buckets."""
    assert ceph.installed(), "no Ceph on this machine: `make test-s3` installs it"
    with ceph.s3_server(tmp_path_factory.mktemp("ceph") / "cluster") as started:
        yield started
