#!/usr/bin/python3
"""Writes the captures of this directory with scapy: make.py [DIRECTORY]

One conversation, told once for every link type: two hosts of 192.168.7.0/24 and fd00:7::/64 talk to
a server at 10.7.0.4 and fd10:7::4. Times are fixed, so the files come out the same every time.
"""

import os
import struct
import sys

from scapy.layers.dns import DNS, DNSQR
from scapy.layers.dot11 import Dot11, Dot11Beacon, Dot11QoS, RadioTap
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, LLC, SNAP, CookedLinux, Dot1Q, Ether
from scapy.packet import Raw

HOST, SERVER, AP = "02:00:00:07:00:10", "02:00:00:07:00:04", "02:00:00:07:00:01"
START_NS = 1_700_000_000_123_456_789
STEPS = (0, 1_001, 250_000, 250_333, 1_000_000, 1_000_007, 3_141_592, 20_000_000, 20_000_000,
         20_000_001, 45_000_000, 45_500_000, 60_000_000, 60_000_123, 75_000_000, 75_400_000,
         99_999_999, 120_000_000, 120_000_001, 150_000_000)


def conversation():
    """[(True when the server sends, the IP packet)]"""
    def tcp(v6, back, flags, seq, ack, data=b"", options=()):
        ips = ("fd00:7::10", "fd10:7::4") if v6 else ("192.168.7.10", "10.7.0.4")
        ports = (40001, 443)
        if back:
            ips, ports = ips[::-1], ports[::-1]
        ip = (IPv6(src=ips[0], dst=ips[1]) if v6
              else IP(src=ips[0], dst=ips[1], id=seq & 0xFFFF, flags="DF"))
        return back, ip / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack,
                              options=list(options)) / Raw(data)
    mss = [("MSS", 1460)]
    return [
        tcp(False, False, "S", 1000, 0, options=mss),
        tcp(False, True, "SA", 5000, 1001, options=mss),
        tcp(False, False, "A", 1001, 5001),
        tcp(False, False, "PA", 1001, 5001, b"GET / HTTP/1.1\r\n\r\n"),
        tcp(False, True, "PA", 5001, 1019, b"x" * 1200),
        (False, IP(src="192.168.7.11", dst="10.7.0.4", id=1) / UDP(sport=5353, dport=53)
         / DNS(qd=DNSQR(qname="example.com"))),
        (True, IP(src="10.7.0.4", dst="192.168.7.11", id=2) / UDP(sport=53, dport=5353)
         / DNS(qr=1, qd=DNSQR(qname="example.com"))),
        (False, IP(src="192.168.7.10", dst="10.7.0.4", id=3) / ICMP(id=7, seq=1) / Raw(b"p" * 56)),
        (True, IP(src="10.7.0.4", dst="192.168.7.10", id=4) / ICMP(type=0, id=7, seq=1)
         / Raw(b"p" * 56)),
        (False, IP(src="192.168.7.10", dst="224.0.0.251", id=5, ttl=1) / UDP(sport=5353, dport=5353)
         / DNS(qd=DNSQR(qname="_http._tcp.local"))),
        (False, IP(src="192.168.7.10", dst="255.255.255.255", id=6)
         / UDP(sport=68, dport=67) / Raw(b"d" * 40)),
        tcp(True, False, "S", 70000, 0, options=[("MSS", 1440)]),
        tcp(True, True, "SA", 90000, 70001, options=[("MSS", 1440)]),
        tcp(True, False, "PA", 70001, 90001, b"hello"),
        (False, IPv6(src="fd00:7::10", dst="fd10:7::4") / ICMPv6EchoRequest(id=9, seq=1)),
        (True, IPv6(src="fd10:7::4", dst="fd00:7::10") / ICMPv6EchoReply(id=9, seq=1)),
        (False, IPv6(src="fd00:7::10", dst="ff02::fb", hlim=1) / UDP(sport=5353, dport=5353)
         / Raw(b"m" * 30)),
        tcp(False, False, "FA", 1019, 6201),
        tcp(False, True, "FA", 6201, 1020),
        tcp(False, False, "A", 1020, 6202),
    ]


def is_v6(ip):
    return ip.name == "IPv6"


def group_mac(ip):
    """The destination on Ethernet, None for one host."""
    if ip.dst == "255.255.255.255":
        return "ff:ff:ff:ff:ff:ff"
    if ip.dst == "224.0.0.251":
        return "01:00:5e:00:00:fb"
    return "33:33:00:00:00:fb" if ip.dst == "ff02::fb" else None


def ethernet(back, ip):
    source, destination = (SERVER, HOST) if back else (HOST, SERVER)
    return Ether(src=source, dst=group_mac(ip) or destination) / ip


def cooked(back, ip):
    mac = bytes.fromhex((SERVER if back else HOST).replace(":", ""))
    kind = 0 if back else 4
    return CookedLinux(pkttype=kind, lladdrtype=1, lladdrlen=6, src=mac + b"\0\0",
                       proto=0x86DD if is_v6(ip) else 0x0800) / ip


def cooked2(back, ip):
    mac = bytes.fromhex((SERVER if back else HOST).replace(":", ""))
    return struct.pack(">HHIHBB8s", 0x86DD if is_v6(ip) else 0x0800, 0, 2, 1, 0 if back else 4, 6,
                       mac) + bytes(ip)


def family(order, v6):
    def header(_, ip):
        return struct.pack(order + "I", v6 if is_v6(ip) else 2) + bytes(ip)
    return header


