"""Lists the networks that a capture's packets come from and go to, to choose the prefixes of a
scenario.

    addresses.py CAPTURE... [--azure PREFIX ...] [--onprem PREFIX ...]

Prints packets by source and destination network (/24, /64) with the range of TTLs. With prefixes it
counts instead how many packets cross from one side to the other, and what the rest are.
"""

import argparse
import collections
import ipaddress
import os
import sys

import frames
import pcapng


def network(address):
    return ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False)


def tally(packets):
    """{(source, destination) or EtherType: [TTLs]}"""
    table = collections.defaultdict(list)
    for packet in packets:
        frame = frames.of(packet)
        if frame is None or not frame.version:
            key = f"EtherType {frame.ethertype:#06x}" if frame else "short"
            table[key].append(0)
        else:
            table[network(frame.source), network(frame.destination)].append(frame.ttl)
    return table


def crossing(packets, onprem, azure):
    """Counts "to_azure", "to_onprem" and "neither", which has all that would not be forwarded."""
    inside = lambda address, side: any(address in p for p in side if p.version == address.version)
    counts = collections.Counter(to_azure=0, to_onprem=0, neither=0)
    for packet in packets:
        frame = frames.of(packet)
        if not frames.routable(frame):
            counts["neither"] += 1
        elif inside(frame.source, onprem) and inside(frame.destination, azure):
            counts["to_azure"] += 1
        elif inside(frame.source, azure) and inside(frame.destination, onprem):
            counts["to_onprem"] += 1
        else:
            counts["neither"] += 1
    return counts


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("captures", nargs="+")
    parser.add_argument("--azure", nargs="+", type=ipaddress.ip_network, default=[])
    parser.add_argument("--onprem", nargs="+", type=ipaddress.ip_network, default=[])
    args = parser.parse_args(argv)
    for path in args.captures:
        packets = pcapng.read(path).packets
        print(f"{os.path.basename(path)}: {len(packets)} packets")
        if args.azure or args.onprem:
            print("  ", dict(crossing(packets, args.onprem, args.azure)))
            continue
        for key, ttls in sorted(tally(packets).items(), key=lambda item: -len(item[1])):
            where = key if isinstance(key, str) else f"{key[0]} -> {key[1]}"
            print(f"  {len(ttls):6}  {where}  TTL {min(ttls)}..{max(ttls)}")


if __name__ == "__main__":
    main(sys.argv[1:])
