"""A real S3 server on loopback, from Debian's packages: one Ceph monitor, one disk in a file, one gateway.

Needs `radosgw`, `ceph-mon` and `ceph-osd`. Everything lives in one folder and all three daemons run in the foreground
as children, so that stopping them is ending three processes.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
START_TIMEOUT_S = 60
DISK_BYTES = 4 << 30  # sparse: unwritten blocks take no space
MONITOR_CAPS = ("mon", "allow *")
ADMIN_CAPS = ("mon", "allow *", "osd", "allow *", "mgr", "allow *")

CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:{host}:{port_v2},v1:{host}:{port_v1}]
public addr = {host}
cluster addr = {host}
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/admin.keyring
run dir = {folder}/run
admin socket = {folder}/run/$name.sock
log file = {folder}/log/$name.log
# One disk holds the only copy of everything.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
keyring = {folder}/osd/keyring
osd objectstore = bluestore
bluestore block size = {disk_bytes}
bluestore block create = true
osd memory target = 939524096
[client.rgw]
rgw data = {folder}/rgw
keyring = {folder}/rgw.keyring
rgw dns name = {host}
"""


@dataclass(frozen=True)
class S3Server:
    """Address and credentials of a server, and control of its gateway process."""

    endpoint: str
    access_key: str
    secret_key: str
    start_gateway: Callable[[], subprocess.Popen[bytes]]
    gateways: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start the S3 gateway and wait until it listens."""
        self.gateways.append(self.start_gateway())
        wait_for_port(self.endpoint)

    def kill(self) -> None:
        """Kill the S3 gateway, as `kill -9` does; the stored objects stay on the disk."""
        self.gateways[-1].kill()
        self.gateways[-1].wait()

    def stop(self) -> None:
        """Terminate every gateway process that still runs."""
        for gateway in self.gateways:
            stop_daemon(gateway)


class Ceph:
    """A cluster in a folder; `create` it once, then start its daemons.

    Parameters
    ----------
    folder : Path
        Empty or missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._monitor_ports = free_ports(2)
        self._options = ["-c", str(folder / "ceph.conf")]

    def create(self) -> None:
        """Create the folder, the keys and the monitor's own store."""
        for name in ("mon", "osd", "rgw", "run", "log"):
            (self.folder / name).mkdir(parents=True)
        self._configure()
        self._create_keys()
        addresses = f"[v2:{HOST}:{self._monitor_ports[0]},v1:{HOST}:{self._monitor_ports[1]}]"
        monmap, keys = str(self.folder / "monmap"), str(self.folder / "mon.keyring")
        run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", addresses, monmap)
        run("ceph-mon", *self._options, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keys)

    def create_disk(self) -> None:
        """Register the disk with the running monitor, and format it."""
        identity, secret = str(uuid.uuid4()), run("ceph-authtool", "--gen-print-key").strip()
        self.command("osd", "new", identity, "-i", "-", stdin=f'{{"cephx_secret": "{secret}"}}')
        caps = ("mon", "allow profile osd", "osd", "allow *")
        write_keyring(self.folder / "osd/keyring", "osd.0", caps, "--add-key", secret)
        run("ceph-osd", *self._options, "-i", "0", "--mkfs", "--osd-uuid", identity)

    def command(self, *words: str, stdin: str | None = None) -> str:
        """Run an administrator's command on the cluster."""
        return run("ceph", *self._options, *words, stdin=stdin)

    def create_user(self, access_key: str, secret_key: str) -> None:
        """Create a user of the S3 gateway."""
        keys = (f"--access-key={access_key}", f"--secret={secret_key}")
        run("radosgw-admin", *self._options, "user", "create", "--uid=segue", "--display-name=segue", *keys)

    def start_daemon(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one daemon in the foreground; its log is in `log/`."""
        # Ceph dies with the tests, even with killed ones.
        command = ["setpriv", "--pdeathsig", "KILL", "--", words[0], *self._options, "-f", *words[1:]]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def fsid(self) -> str:
        """The cluster's identity, derived from its folder so that it stays the same."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder)))

    def _configure(self) -> None:
        port_v2, port_v1 = self._monitor_ports
        text = CONFIGURATION.format(
            fsid=self.fsid, host=HOST, port_v2=port_v2, port_v1=port_v1, folder=self.folder, disk_bytes=DISK_BYTES
        )
        (self.folder / "ceph.conf").write_text(text)

    def _create_keys(self) -> None:
        write_keyring(self.folder / "mon.keyring", "mon.", MONITOR_CAPS, "--gen-key")
        write_keyring(self.folder / "admin.keyring", "client.admin", ADMIN_CAPS, "--gen-key")
        run("ceph-authtool", str(self.folder / "mon.keyring"), "--import-keyring", str(self.folder / "admin.keyring"))


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Start a server with one user and no buckets, and stop it at the end.

    Parameters
    ----------
    folder : Path
        Empty or missing; a short path, because it holds sockets.
    """
    ceph = Ceph(folder)
    endpoint = f"{HOST}:{free_ports(1)[0]}"
    # Without tcp_nodelay every small response waits 40 ms for an acknowledgement.
    frontend = f"--rgw-frontends=beast endpoint={endpoint} tcp_nodelay=1"
    start = partial(ceph.start_daemon, "radosgw", "-n", "client.rgw", frontend)
    server = S3Server(endpoint, "segue", secrets.token_hex(16), start)
    with ExitStack() as daemons:
        ceph.create()
        daemons.callback(stop_daemon, ceph.start_daemon("ceph-mon", "-i", "a"))
        caps = ("mon", "allow rw", "osd", "allow rwx")
        ceph.command("auth", "get-or-create", "client.rgw", *caps, "-o", str(folder / "rgw.keyring"))
        ceph.create_disk()
        daemons.callback(stop_daemon, ceph.start_daemon("ceph-osd", "-i", "0"))
        daemons.callback(server.stop)
        server.start()
        ceph.create_user(server.access_key, server.secret_key)
        yield server


def free_ports(n_ports: int) -> list[int]:
    """Return unused ports on loopback."""
    with ExitStack() as bound:
        listeners = [bound.enter_context(socket.create_server((HOST, 0))) for _ in range(n_ports)]
        return [listener.getsockname()[1] for listener in listeners]


def wait_for_port(endpoint: str) -> None:
    """Wait until a port accepts connections.

    Raises
    ------
    TimeoutError
        If it does not within `START_TIMEOUT_S`.
    """
    host, _, port = endpoint.rpartition(":")
    waiter = "until exec 3<>/dev/tcp/$0/$1; do read -t 0.2 <> <(:) || true; done"
    try:
        subprocess.run(
            ["bash", "-c", waiter, host, port], stderr=subprocess.DEVNULL, check=True, timeout=START_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"nothing listens on {endpoint}") from None


def write_keyring(path: Path, name: str, caps: tuple[str, ...], *key: str) -> None:
    """Write a keyring with one key and its capabilities.

    Parameters
    ----------
    path : Path
        The keyring.
    name : str
        Name of the key.
    caps : tuple of str
        Pairs of a daemon type and its capabilities.
    *key : str
        Options of ``ceph-authtool`` that give the key.
    """
    pairs = zip(caps[::2], caps[1::2], strict=True)
    allowed = [word for kind, what in pairs for word in ("--cap", kind, what)]
    run("ceph-authtool", "-C", str(path), "-n", name, *key, *allowed)


def run(*command: str, stdin: str | None = None) -> str:
    """Run one command to its end and return what it printed.

    Raises
    ------
    RuntimeError
        If it fails, with the end of its error output.
    """
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} ...: {done.stderr.strip()[-500:]}")
    return done.stdout


def is_installed() -> bool:
    """Return whether Ceph's daemons are installed."""
    return all(shutil.which(name) for name in ("radosgw", "ceph-mon", "ceph-osd", "ceph"))


def stop_daemon(daemon: subprocess.Popen[bytes]) -> None:
    """Terminate a daemon, and kill it if it does not end."""
    daemon.terminate()
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