def wireless(back, ip):
    """To the access point, or from it."""
    llc = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x86DD if is_v6(ip) else 0x0800) / ip
    if back:
        return Dot11(type=2, subtype=0, FCfield="from-DS", addr1=HOST, addr2=AP, addr3=SERVER) / llc
    return (Dot11(type=2, subtype=8, FCfield="to-DS", addr1=AP, addr2=HOST,
                  addr3=group_mac(ip) or SERVER) / Dot11QoS() / llc)


def radiotap(back, ip):
    """With flags that say that the FCS is there."""
    return bytes(RadioTap(present="Flags", Flags="FCS") / wireless(back, ip)) + b"\x01\x02\x03\x04"


def oddities():
    """802.11 frames that are no data to replay, then three packets in two aggregates."""
    head = bytes(RadioTap(present="Flags", Flags=0))
    data = bytes(wireless(False, conversation()[7][1]))
    ips = [bytes(packet) for _, packet in (conversation()[i] for i in (0, 3, 7))]

    def sub(ip, last):
        body = bytes.fromhex("aaaa030000000800") + ip
        made = (bytes.fromhex(SERVER.replace(":", "")) + bytes.fromhex(HOST.replace(":", ""))
                + struct.pack(">H", len(body)) + body)
        return made if last else made + bytes(-len(made) % 4)

    aggregate = bytes(Dot11(type=2, subtype=8, FCfield="to-DS", addr1=AP, addr2=HOST, addr3=AP)) \
        + b"\x80\x00"
    return [
        head + bytes(Dot11(type=0, subtype=8, addr1="ff:ff:ff:ff:ff:ff", addr2=AP, addr3=AP)
                     / Dot11Beacon()),
        head + bytes(Dot11(type=1, subtype=13, addr1=HOST)),
        head + bytes(Dot11(type=2, subtype=4, FCfield="to-DS", addr1=AP, addr2=HOST, addr3=AP)),
        head + data[:1] + bytes([data[1] | 0x40]) + data[2:],
        head + data[:1] + bytes([data[1] | 0x04]) + data[2:],
        head[:6],
        head + aggregate + sub(ips[0], False) + sub(ips[1], True),
        head + aggregate + sub(ips[2], True),
    ]


def super_frames():
    """What hosts hand to their cards whole."""
    def tcp(v6, flags, size, seq):
        ip = (IPv6(src="fd00:7::10", dst="fd10:7::4") if v6
              else IP(src="192.168.7.10", dst="10.7.0.4", id=65534, flags="DF"))
        options = [("NOP", None), ("NOP", None), ("Timestamp", (1, 2))]
        return Ether(src=HOST, dst=SERVER) / ip / TCP(
            sport=40001, dport=443, flags=flags, seq=seq, ack=1, options=options) / Raw(
                bytes(i * 7 % 251 for i in range(size)))
    return [tcp(False, "PA", 5000, 0xFFFFF000), tcp(True, "FPAC", 4000, 100),
            tcp(False, "A", 30000, 200_000), tcp(False, "A", 1448, 400_000),
            Ether(src=HOST, dst=SERVER) / IP(src="192.168.7.10", dst="10.7.0.4", id=9)
            / UDP(sport=9, dport=9) / Raw(bytes(4000))]


def write(path, linktype, packets, times):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype))
        for ns, packet in zip(times, packets):
            data = bytes(packet)
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)) + data)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def write_mixed(path, talk, times):
    """Interfaces of four link types in one file; the last has no packet and none could be read."""
    with open(path, "wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for linktype in (1, 101, 113, 9):
            out.write(block(1, struct.pack("<HHIHHB3x", linktype, 0, 0, 9, 1, 9)))
        for n, ((back, ip), ns) in enumerate(zip(talk, times)):
            data = bytes((ethernet, lambda _, packet: packet, cooked)[n % 3](back, ip))
            out.write(block(6, struct.pack("<IIIII", n % 3, ns >> 32, ns & 0xFFFFFFFF, len(data),
                                           len(data)) + data))


def main():
    where = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    talk = conversation()
    times = [START_NS + step for step in STEPS]
    plain = [ip for _, ip in talk]
    write_all = {
        "ethernet": (1, [ethernet(*x) for x in talk], times),
        "raw": (101, plain, times),
        "raw12": (12, plain, times),
        "raw14": (14, plain, times),
        "cooked": (113, [cooked(*x) for x in talk], times),
        "cooked2": (276, [cooked2(*x) for x in talk], times),
        "null": (0, [family("<", 30)(*x) for x in talk], times),
        "loop": (108, [family(">", 24)(*x) for x in talk], times),
        "wireless": (105, [wireless(*x) for x in talk], times),
        "radiotap": (127, [radiotap(*x) for x in talk], times),
        "radiotap-odd": (127, oddities(), times),
        "super": (1, super_frames(), times),
        "vlan": (1, [Ether(src=HOST, dst=SERVER) / Dot1Q(vlan=7) / ip for ip in plain], times),
        "arp": (1, [Ether(src=HOST, dst="ff:ff:ff:ff:ff:ff")
                    / ARP(psrc="192.168.7.10", pdst="192.168.7.1")] * 3, times),
        "arcnet": (129, [bytes(20)], times),
    }
    for version, linktype in ((4, 228), (6, 229)):
        chosen = [(ip, ns) for ip, ns in zip(plain, times) if is_v6(ip) == (version == 6)]
        write_all[f"ipv{version}"] = (linktype, *zip(*chosen))
    for name, what in write_all.items():
        write(os.path.join(where, name + ".pcap"), *what)
    write_mixed(os.path.join(where, "mixed.pcapng"), talk, times)


if __name__ == "__main__":
    main()
