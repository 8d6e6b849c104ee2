# SPDX-License-Identifier: MIT
"""A network of a test's own, in which every address of both families is this machine, so that a packet
to anywhere arrives and is seen. Needs root, or a kernel that lets users have namespaces of their own.

    private_network.enter(__file__)      # runs the program again, inside; skips where that is not permitted
    with Sniffer() as sniffer: …; sniffer.targets()"""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from crawl_run import skip_all

INSIDE = "CRAWL_TEST_PRIVATE_NETWORK"
NAME_SERVER = "9.9.9.9"
ROUTES = ("route replace local 0.0.0.0/0 dev lo table local", "-6 route replace local ::/0 dev lo table local")


def enter(program):
    """Returns inside only. The name server there is NAME_SERVER, and the hosts file says little."""
    if os.environ.get(INSIDE) != "yes":
        command = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        if not shutil.which("ip") or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            skip_all("namespaces are not permitted here, or iproute2 is missing")
        os.environ[INSIDE] = "yes"
        os.execvp(command[0], [*command, sys.executable, "-B", program, *sys.argv[1:]])
    _ip("link set lo up", *ROUTES)
    with tempfile.TemporaryDirectory() as folder:
        _replace(folder, "/etc/resolv.conf", f"nameserver {NAME_SERVER}\n")
        _replace(folder, "/etc/hosts", "127.0.0.1 localhost\n10.9.8.7 wiki.corp.example\n")


def take_down():
    """No interface, no route: whoever sends is told so at once."""
    _ip("link set lo down")


def swallow():
    """Every packet goes out, to nobody."""
    _ip("link add void type veth peer name beyond", "link set void up arp off", "link set beyond up",
        "route del local 0.0.0.0/0 dev lo table local", "route add default dev void")


def lose(prefix):
    """Every packet to these addresses goes out, to nobody."""
    _ip("link add void type veth peer name beyond", "link set void up arp off", "link set beyond up",
        f"route add throw {prefix} table local", f"route add {prefix} dev void")


def bring_back():
    """Whatever was done to the network."""
    subprocess.run("ip route flush type throw table local".split(), stderr=subprocess.DEVNULL)
    _ip("link set lo down", "link set lo up", *ROUTES)
    subprocess.run(["ip", "link", "del", "void"], stderr=subprocess.DEVNULL)


def _ip(*commands):
    for arguments in commands:
        subprocess.run(["ip", *arguments.split()], check=True)


def _replace(folder, path, text):
    """In this mount namespace only."""
    file = pathlib.Path(folder, os.path.basename(path))
    file.write_text(text)
    file.chmod(0o644)
    subprocess.run(["mount", "--bind", file, os.path.realpath(path)], check=True)


class Sniffer:
    """Whom anybody here tried to reach: the first packet of each TCP connection, and every datagram."""

    def __init__(self):
        self._seen = set()
        self._done = False
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done = True
        self._thread.join()
        self._socket.close()

    def targets(self):
        """{("tcp", "192.0.2.1", 80), …}; all that was sent before the call."""
        probe = ("udp", "198.51.100.255", 9)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while probe not in self._seen:
                sender.sendto(b"", probe[1:])
        return {target for target in self._seen if target != probe}

    def _read(self):
        while not self._done:
            try:
                frame = self._socket.recv(256)
            except socket.timeout:
                continue
            target = self._target(frame[14:], int.from_bytes(frame[12:14], "big"))
            if target:
                self._seen.add(target)

    @staticmethod
    def _target(packet, kind):
        if kind == 0x0800:
            protocol, address, rest = packet[9], packet[16:20], packet[(packet[0] & 15) * 4:]
            text = socket.inet_ntop(socket.AF_INET, address)
        elif kind == 0x86DD:
            protocol, address, rest = packet[6], packet[24:40], packet[40:]
            text = socket.inet_ntop(socket.AF_INET6, address)
        else:
            return None
        source, port = struct.unpack("!HH", rest[:4])
        if protocol == socket.IPPROTO_TCP and rest[13] & 0x12 == 0x02:  # SYN without ACK
            return ("tcp", text, port)
        if protocol == socket.IPPROTO_UDP and source != 53:
            return ("udp", text, port)
        return None
