"""Recomputes every departure and arrival on a link from the arrival times alone, to the nanosecond.

    delay.py RUN_DIR --link er-x/primary --dir to_azure --port onprem
             --rate 10000000000 --delay 1000000 --queue 5000000
             [--bucket RATE,BURST_BYTES] [--far-port cloud --after 0] [--before 0]

A FIFO server in closed form, with fractions, so that nothing is rounded but what is printed:
    size  = (frame on the link, with tags, without FCS, + 24) * 8 bits
    start = max(arrival, free)         arrival = time at --port + --before
    drop    when start - arrival > --queue (tail drop), or the bucket before the server is empty
    free  = start + size / rate
    departure = free rounded up to the ns (the time in the link's capture)
    at the far end = departure + --delay; out of --far-port --after later
The packets offered to the link are all that --port took in and a router sends on, less those seen
on other links of its kind. Several links in a row are judged by judge_path(). Frames that nodes on
the way originate (ARP, ND) occupy the server as the capture shows them.
"""

import argparse
import ipaddress
import sys
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import frames
from bucket import Shaper, TokenBucket
from run import Run, is_circuit, verdict


class FifoServer:
    """Rate 0 serves in no time."""

    def __init__(self, rate_bps, queue_ns):
        self.rate, self.queue_ns, self.free = rate_bps, queue_ns, Fraction(0)

    def service_ns(self, frame_bytes):
        bits = (frame_bytes + frames.L1_OVERHEAD) * 8
        return Fraction(bits * 10**9, self.rate) if self.rate else Fraction(0)

    def offer(self, arrival_ns, frame_bytes):
        """The departure in ns, exact, or None for a tail drop."""
        start = max(Fraction(arrival_ns), self.free)
        if start - arrival_ns > self.queue_ns:
            return None
        self.free = start + self.service_ns(frame_bytes)
        return self.free

    def occupy(self, departure_ns, frame_bytes):
        """A frame of unknown arrival that left at a known time, rounded up."""
        service = self.service_ns(frame_bytes)
        queued = self.free + service
        # It either followed the one before it directly, or started at a whole ns of its own.
        alone = departure_ns - ceil(service) + service
        self.free = queued if ceil(queued) == departure_ns else alone


@dataclass
class Offer:
    time_ns: int
    packetid: int
    size: int
    originated: bool = False


@dataclass
class Hop:
    """A link and what stands before it. `delay_ns` is the way to its far end. Behind a port without
    a router (`as_received`) frames keep the length they came with."""

    link: str
    server: FifoServer
    delay_ns: int
    bucket: TokenBucket = None
    tag_count: int = 2
    as_received: bool = False

    def departure(self, offer):
        """(exact time or None, what became of it)"""
        at_server = offer.time_ns
        if isinstance(self.bucket, Shaper):
            at_server = self.bucket.release(offer.time_ns, offer.size)
        elif self.bucket and not self.bucket.take(offer.time_ns, offer.size):
            at_server = None
        if at_server is None:
            return None, "policed"
        departure = self.server.offer(at_server, offer.size)
        return departure, "tail_dropped" if departure is None else "departed"

    def bytes_of(self, frame):
        return frame.wire_bytes if self.as_received else link_bytes(frame, self.tag_count)


def link_bytes(frame, tag_count):
    """The size of a routed packet on a link with `tag_count` tags: it has lost the padding it had
    and got what it needs here."""
    return max(frames.LEAST_FRAME, frame.ip_bytes + frames.ETHERNET + 4 * tag_count)


def entering(run, hop, direction, port, before_ns, prefixes):
    """[(time at the hop, packet id, frame)] of what came in by the port, less what stands on other
    links of the same kind."""
    elsewhere = {p.packetid for other in run.links()
                 if other != hop.link and is_circuit(other) == is_circuit(hop.link)
                 for p in run.on_link(other, direction)}
    return [(p.ts_ns + before_ns, p.packetid, f) for p, f in run.offered(port, prefixes)
            if p.packetid not in elsewhere]


def offers(on_link, incoming, bytes_of):
    """All that a link is offered, in the order in which it is served. What nodes originated has no
    known arrival: it stands at its departure, before the first packet that departs after it."""
    position = {p.packetid: index for index, p in enumerate(on_link)}
    known = {packetid for _, packetid, _ in incoming}
    originated = [p for p in reversed(on_link) if p.packetid not in known]
    served = []
    for time_ns, packetid, frame in incoming:
        place = position.get(packetid, -1)
        while originated and position[originated[-1].packetid] < place:
            own = originated.pop()
            served.append(Offer(own.ts_ns, own.packetid, own.wirelen, True))
        served.append(Offer(time_ns, packetid, bytes_of(frame)))
    return served + [Offer(p.ts_ns, p.packetid, p.wirelen, True) for p in reversed(originated)]


