# SPDX-License-Identifier: MIT
"""Reads WARC files with nothing but Python's standard library, and believes none of their lengths and digests."""

import base64
import dataclasses
import hashlib
import pathlib
import zlib


@dataclasses.dataclass
class Record:
    offset: int
    length: int  # compressed
    headers: dict  # names in lower case
    block: bytes

    def __getattr__(self, name):
        """record.warc_type"""
        return self.headers.get(name.replace("_", "-"))

    @property
    def head(self):
        """Of the HTTP message: its lines."""
        return self.block.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape").split("\r\n")

    @property
    def payload(self):
        return self.block.partition(b"\r\n\r\n")[2] if self.headers["content-type"].startswith(
            "application/http") else self.block

    def field(self, name):
        """Of the HTTP head."""
        found = [line.partition(":")[2].strip() for line in self.head[1:]
                 if line.partition(":")[0].lower() == name.lower()]
        return found[0] if found else None


def digest(content):
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def members(data):
    """(offset, length, bytes) of each gzip member."""
    offset = 0
    while offset < len(data):
        decoder = zlib.decompressobj(wbits=31)
        content = decoder.decompress(data[offset:]) + decoder.flush()
        assert decoder.eof, f"a member at {offset} is cut off"
        length = len(data) - offset - len(decoder.unused_data)
        yield offset, length, content
        offset += length


def record_of(offset, length, content):
    head, separator, rest = content.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert separator and lines[0] == "WARC/1.1", lines[0]
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(": ")
        assert colon and name.lower() not in headers, line
        headers[name.lower()] = value
    size = int(headers["content-length"])
    assert rest[size:] == b"\r\n\r\n", "a record ends with two line ends"
    record = Record(offset, length, headers, rest[:size])
    assert digest(record.block) == record.warc_block_digest, headers
    if record.warc_payload_digest and record.warc_type != "revisit":
        assert digest(record.payload) == record.warc_payload_digest, headers
    for needed in ("warc-record-id", "warc-date", "warc-type"):
        assert headers[needed], needed
    return record


def read(path):
    return [record_of(*member) for member in members(pathlib.Path(path).read_bytes())]
