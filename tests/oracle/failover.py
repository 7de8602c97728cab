"""Judges where every packet stands when the primary link of a circuit fails and returns.

    failover.py RUN_DIR --circuit er-x --dir to_azure --port onprem --far-port cloud
                --down 10000000000 --up 30000000000 --react 50000000
                --rate 1000000000 --queue 5000000 [--home learn]

Times in ns from the start of replay; the link is down from --down until --up, and routing follows
each change after --react. For a packet that reaches the link at t:
    routing says primary until down + react, and again from up + react; the secondary in between
    on the primary     lost when down <= t < up (the detection gap), and when its last bit had not
                       left at `down` (it was in the queue); else it crosses, also when it was
                       still on its way then
    on the secondary   it crosses
Crossing means: in that link's capture, in no other, and out of the far port. Lost means: in
neither. With --home primary (default) all traffic belongs to the primary; with --home learn each
flow belongs to the link that carried it before `down` (ECMP), and flows of the secondary must never
move or lose a packet.
"""

import argparse
import sys

import frames
from delay import FifoServer, link_bytes, server_arguments
from run import Run, verdict

PRIMARY, SECONDARY, LOST = "primary", "secondary", "lost"


def flow_of(frame):
    """Addresses, protocol and ports; what an ECMP hash may look at."""
    protocol = frame.fixed[9] if frame.version == 4 else frame.fixed[6]
    fragment = frame.version == 4 and int.from_bytes(frame.fixed[6:8], "big") & 0x3FFF
    ports = frame.payload[:4] if protocol in (6, 17) and not fragment else b""
    return frame.source, frame.destination, protocol, ports


class Outage:
    """`cut` is False for the direction that a one-way failure leaves whole."""

    def __init__(self, down_ns, up_ns, react_ns, react_up_ns=None, cut=True):
        self.down, self.up, self.cut = down_ns, up_ns, cut
        self.away = down_ns + react_ns
        self.back = up_ns + (react_ns if react_up_ns is None else react_up_ns)

    def routed(self, at_ns):
        return SECONDARY if self.away <= at_ns < self.back else PRIMARY

    def broken(self, at_ns):
        return self.cut and self.down <= at_ns < self.up


class Expectation:
    """Where each packet belongs; packets come in order of their time at the link."""

    def __init__(self, outage, primary, secondary):
        self.outage, self.servers = outage, {PRIMARY: primary, SECONDARY: secondary}
        self.cleared = False

    def place(self, home, decided_ns, at_link_ns, size):
        outage = self.outage
        link = SECONDARY if home == SECONDARY else outage.routed(decided_ns)
        if link == PRIMARY and outage.broken(at_link_ns):
            return LOST
        if link == PRIMARY and outage.cut and at_link_ns >= outage.up and not self.cleared:
            self.servers[PRIMARY].free = min(self.servers[PRIMARY].free, outage.down)
            self.cleared = True
        departure = self.servers[link].offer(at_link_ns, size)
        if departure is None:
            return LOST
        if link == PRIMARY and outage.cut and at_link_ns < outage.down < departure:
            return LOST
        return link


def actual(packetid, on, left):
    """Where a packet is: the name of its place, or a text that says what is wrong with it."""
    links = [name for name in (PRIMARY, SECONDARY) if packetid in on[name]]
    if len(links) == 2:
        return "both links"
    if not links:
        return LOST if packetid not in left else "out of the far port without a link"
    return links[0] if packetid in left else f"{links[0]}, but not out of the far port"


def learn_homes(offered, on, down_ns):
    """{flow: link that carried its first packet before `down`}"""
    homes = {}
    for packet, frame, at_link in offered:
        if at_link < down_ns and flow_of(frame) not in homes:
            for name in (PRIMARY, SECONDARY):
                if packet.packetid in on[name]:
                    homes[flow_of(frame)] = name
    return homes


def judge(run, circuit, direction, port, far_port, outage, new_server, home=PRIMARY, before_ns=0,
          decision_ns=0, start_ns=None, tag_count=2, prefixes=()):
    """(findings, counts by place). The outage's times count from the start of replay. `home` may be
    a table {packet id: link}, for example where each packet goes without the failure."""
    start = run.start_ns() if start_ns is None else start_ns
    on = {name: {p.packetid for p in run.on_link(f"{circuit}/{name}", direction)}
          for name in (PRIMARY, SECONDARY)}
    left = {p.packetid for p in run.sent(far_port)}
    offered = [(p, f, p.ts_ns - start + before_ns) for p, f in run.offered(port, prefixes)]
    homes = learn_homes(offered, on, outage.down) if home == "learn" else None
    expect = Expectation(outage, new_server(), new_server())
    counts, found = {PRIMARY: 0, SECONDARY: 0, LOST: 0}, []
    for packet, frame, at_link in offered:
        name = f"id {packet.packetid}, at the link {at_link} ns"
        if isinstance(home, dict):
            belongs = home.get(packet.packetid)
        else:
            belongs = home if homes is None else homes.get(flow_of(frame))
        if belongs is None:
            found.append(f"{name}: home unknown, its flow had no packet before the failure")
            continue
        decided = at_link - before_ns + decision_ns
        place = expect.place(belongs, decided, at_link, link_bytes(frame, tag_count))
        counts[place] += 1
        where = actual(packet.packetid, on, left)
        if where != place:
            found.append(f"{name}: expected {place}, is {where}")
    return found, counts


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    server_arguments(parser)
    parser.add_argument("--circuit", required=True)
    parser.add_argument("--far-port", required=True)
    parser.add_argument("--down", type=int, required=True)
    parser.add_argument("--up", type=int, required=True)
    parser.add_argument("--react", type=int, required=True)
    parser.add_argument("--react-up", type=int, help="default: as --react")
    parser.add_argument("--home", choices=(PRIMARY, "learn"), default=PRIMARY)
    parser.add_argument("--decision", type=int, default=0, help="ns from the port to the lookup")
    parser.add_argument("--start", type=int, help="epoch ns of scenario time 0")
    args = parser.parse_args(argv)
    outage = Outage(args.down, args.up, args.react, args.react_up)
    found, counts = judge(Run(args.run), args.circuit, args.dir, args.port, args.far_port, outage,
                          lambda: FifoServer(args.rate, args.queue), args.home, args.before,
                          args.decision, args.start, args.tag_count, args.to)
    if 0 in (counts[PRIMARY], counts[SECONDARY]):
        found.append(f"the scenario must use both links, but {counts}")
    return verdict("failover", found, ", ".join(f"{k} {v}" for k, v in counts.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