def judge_hop(run, hop, direction, incoming):
    """(findings, counts, what reaches the far end as in entering()): predicted against captured."""
    on_link = run.on_link(hop.link, direction)
    captured = {p.packetid: p for p in on_link}
    arrivals = {p.packetid: p.ts_ns for p in run.links()[hop.link].arrivals}
    parsed = {packetid: frame for _, packetid, frame in incoming}
    counts = {"departed": 0, "policed": 0, "tail_dropped": 0, "originated": 0, "longest_wait_ns": 0}
    found, leaving = [], []
    for offer in offers(on_link, incoming, hop.bytes_of):
        packet = captured.get(offer.packetid)
        if offer.originated:
            hop.server.occupy(offer.time_ns, offer.size)
            counts["originated"] += 1
            continue
        departure, fate = hop.departure(offer)
        counts[fate] += 1
        name = f"{hop.link} id {offer.packetid}, at the link {offer.time_ns}"
        if departure is None:
            if packet:
                found.append(f"{name}: must be {fate}, but departs at {packet.ts_ns}")
            continue
        wait = departure - hop.server.service_ns(offer.size) - offer.time_ns
        counts["longest_wait_ns"] = max(counts["longest_wait_ns"], ceil(wait))
        far_end = ceil(departure) + hop.delay_ns
        leaving.append((far_end, offer.packetid, parsed[offer.packetid]))
        if packet is None:
            found.append(f"{name}: must depart at {ceil(departure)}, is not on the link")
            continue
        if packet.wirelen != offer.size:
            found.append(f"{name}: {packet.wirelen} bytes on the link, expected {offer.size}")
        if packet.ts_ns != ceil(departure):
            found.append(f"{name}: departs at {packet.ts_ns}, expected {ceil(departure)}")
        if arrivals.get(offer.packetid, far_end) != far_end:
            found.append(f"{name}: arrives at {arrivals[offer.packetid]}, expected {far_end}")
    return found, counts, leaving


def judge_path(run, direction, port, hops, far_port=None, before_ns=0, after_ns=0, prefixes=(),
               only=None):
    """(findings, counts of each hop) of links that follow each other, from a port to another.
    `only`: ids of the packets that belong here, where some stand on no link at all."""
    incoming = entering(run, hops[0], direction, port, before_ns, prefixes)
    if only is not None:
        incoming = [offer for offer in incoming if offer[1] in only]
    found, counts = [], []
    for hop in hops:
        more, count, incoming = judge_hop(run, hop, direction, incoming)
        found += more
        counts.append(count)
    if far_port:
        left = {p.packetid: p for p in run.sent(far_port)}
        for time_ns, packetid, _ in incoming:
            found += check_arrival(f"id {packetid}", left.get(packetid), time_ns + after_ns)
    return found, counts


def judge(run, link, direction, port, server, delay_ns, bucket=None, far_port=None, before_ns=0,
          after_ns=0, tag_count=2, prefixes=()):
    """(findings, counts) of one link, packet by packet."""
    hop = Hop(link, server, delay_ns, bucket, tag_count)
    found, counts = judge_path(run, direction, port, [hop], far_port, before_ns, after_ns, prefixes)
    return found, counts[0]


def check_arrival(name, packet, expected):
    if packet is None:
        return [f"{name}: must leave the far port at {expected}, does not"]
    if packet.ts_ns != expected:
        return [f"{name}: leaves the far port at {packet.ts_ns}, expected {expected}"]
    return []


def server_arguments(parser):
    parser.add_argument("run")
    parser.add_argument("--dir", choices=("to_azure", "to_onprem"), required=True)
    parser.add_argument("--port", required=True, help="where the packets come in")
    parser.add_argument("--rate", type=int, required=True, help="bit/s on the wire, 0: none")
    parser.add_argument("--queue", type=int, required=True, help="longest wait, ns")
    parser.add_argument("--before", type=int, default=0, help="ns from the port to the link")
    parser.add_argument("--tag-count", type=int, default=2)
    parser.add_argument("--to", type=ipaddress.ip_network, action="append", default=[])


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    server_arguments(parser)
    parser.add_argument("--link", required=True)
    parser.add_argument("--delay", type=int, required=True, help="of the link, ns")
    parser.add_argument("--bucket", help="RATE,BURST_BYTES of a policer before the server")
    parser.add_argument("--far-port")
    parser.add_argument("--after", type=int, default=0, help="ns from the link to the far port")
    args = parser.parse_args(argv)
    bucket = TokenBucket(*map(int, args.bucket.split(","))) if args.bucket else None
    found, counts = judge(Run(args.run), args.link, args.dir, args.port,
                          FifoServer(args.rate, args.queue), args.delay, bucket, args.far_port,
                          args.before, args.after, args.tag_count, args.to)
    if counts["departed"] == 0:
        found.append("no packet departs: nothing was judged")
    return verdict("delay", found, ", ".join(f"{k} {v}" for k, v in counts.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
