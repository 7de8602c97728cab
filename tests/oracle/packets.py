"""Judges every packet of a run on its way: the same id in every file, changed only as a router may.

    packets.py RUN_DIR --hops to_azure=3,to_onprem=3 --link-hops to_azure=1,to_onprem=2
               --tags er-x=1001,100 [--tags ...] [--port-tags cloud=200] [--local-hops 1]

Hops are routers passed between the port of entry and the port of exit, and until the link's
capture; a packet that crosses no link (it turned around at its first router) must have lost
--local-hops. For every packet: TTL or hop limit fell by exactly that, the IPv4 header checksum is
right, header and payload are otherwise unchanged, tags on a link are those of its circuit (both
EtherTypes 0x8100, or --ethertype), tags at a port those given (default none), times never run
backwards. Every file is in order of (time, id). Behind a circuit's link, seen from the customer,
stands its MSEE and behind that the backbone, whose links have one tag of any number.
"""

import argparse
import sys

import frames
from run import DIRECTION_FLAG, Run, is_circuit, verdict


def pairs(text):
    """"a=1,b=2" as {"a": 1, "b": 2}"""
    return {name: int(value) for name, value in (item.split("=") for item in text.split(","))}


def vlans(items):
    """["er-x=1001,100", ...] as {"er-x": [[1001, 100], ...]}; several peerings, several lists."""
    table = {}
    for item in items:
        name, _, ids = item.partition("=")
        table.setdefault(name, []).append([int(i) for i in ids.split(",")])
    return table


def check_order(name, packets):
    for before, after in zip(packets, packets[1:]):
        if (before.ts_ns, before.packetid) > (after.ts_ns, after.packetid):
            return [f"{name}: packet {after.number} (time {after.ts_ns}, id {after.packetid}) "
                    f"stands after (time {before.ts_ns}, id {before.packetid})"]
    return []


def check_change(where, before, after, hops):
    """What may differ between a packet as it came in and as it stands elsewhere. What is not IP
    stays as it is, and passes no router."""
    if not before.version and hops == 0:
        same = (before.ethertype, before.wire_bytes) == (after.ethertype, after.wire_bytes)
        return [] if same else [f"{where}: type or length changed, it was no IP"]
    if not after.version:
        return [f"{where}: no whole IP header"]
    found = []
    if after.ttl != before.ttl - hops:
        found.append(f"{where}: TTL {before.ttl} became {after.ttl}, expected {hops} less")
    if not after.header_ok:
        found.append(f"{where}: IPv4 header checksum is wrong")
    if after.fixed != before.fixed:
        found.append(f"{where}: IP header changed from {before.fixed.hex()} to {after.fixed.hex()}")
    if after.payload != before.payload:
        found.append(f"{where}: bytes above the IP header changed")
    return found


def check_tags(where, frame, allowed, ethertype):
    ids = [vlan for _, vlan in frame.tags]
    if ids not in allowed:
        return [f"{where}: tags {ids}, expected {' or '.join(map(str, allowed))}"]
    if any(kind != ethertype for kind, _ in frame.tags):
        return [f"{where}: tag EtherTypes {[hex(kind) for kind, _ in frame.tags]}"]
    return []


def check_way(where, crossed):
    """Circuit first and then backbone, or the other way round on the way to the customer."""
    if len(crossed) < 2:
        return []
    circuit, backbone = crossed[True], crossed[False]
    if circuit[1] != backbone[1]:
        return [f"{where}: {circuit[1]} on {circuit[0]}, but {backbone[1]} on {backbone[0]}"]
    first, then = (circuit, backbone) if circuit[1] == "to_azure" else (backbone, circuit)
    return [] if first[2] < then[2] else [f"{where}: on {then[0]} before {first[0]}"]


