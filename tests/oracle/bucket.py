"""Computes from a capture alone what a token bucket must drop, and compares a run with it.

    bucket.py INPUT.pcap --rate 1000000000 --burst 1250000 [--count l2] [--overhead 8]
              [--run RUN_DIR --link er-x/primary --dir to_azure --tolerance 1/1000]

Single rate, two colours (the green and red of RFC 2697 with no excess burst). The bucket starts
full with --burst bytes; a frame that finds its size in tokens passes and takes them, any other is
dropped and takes none. Frame sizes: l3 is the IP packet, l2 adds 14 and --overhead for the tags
where it is metered, l1 adds 24 more for preamble, FCS and gap. All in integers: the unit is 1e-9
bit, of which a nanosecond at R bit/s brings exactly R.
"""

import argparse
import ipaddress
import json
import sys
from fractions import Fraction

import frames
import pcapng
from run import Run

UNITS_PER_BYTE = 8 * 10**9


class TokenBucket:
    def __init__(self, rate_bps, burst_bytes):
        self.rate, self.depth = rate_bps, burst_bytes * UNITS_PER_BYTE
        self.tokens, self.last_ns = self.depth, None

    def take(self, now_ns, size):
        """True: the frame of `size` bytes conforms and its tokens are gone."""
        if self.last_ns is not None:
            self.tokens = min(self.depth, self.tokens + (now_ns - self.last_ns) * self.rate)
        self.last_ns = now_ns
        if size * UNITS_PER_BYTE > self.tokens:
            return False
        self.tokens -= size * UNITS_PER_BYTE
        return True


class Shaper(TokenBucket):
    """Delays what does not conform, by at most `queue_ns`, and keeps the order."""

    def __init__(self, rate_bps, burst_bytes, queue_ns):
        super().__init__(rate_bps, burst_bytes)
        self.queue_ns, self.last_release = queue_ns, 0

    def release(self, now_ns, size):
        """When the frame may go on, rounded up to the ns, or None when that is too late."""
        start = max(now_ns, self.last_release)
        self.take(start, 0)  # fills the bucket up to this time
        missing = max(0, size * UNITS_PER_BYTE - self.tokens)
        at = start - -missing // self.rate if missing else start
        if at - now_ns > self.queue_ns:
            return None
        self.take(at, size)
        self.last_release = at
        return at


def metered_bytes(frame, count, overhead):
    """What the bucket counts of a frame that has lost its padding and got other tags."""
    if count == "l3":
        return frame.ip_bytes
    on_link = max(frames.LEAST_FRAME, frame.ip_bytes + frames.ETHERNET + overhead)
    return on_link + (frames.L1_OVERHEAD if count == "l1" else 0)


def simulate(packets, bucket, count="l2", overhead=0, prefixes=()):
    """[(packet, passes)] of all packets that a router sends on. Time never runs backwards."""
    judged, now = [], 0
    for packet in packets:
        frame = frames.of(packet)
        if not frames.routable(frame, prefixes):
            continue
        now = max(now, packet.ts_ns)
        judged.append((packet, bucket.take(now, metered_bytes(frame, count, overhead))))
    return judged


def compare(offered, must_drop, dropped, tolerance):
    """Findings where the dropped share is off by more than `tolerance` of what is offered."""
    error = abs(Fraction(dropped - must_drop, offered))
    if error <= tolerance:
        return []
    return [f"bucket: {dropped} of {offered} dropped, the bucket drops {must_drop}: "
            f"off by {float(error):.6f}, allowed {float(tolerance):.6f}"]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("capture")
    parser.add_argument("--rate", type=int, required=True, help="bit/s")
    parser.add_argument("--burst", type=int, required=True, help="bytes")
    parser.add_argument("--count", choices=("l1", "l2", "l3"), default="l2")
    parser.add_argument("--overhead", type=int, default=0, help="bytes of tags where it is metered")
    parser.add_argument("--to", type=ipaddress.ip_network, action="append", default=[])
    parser.add_argument("--run")
    parser.add_argument("--link")
    parser.add_argument("--dir", choices=("to_azure", "to_onprem"), default="to_azure")
    parser.add_argument("--reason", help="compare with the run's drops of this reason instead")
    parser.add_argument("--tolerance", type=Fraction, default=Fraction(0), help="share of offered")
    args = parser.parse_args(argv)
    judged = simulate(pcapng.packets(args.capture), TokenBucket(args.rate, args.burst),
                      args.count, args.overhead, args.to)
    if not judged:
        print("bucket: the capture offers no packet", file=sys.stderr)
        return 1
    dropped = [p for p, passes in judged if not passes]
    result = {"offered": len(judged), "dropped": len(dropped),
              "share": round(len(dropped) / len(judged), 9),
              "offered_bytes": sum(p.wirelen for p, _ in judged),
              "dropped_bytes": sum(p.wirelen for p in dropped)}
    found = []
    if args.run:
        summary = Run(args.run).summary
        result["run_dropped"] = (summary["drops"].get(args.reason, 0) if args.reason
                                 else summary["links"][args.link][args.dir]["dropped"])
        found = compare(len(judged), len(dropped), result["run_dropped"], args.tolerance)
    print(json.dumps(result))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
