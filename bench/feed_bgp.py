#!/usr/bin/env python3
"""Speaks BGP just far enough to bring a table: connects, exchanges OPEN and KEEPALIVE, sends a file
of UPDATEs as fast as the other side reads, and stays until its standard input ends.

usage: feed_bgp.py ADDRESS ASN FILE   (our AS number; 4-octet AS numbers and IPv4 unicast)
"""

import pathlib
import select
import socket
import struct
import sys
import time

MARKER = b"\xff" * 16
OPEN, KEEPALIVE = 1, 4


def message(kind, body=b""):
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def open_message(asn):
    capabilities = struct.pack("!BBHBB", 1, 4, 1, 0, 1) + struct.pack("!BBI", 65, 4, asn)
    options = struct.pack("!BB", 2, len(capabilities)) + capabilities
    return message(OPEN, struct.pack("!BHHIB", 4, min(asn, 65535), 240, 0x0B000001,
                                     len(options)) + options)


def wait_for(stream, kind):
    while True:
        head = stream.read(19)
        if len(head) < 19:
            sys.exit("feed_bgp: the session was refused")
        length, found = struct.unpack("!HB", head[16:])
        body = stream.read(length - 19)
        if found == kind:
            return
        if found not in (OPEN, KEEPALIVE):
            sys.exit(f"feed_bgp: message of type {found}: {body.hex()}")


def connect(address):
    for _ in range(200):
        try:
            return socket.create_connection((address, 179), timeout=30)
        except OSError:
            time.sleep(0.05)
    sys.exit(f"feed_bgp: nobody listens on {address}")


def main():
    address, asn, path = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    octets = path.read_bytes()
    connection = connect(address)
    stream = connection.makefile("rb")
    connection.sendall(open_message(asn))
    wait_for(stream, OPEN)
    connection.sendall(message(KEEPALIVE))
    wait_for(stream, KEEPALIVE)
    print(f"established {time.monotonic_ns()}", flush=True)
    sys.stdin.readline()  # go
    print(f"sending {time.monotonic_ns()}", flush=True)
    connection.sendall(octets)
    print("sent", flush=True)
    while True:
        ready, _, _ = select.select([sys.stdin, connection], [], [])
        if sys.stdin in ready or not connection.recv(65536):
            return


if __name__ == "__main__":
    main()
