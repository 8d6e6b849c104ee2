# SPDX-License-Identifier: MIT
"""A name server (UDP, RFC 1035) whose answers a test's function gives: of a name and how often it was
asked for so far, this time included, a list of addresses; None: there is no such name; FAILING: SERVFAIL."""

import collections
import contextlib
import ipaddress
import socket
import struct
import threading

TYPES = {1: 4, 28: 6}  # A, AAAA
FAILING = "failing"


class ScriptedDns:
    """`mood`: "well", "silent", or FAILING."""

    def __init__(self, address, answers):
        self.mood = "well"
        self.answers = answers
        self._counts = collections.Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, sender = self._socket.recvfrom(4096)
            if self.mood == "silent":
                continue
            with contextlib.suppress(OSError):  # the network is down
                self._socket.sendto(self._reply(query), sender)

    def _reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        self._counts[name, kind] += 1
        answers = self.answers(name, self._counts[name, kind])
        failing = FAILING in (self.mood, answers)
        addresses = [] if failing else [ipaddress.ip_address(one) for one in answers or ()]
        packed = [one.packed for one in addresses if one.version == TYPES.get(kind)]
        # The name is at offset 12; class IN; TTL 0.
        records = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(data)) + data for data in packed)
        flags = 0x8182 if failing else 0x8180 if answers is not None else 0x8183
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(packed), 0, 0) + question + records
