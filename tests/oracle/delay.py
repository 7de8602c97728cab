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
on other links. Frames that nodes on the way originate (ARP, ND) occupy the server as the capture
shows them.
"""

import argparse
import ipaddress
import sys
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import frames
from bucket import TokenBucket
from run import Run, verdict


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


def link_bytes(frame, tag_count):
    """The size of a routed packet on a link with `tag_count` tags: its padding has gone."""
    return frame.ip_bytes + frames.ETHERNET + 4 * tag_count


def offers(run, link, direction, port, before_ns, tag_count, prefixes):
    """All that the link is offered, in the order in which it is served. What nodes originated has
    no known arrival: it stands at its departure, before the first packet that departs after it."""
    on_link = run.on_link(link, direction)
    position = {p.packetid: index for index, p in enumerate(on_link)}
    elsewhere = {p.packetid for other in run.links() if other != link
                 for p in run.on_link(other, direction)}
    offered = run.offered(port, prefixes)
    entered = {p.packetid for p, _ in offered}
    originated = [p for p in reversed(on_link) if p.packetid not in entered]
    served = []
    for packet, frame in offered:
        if packet.packetid in elsewhere:
            continue
        place = position.get(packet.packetid, -1)
        while originated and position[originated[-1].packetid] < place:
            own = originated.pop()
            served.append(Offer(own.ts_ns, own.packetid, own.wirelen, True))
        size = link_bytes(frame, tag_count)
        served.append(Offer(packet.ts_ns + before_ns, packet.packetid, size))
    served += [Offer(p.ts_ns, p.packetid, p.wirelen, True) for p in reversed(originated)]
    return served


def judge(run, link, direction, port, server, delay_ns, bucket=None, far_port=None, before_ns=0,
          after_ns=0, tag_count=2, prefixes=()):
    """(findings, counts): predicted against captured, packet by packet."""
    captured = {p.packetid: p for p in run.on_link(link, direction)}
    left = {p.packetid: p for p in run.sent(far_port)} if far_port else None
    counts = {"departed": 0, "policed": 0, "tail_dropped": 0, "originated": 0, "longest_wait_ns": 0}
    found = []
    for offer in offers(run, link, direction, port, before_ns, tag_count, prefixes):
        packet = captured.get(offer.packetid)
        if offer.originated:
            server.occupy(offer.time_ns, offer.size)
            counts["originated"] += 1
            continue
        if bucket and not bucket.take(offer.time_ns, offer.size):
            departure, fate = None, "policed"
        else:
            departure = server.offer(offer.time_ns, offer.size)
            fate = "tail_dropped" if departure is None else "departed"
        counts[fate] += 1
        name = f"id {offer.packetid}, at the link {offer.time_ns}"
        if departure is None:
            if packet:
                found.append(f"{name}: must be {fate}, but departs at {packet.ts_ns}")
            continue
        wait = departure - server.service_ns(offer.size) - offer.time_ns
        counts["longest_wait_ns"] = max(counts["longest_wait_ns"], ceil(wait))
        if packet is None:
            found.append(f"{name}: must depart at {ceil(departure)}, is not on the link")
            continue
        if packet.wirelen != offer.size:
            found.append(f"{name}: {packet.wirelen} bytes on the link, expected {offer.size}")
        if packet.ts_ns != ceil(departure):
            found.append(f"{name}: departs at {packet.ts_ns}, expected {ceil(departure)}")
        if left is not None:
            found += check_arrival(name, left.get(offer.packetid),
                                   ceil(departure) + delay_ns + after_ns)
    return found, counts


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
