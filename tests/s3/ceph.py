"""A real S3 server on loopback, from Debian's packages: one Ceph monitor, one disk in a file, one gateway.

Needs `radosgw`, `ceph-mon` and `ceph-osd`. Everything lives in one folder and all three daemons run in the foreground
as children, so that stopping them is ending three processes.
"""

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
DISK_BYTES = 4 << 30  # sparse: what is not written takes no room
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
    """Where it listens, who may write, and how to take its gateway away for a while."""

    endpoint: str
    access_key: str
    secret_key: str
    start_gateway: "Callable[[], subprocess.Popen[bytes]]"
    gateways: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start the S3 gateway and wait until it listens."""
        self.gateways.append(self.start_gateway())
        wait_for_port(self.endpoint)

    def kill(self) -> None:
        """Kill the S3 gateway, as `kill -9` does; what was stored stays with the disk."""
        self.gateways[-1].kill()
        self.gateways[-1].wait()

    def stop(self) -> None:
        """End whatever of the gateways still runs."""
        for gateway in self.gateways:
            end(gateway)


class Ceph:
    """The cluster in a folder: `make` it once, then `serve`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._monitor_ports = free_ports(2)
        self._options = ["-c", str(folder / "ceph.conf")]

    def make(self) -> None:
        """Lay out the folder, the keys and the monitor's own store."""
        for name in ("mon", "osd", "rgw", "run", "log"):
            (self.folder / name).mkdir(parents=True)
        self._configure()
        self._make_keys()
        addresses = f"[v2:{HOST}:{self._monitor_ports[0]},v1:{HOST}:{self._monitor_ports[1]}]"
        monmap, keys = str(self.folder / "monmap"), str(self.folder / "mon.keyring")
        run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", addresses, monmap)
        run("ceph-mon", *self._options, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keys)

    def make_disk(self) -> None:
        """Enter the disk with the running monitor, and format it."""
        identity, secret = str(uuid.uuid4()), run("ceph-authtool", "--gen-print-key").strip()
        self.command("osd", "new", identity, "-i", "-", given=f'{{"cephx_secret": "{secret}"}}')
        caps = ("mon", "allow profile osd", "osd", "allow *")
        keyring(self.folder / "osd/keyring", "osd.0", caps, "--add-key", secret)
        run("ceph-osd", *self._options, "-i", "0", "--mkfs", "--osd-uuid", identity)

    def command(self, *words: str, given: str | None = None) -> str:
        """Give the cluster an administrator's command."""
        return run("ceph", *self._options, *words, given=given)

    def gateway_user(self, access_key: str, secret_key: str) -> None:
        """Let somebody in through the S3 gateway."""
        keys = (f"--access-key={access_key}", f"--secret={secret_key}")
        run("radosgw-admin", *self._options, "user", "create", "--uid=segue", "--display-name=segue", *keys)

    def daemon(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start one daemon in the foreground; its log is in `log/`."""
        # Ceph dies with the tests, even with killed ones.
        command = ["setpriv", "--pdeathsig", "KILL", "--", words[0], *self._options, "-f", *words[1:]]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def fsid(self) -> str:
        """The cluster's identity, made up from its folder so that it stays the same."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder)))

    def _configure(self) -> None:
        port_v2, port_v1 = self._monitor_ports
        text = CONFIGURATION.format(
            fsid=self.fsid, host=HOST, port_v2=port_v2, port_v1=port_v1, folder=self.folder, disk_bytes=DISK_BYTES
        )
        (self.folder / "ceph.conf").write_text(text)

    def _make_keys(self) -> None:
        keyring(self.folder / "mon.keyring", "mon.", MONITOR_CAPS, "--gen-key")
        keyring(self.folder / "admin.keyring", "client.admin", ADMIN_CAPS, "--gen-key")
        run("ceph-authtool", str(self.folder / "mon.keyring"), "--import-keyring", str(self.folder / "admin.keyring"))


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Bring up a server with one user and no buckets, and take it down at the end.

    Parameters
    ----------
    folder : Path
        Empty or missing; a short path, for sockets lie in it.
    """
    ceph = Ceph(folder)
    endpoint = f"{HOST}:{free_ports(1)[0]}"
    # Without tcp_nodelay every small answer waits 40 ms for an acknowledgement.
    frontend = f"--rgw-frontends=beast endpoint={endpoint} tcp_nodelay=1"
    start = partial(ceph.daemon, "radosgw", "-n", "client.rgw", frontend)
    server = S3Server(endpoint, "segue", secrets.token_hex(16), start)
    with ExitStack() as daemons:
        ceph.make()
        daemons.callback(end, ceph.daemon("ceph-mon", "-i", "a"))
        caps = ("mon", "allow rw", "osd", "allow rwx")
        ceph.command("auth", "get-or-create", "client.rgw", *caps, "-o", str(folder / "rgw.keyring"))
        ceph.make_disk()
        daemons.callback(end, ceph.daemon("ceph-osd", "-i", "0"))
        daemons.callback(server.stop)
        server.start()
        ceph.gateway_user(server.access_key, server.secret_key)
        yield server


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on."""
    with ExitStack() as bound:
        listeners = [bound.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def wait_for_port(endpoint: str) -> None:
    """Wait until something listens.

    Raises
    ------
    TimeoutError
        If nothing does within `START_TIMEOUT_S`.
    """
    host, _, port = endpoint.rpartition(":")
    waiter = "until exec 3<>/dev/tcp/$0/$1; do read -t 0.2 <> <(:) || true; done"
    try:
        subprocess.run(
            ["bash", "-c", waiter, host, port], stderr=subprocess.DEVNULL, check=True, timeout=START_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"nothing listens on {endpoint}") from None


def keyring(path: Path, name: str, caps: tuple[str, ...], *key: str) -> None:
    """Write a keyring with one key and what it may do."""
    pairs = zip(caps[::2], caps[1::2], strict=True)
    allowed = [word for kind, what in pairs for word in ("--cap", kind, what)]
    run("ceph-authtool", "-C", str(path), "-n", name, *key, *allowed)


def run(*command: str, given: str | None = None) -> str:
    """Run one command to its end and return what it printed.

    Raises
    ------
    RuntimeError
        If it fails, with its last words.
    """
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} ...: {done.stderr.strip()[-500:]}")
    return done.stdout


def installed() -> bool:
    """Tell whether the machine has Ceph's daemons."""
    return all(shutil.which(name) for name in ("radosgw", "ceph-mon", "ceph-osd", "ceph"))


def end(daemon: "subprocess.Popen[bytes]") -> None:
    """Ask a daemon to end, and end it if it does not."""
    daemon.terminate()
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
