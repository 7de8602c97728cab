"""Writes the output directory of a run that never happened, packet by packet, for the tests of the
oracles: a pcapng writer of the few blocks they need, and frames whose every byte is known."""

import json
import os
import struct

from conservation import INTO, OUT_OF
from frames import ones_sum

EPOCH = 1_700_000_000_000_000_000
FLAGS = {"in": 1, "out": 2}


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng_bytes(name, records):
    """records: (time_ns, id, "in" or "out", frame)"""
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    end = option(0, b"")
    options = option(2, name.encode()) + option(9, b"\x09") + end
    out += block(1, struct.pack("<HHI", 1, 0, 0) + options)
    for time_ns, packetid, direction, frame in records:
        stamp = EPOCH + time_ns
        body = struct.pack("<5I", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        body += frame + b"\0" * (-len(frame) % 4)
        body += option(2, struct.pack("<I", FLAGS[direction]))
        body += option(5, struct.pack("<Q", packetid)) + end
        out += block(6, body)
    return out


def ipv4(size, ttl=64, tags=(), tpid=0x8100, source=10, sport=1000, payload=0x55):
    """An IPv4/UDP frame of `size` bytes without its tags, 192.168.1.source to 10.0.1.4."""
    udp = struct.pack(">4H", sport, 2000, size - 34, 0) + bytes([payload]) * (size - 42)
    head = struct.pack(">BBHHHBBH", 0x45, 0, size - 14, 7, 0, ttl, 17, 0)
    addresses = bytes((192, 168, 1, source, 10, 0, 1, 4))
    check = 0xFFFF - ones_sum(head + addresses)
    head = head[:10] + struct.pack(">H", check) + addresses
    return _ethernet(tags, tpid) + b"\x08\x00" + head + udp


def ipv6(size, hops=64, tags=(), tpid=0x8100):
    """An IPv6/UDP frame of `size` bytes without its tags, fd00:1::10 to fd10::4."""
    udp = struct.pack(">4H", 1000, 2000, size - 54, 1) + b"\x66" * (size - 62)
    source = bytes.fromhex("fd000001000000000000000000000010")
    destination = bytes.fromhex("fd100000000000000000000000000004")
    head = struct.pack(">IHBB", 6 << 28, size - 54, 17, hops) + source + destination
    return _ethernet(tags, tpid) + b"\x86\xdd" + head + udp


def _ethernet(tags, tpid):
    tagged = b"".join(struct.pack(">HH", tpid, vlan) for vlan in tags)
    return bytes.fromhex("020000010001020000010010") + tagged


class TinyRun:
    """Records by file; change them at will, then save."""

    def __init__(self, ports, links):
        self.ports = {name: [] for name in ports}
        self.links = {name: [] for name in links}
        self.summary = None
        self.counters = None

    def account(self, dropped=0):
        """A summary and counters that agree with the captures; one node drops `dropped`."""
        size = lambda records: {"packets": len(records), "bytes": sum(len(r[3]) for r in records)}
        flagged = lambda records, flag: [r for r in records if r[2] == flag]
        ports = {n: {"rx": size(flagged(r, "in")), "tx": size(flagged(r, "out"))}
                 for n, r in self.ports.items()}
        links = {n: {d: dict(size(flagged(r, flag)), dropped=0)
                     for d, flag in (("to_azure", "out"), ("to_onprem", "in"))}
                 for n, r in self.links.items()}
        rx, tx = (sum(p[side]["packets"] for p in ports.values()) for side in ("rx", "tx"))
        packets = dict.fromkeys(INTO + OUT_OF, 0) | {"rx": rx, "tx": tx, "dropped": dropped}
        self.summary = {"packets": packets, "drops": {"policer": dropped} if dropped else {},
                        "originated": {}, "consumed": {}, "ports": ports, "links": links}
        ledger = lambda count: {"in": {"rx": count}, "out": {"tx": count}}
        self.counters = {
            "nodes": {"ce": {"in": {"rx": rx}, "out": {"tx": tx, "dropped": {"policer": dropped}}}},
            "links": {n: {d: ledger(c["packets"]) for d, c in both.items()}
                      for n, both in links.items()},
            "ports": {n: ledger(p["rx"]["packets"]) for n, p in ports.items()},
        }

    def save(self, directory):
        for kind, files in (("ports", self.ports), ("links", self.links)):
            os.makedirs(os.path.join(directory, kind), exist_ok=True)
            for name, records in files.items():
                path = os.path.join(directory, kind, name.replace("/", ".") + ".pcapng")
                with open(path, "wb") as file:
                    file.write(pcapng_bytes(name, records))
        for name, content in (("summary", self.summary), ("counters", self.counters)):
            with open(os.path.join(directory, name + ".json"), "w", encoding="utf-8") as file:
                json.dump(content, file)
