"""A DNS server and client just large enough for a capture: RFC 1035 section 4 messages over UDP,
one A or AAAA question each. `dns.py serve ADDRESS ANSWER` answers every question of ANSWER's family
with it; `dns.py ask ADDRESS NAME COUNT` sends COUNT questions, one after the answer to the one
before."""

import ipaddress
import socket
import struct
import sys

PORT = 53
TYPE_A, TYPE_AAAA, CLASS_IN = 1, 28, 1


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def question(name, qtype):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return labels + b"\0" + struct.pack(">HH", qtype, CLASS_IN)


def serve(address, answer):
    packed = ipaddress.ip_address(answer).packed
    qtype = TYPE_AAAA if len(packed) == 16 else TYPE_A
    server = socket.socket(family(address), socket.SOCK_DGRAM)
    server.bind((address, PORT))
    while True:
        query, client = server.recvfrom(512)
        # QR and RA set, the question repeated, one answer whose name points at offset 12.
        reply = query[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + query[12:]
        reply += struct.pack(">HHHIH", 0xC00C, qtype, CLASS_IN, 300, len(packed)) + packed
        server.sendto(reply, client)


def ask(address, name, count):
    client = socket.socket(family(address), socket.SOCK_DGRAM)
    client.settimeout(2)
    qtype = TYPE_AAAA if client.family == socket.AF_INET6 else TYPE_A
    for number in range(count):
        query = struct.pack(">6H", 0x1000 + number, 0x0100, 1, 0, 0, 0)
        client.sendto(query + question(f"host{number}.{name}", qtype), (address, PORT))
        client.recvfrom(512)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3])
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
