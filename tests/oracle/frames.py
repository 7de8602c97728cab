"""Takes Ethernet frames apart for the judging scripts: tags, addresses, TTL, and the bytes that a
router must not change. Reads RFC 791 and RFC 8200 headers with nothing but struct."""

import ipaddress
import struct
from dataclasses import dataclass

ETHERNET = 14
TAG_ETHERTYPES = (0x8100, 0x88A8)
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
LEAST_FRAME = 60  # tags included, without FCS; shorter ones are padded
L1_OVERHEAD = 24  # preamble and delimiter 8, FCS 4, least gap 12


@dataclass
class Frame:
    tags: list  # (EtherType, VLAN id), outermost first
    ethertype: int
    l2_bytes: int  # Ethernet header and tags
    unicast_mac: bool
    version: int = 0  # 4 or 6; 0: not IP, or not even a whole header
    ttl: int = 0
    source: object = None
    destination: object = None
    header_ok: bool = False  # IPv4: the header checksum is right
    ip_bytes: int = 0  # length of the IP packet as its header says
    fits: bool = False  # ... and the frame on the wire was long enough for it
    fixed: bytes = b""  # the IP header with TTL and header checksum as zeros
    payload: bytes = b""  # from the end of that header to the end of the IP packet
    wire_bytes: int = 0  # of the whole frame


def ones_sum(data):
    """The ones' complement sum of RFC 1071; 0xFFFF over a header with its checksum in place."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def parse(data, wire_bytes=None):
    """A Frame, or None for fewer bytes than an Ethernet header. `wire_bytes`: length on the wire,
    where the capture may have kept less."""
    if len(data) < ETHERNET:
        return None
    tags, at = [], 12
    while True:
        (ethertype,) = struct.unpack_from(">H", data, at)
        at += 2
        if ethertype not in TAG_ETHERTYPES or len(data) < at + 4:
            break
        tags.append((ethertype, struct.unpack_from(">H", data, at)[0] & 0xFFF))
        at += 2
    frame = Frame(tags, ethertype, at, not data[0] & 1)
    if ethertype == IPV4:
        _ipv4(frame, data[at:])
    elif ethertype == IPV6:
        _ipv6(frame, data[at:])
    frame.wire_bytes = len(data) if wire_bytes is None else wire_bytes
    frame.fits = at + frame.ip_bytes <= frame.wire_bytes
    return frame


def of(packet):
    """The Frame of a captured packet."""
    return parse(packet.data, packet.wirelen)


def _ipv4(frame, packet):
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return
    header_bytes, total = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0]
    if header_bytes < 20 or len(packet) < header_bytes or total < header_bytes:
        return
    header = packet[:header_bytes]
    frame.version, frame.ttl, frame.ip_bytes = 4, header[8], total
    frame.source = ipaddress.IPv4Address(header[12:16])
    frame.destination = ipaddress.IPv4Address(header[16:20])
    frame.header_ok = ones_sum(header) == 0xFFFF
    frame.fixed = header[:8] + b"\0" + header[9:10] + b"\0\0" + header[12:]
    frame.payload = packet[header_bytes:total]


def _ipv6(frame, packet):
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return
    length = struct.unpack_from(">H", packet, 4)[0]
    frame.version, frame.ttl, frame.header_ok = 6, packet[7], True
    frame.source = ipaddress.IPv6Address(packet[8:24])
    frame.destination = ipaddress.IPv6Address(packet[24:40])
    frame.fixed = packet[:7] + b"\0" + packet[8:40]
    frame.ip_bytes = 40 + length
    frame.payload = packet[40 : 40 + length]


THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")


def _never_forwarded(address, as_source):
    """Addresses no router forwards (RFC 1812 section 5.3.7, RFC 4291 section 2.5)."""
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return True
    if address.version == 6:
        return address.is_link_local
    return address in THIS_NETWORK or (as_source and int(address) >> 28 == 15)


def _neighbor_discovery(frame):
    """RFC 4861: valid on its own link only, with a hop limit of 255."""
    icmp6 = frame.version == 6 and frame.fixed[6] == 58
    return icmp6 and frame.ttl == 255 and frame.payload[:1] and 133 <= frame.payload[0] <= 137


def routable(frame, prefixes=(), mtu=1500):
    """Whether a router forwards the frame: whole IP header, right checksum, TTL to spare, no larger
    than the MTU, unicast, and, where prefixes are given, to a destination inside one of them."""
    if frame is None or not frame.version or not frame.header_ok or not frame.fits:
        return False
    if frame.ttl <= 1 or frame.ip_bytes > mtu or not frame.unicast_mac:
        return False
    if _neighbor_discovery(frame):
        return False
    to = frame.destination
    if _never_forwarded(frame.source, True) or _never_forwarded(to, False):
        return False
    return not prefixes or any(to in p for p in prefixes if p.version == to.version)
