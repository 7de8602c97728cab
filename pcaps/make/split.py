"""Splits a capture of both directions in two, so that each half can enter the emulator at its own
port.

    split.py CAPTURE.pcap --azure PREFIX ... --out DIRECTORY

Writes NAME.azure.pcap with the packets whose source lies in a prefix, and NAME.onprem.pcap with all
others (ARP, multicast and what has no IP header stay with the on-premises side). Records are copied
as they are: byte order, time resolution and what the capture cut off stay. Classic pcap of Ethernet
only.
"""

import argparse
import ipaddress
import pathlib
import struct

HEADER_BYTES, RECORD_BYTES = 24, 16
ORDERS = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",
          b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}


def source(frame):
    """The IP source address, through any tags; None where there is none."""
    at = 12
    while frame[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind, at = frame[at : at + 2], at + 2
    if kind == b"\x08\x00" and len(frame) >= at + 20:
        return ipaddress.IPv4Address(frame[at + 12 : at + 16])
    if kind == b"\x86\xdd" and len(frame) >= at + 40:
        return ipaddress.IPv6Address(frame[at + 8 : at + 24])
    return None


def split(data, azure):
    """(on-premises file, Azure file) as bytes."""
    order = ORDERS[data[:4]]
    halves = [bytearray(data[:HEADER_BYTES]), bytearray(data[:HEADER_BYTES])]
    at = HEADER_BYTES
    while at < len(data):
        captured = struct.unpack_from(order + "I", data, at + 8)[0]
        end = at + RECORD_BYTES + captured
        address = source(data[at + RECORD_BYTES : end])
        halves[address is not None and any(address in prefix for prefix in azure)] += data[at:end]
        at = end
    return halves


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("capture", type=pathlib.Path)
    parser.add_argument("--azure", nargs="+", type=ipaddress.ip_network, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    onprem, azure = split(args.capture.read_bytes(), args.azure)
    (args.out / f"{args.capture.stem}.onprem.pcap").write_bytes(onprem)
    (args.out / f"{args.capture.stem}.azure.pcap").write_bytes(azure)


if __name__ == "__main__":
    main()
