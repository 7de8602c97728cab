"""Writes a capture that offers an exact load: UDP over IPv4 or IPv6 at a constant rate of frame
bits.

    make_load.py OUT.pcap --rate 1500000000 --seconds 0.02 [--frame 1400 | --imix] [--flows 64]

Packet n leaves when all frames before it have been sent at the rate, rounded down to the
nanosecond; the rate counts frames as they stand in the file: with tags, without FCS, preamble and
gap. The sizes of --imix are 60, 590 and 1514 bytes in the ratio 7:4:1 (the usual 64, 594, 1518 less
the FCS). Checksums are right. The first eight payload bytes are the packet's number. The same
arguments give the same bytes.
"""

import argparse
import ipaddress
import math
import struct
import sys

IMIX = (60, 590, 60, 590, 60, 60, 1514, 60, 590, 60, 590, 60)
ETHERNET, UDP, SEQUENCE = 14, 8, 8
SOURCE_MAC, DESTINATION_MAC = bytes.fromhex("020000010010"), bytes.fromhex("020000010001")
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)  # ns pcap, Ethernet
WRITE_BYTES = 1 << 20


def word_sum(data):
    """Sum of the big-endian 16-bit words, odd tail padded with zero (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    return sum(struct.unpack(f">{len(data) // 2}H", data))


def checksum(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def flow_addresses(index, source, destination):
    """Addresses and ports of a flow, spread over both prefixes (/28 or larger). The first ten
    addresses and the last two are left out: routers live there."""
    spread = (index * 2654435761) & 0xFFFFFFFF
    pick = lambda prefix, value: prefix[10 + value % min(prefix.num_addresses - 12, 65000)]
    ports = (49152 + index % 16384, 5001 + (index // 16384) % 1000)
    return pick(source, index).packed, pick(destination, spread).packed, ports


class Template:
    """One flow at one size: a finished frame but for number and UDP checksum."""

    def __init__(self, source, destination, ports, size, tags):
        v6 = len(source) == 16
        ip_bytes = 40 if v6 else 20
        udp_bytes = size - ETHERNET - ip_bytes
        if udp_bytes < UDP + SEQUENCE:
            raise ValueError(f"a frame of {size} bytes is too small for IPv{6 if v6 else 4} UDP")
        payload = bytes((13 * i + 7) & 0xFF for i in range(udp_bytes - UDP - SEQUENCE))
        udp = struct.pack(">4H", *ports, udp_bytes, 0)
        pseudo = source + destination + struct.pack(">II", udp_bytes, 17)
        self.sum = word_sum(pseudo) + word_sum(udp) + word_sum(payload)
        if v6:
            ip = struct.pack(">IHBB", 6 << 28, udp_bytes, 17, 64) + source + destination
        else:
            fixed = struct.pack(">BBHHHBB", 0x45, 0, size - ETHERNET, 0, 0x4000, 64, 17)
            total = word_sum(fixed) + word_sum(source + destination)
            ip = fixed + struct.pack(">H", checksum(total)) + source + destination
        tagged = b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags)
        ethertype = struct.pack(">H", 0x86DD if v6 else 0x0800)
        self.head = DESTINATION_MAC + SOURCE_MAC + tagged + ethertype + ip + udp[:6]
        self.payload = payload
        self.size = size + len(tagged)

    def frame(self, number):
        sequence = struct.pack(">Q", number)
        value = checksum(self.sum + word_sum(sequence)) or 0xFFFF  # RFC 768: zero means none
        return b"".join((self.head, struct.pack(">H", value), sequence, self.payload))


def load(rate, duration_ns, sizes, flows, source, destination, tags=(), group=1):
    """Yields (time_ns from 0, frame). `group` frames share the time of the first of them."""
    templates, cycle = {}, math.lcm(flows, len(sizes))
    bits = number = time_ns = 0
    while True:
        exact_ns = bits * 1_000_000_000 // rate
        if exact_ns >= duration_ns:
            return
        if number % group == 0:
            time_ns = exact_ns
        # Shifted by one each time both cycles end together, so that every flow meets every size.
        key = ((number + number // cycle) % flows, sizes[number % len(sizes)])
        template = templates.get(key)
        if template is None:
            src, dst, ports = flow_addresses(key[0], source, destination)
            template = templates[key] = Template(src, dst, ports, key[1], tags)
        yield time_ns, template.frame(number)
        bits += template.size * 8
        number += 1


def write(path, start_ns, packets):
    """Writes a nanosecond pcap; returns (packets, frame bytes)."""
    count = total = 0
    buffer = bytearray(FILE_HEADER)
    with open(path, "wb") as out:
        for time_ns, frame in packets:
            seconds, nanos = divmod(start_ns + time_ns, 1_000_000_000)
            buffer += struct.pack("<IIII", seconds, nanos, len(frame), len(frame))
            buffer += frame
            count += 1
            total += len(frame)
            if len(buffer) >= WRITE_BYTES:
                out.write(buffer)
                buffer.clear()
        out.write(buffer)
    return count, total


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--rate", type=int, required=True, help="bits of frame a second")
    parser.add_argument("--seconds", required=True, help="length, for example 0.02")
    parser.add_argument("--frame", type=int, default=1400, help="bytes before tags, without FCS")
    parser.add_argument("--imix", action="store_true")
    parser.add_argument("--flows", type=int, default=64)
    parser.add_argument("--source", default="192.168.1.0/24")
    parser.add_argument("--destination", default="10.0.1.0/24")
    parser.add_argument("--qinq", type=int, nargs=2, metavar=("S", "C"), default=())
    parser.add_argument("--group", type=int, default=1, help="frames that share one arrival time")
    parser.add_argument("--start", type=int, default=1_700_000_000_000_000_000, help="epoch ns")
    args = parser.parse_args(argv)
    whole, _, fraction = args.seconds.partition(".")
    args.duration_ns = int(whole or 0) * 1_000_000_000 + int((fraction + "0" * 9)[:9])
    return args


def main(argv):
    args = arguments(argv)
    source, destination = (ipaddress.ip_network(p) for p in (args.source, args.destination))
    smallest = 14 + 40 + UDP + SEQUENCE if source.version == 6 else 60
    sizes = [max(size, smallest) for size in IMIX] if args.imix else [args.frame]
    packets = load(args.rate, args.duration_ns, sizes, args.flows, source, destination,
                   tuple(args.qinq), group=args.group)
    count, total = write(args.out, args.start, packets)
    print(f"{args.out}: {count} packets, {total} frame bytes, {args.duration_ns} ns")


if __name__ == "__main__":
    main(sys.argv[1:])