class Judge:
    def __init__(self, run, hops, link_hops, tags, port_tags=None, local_hops=1, ethertype=0x8100):
        self.hops, self.link_hops, self.local_hops = hops, link_hops, local_hops
        self.tags, self.port_tags, self.ethertype = tags, port_tags or {}, ethertype
        self.found = []
        self.entered = {}  # id: (packet, Frame, port)
        self.crossed = {}  # id: {is_circuit: (link, direction, time)}
        self.forwarded = self.on_links = self.originated = 0
        self._ports, self._links = run.ports(), run.links()

    def judge(self):
        for name, capture in sorted(self._ports.items()) + sorted(self._links.items()):
            self.found += check_order(name, getattr(capture, "records", capture.packets))
        for port, capture in self._ports.items():
            for packet in capture.packets:
                if packet.direction == "in":
                    self._enter(port, packet)
        for link, capture in self._links.items():
            for direction, flag in DIRECTION_FLAG.items():
                for packet in capture.packets:
                    if packet.direction == flag:
                        self._cross(link, direction, packet)
        for port, capture in self._ports.items():
            left = set()
            for packet in capture.packets:
                if packet.direction == "out":
                    self._leave(port, packet, left)
        return self.found

    def _enter(self, port, packet):
        if packet.packetid in self.entered:
            self.found.append(f"port {port}: id {packet.packetid} came in twice")
        self.entered[packet.packetid] = (packet, frames.of(packet), port)

    def _cross(self, link, direction, packet):
        where = f"link {link} {direction} id {packet.packetid}"
        frame, circuit = frames.of(packet), is_circuit(link)
        allowed = (self.tags.get(link.split("/")[0], [[]]) if circuit
                   else [[vlan for _, vlan in frame.tags[:1]]])
        self.found += check_tags(where, frame, allowed, self.ethertype)
        entry = self.entered.get(packet.packetid)
        if entry is None:
            self.originated += 1
            return
        crossed = self.crossed.setdefault(packet.packetid, {})
        if circuit in crossed:
            self.found.append(f"{where}: also on {crossed[circuit][:2]}")
            return
        self.on_links += circuit
        crossed[circuit] = (link, direction, packet.ts_ns)
        if packet.ts_ns < entry[0].ts_ns:
            self.found.append(f"{where}: departs before it came in")
        # The MSEE stands between a circuit's link and the backbone.
        behind = 0 if circuit else (1 if direction == "to_azure" else -1)
        hops = self.link_hops[direction] + behind
        self.found += check_change(where, entry[1], frame, hops)

    def _leave(self, port, packet, left):
        where = f"port {port} tx id {packet.packetid}"
        frame = frames.of(packet)
        entry = self.entered.get(packet.packetid)
        if entry is None:
            self.originated += 1
            return
        if packet.packetid in left:
            self.found.append(f"{where}: left twice")
        left.add(packet.packetid)
        self.forwarded += 1
        crossed = self.crossed.get(packet.packetid)
        hops, since = self.local_hops, entry[0].ts_ns
        if crossed:
            self.found += check_way(where, crossed)
            hops = self.hops[next(iter(crossed.values()))[1]]
            since = max(time for _, _, time in crossed.values())
        if packet.ts_ns < since:
            self.found.append(f"{where}: leaves at {packet.ts_ns}, before {since}")
        if not entry[1].header_ok:
            self.found.append(f"{where}: forwarded although its header was broken")
        self.found += check_tags(where, frame, self.port_tags.get(port, [[]]), self.ethertype)
        self.found += check_change(where, entry[1], frame, hops)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--hops", type=pairs, required=True)
    parser.add_argument("--link-hops", type=pairs, required=True)
    parser.add_argument("--local-hops", type=int, default=1)
    parser.add_argument("--tags", action="append", default=[], metavar="CIRCUIT=S,C")
    parser.add_argument("--port-tags", action="append", default=[], metavar="PORT=S,C")
    parser.add_argument("--ethertype", type=lambda text: int(text, 0), default=0x8100)
    parser.add_argument("--least", type=int, default=1, help="packets to be forwarded")
    args = parser.parse_args(argv)
    judge = Judge(Run(args.run), args.hops, args.link_hops, vlans(args.tags),
                  vlans(args.port_tags), args.local_hops, args.ethertype)
    found = judge.judge()
    if judge.forwarded < args.least:
        found.append(f"{judge.forwarded} packets forwarded, at least {args.least} expected")
    return verdict("packets", found, f"{len(judge.entered)} in, {judge.on_links} on links, "
                   f"{judge.forwarded} forwarded, {judge.originated} records of originated packets")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
