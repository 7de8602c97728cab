"""Reads pcap and pcapng files with nothing but struct, for the scripts that judge outputs.

Independent of the code under test: it shares no table, no layout and no library with it. Written
from draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap. It is strict: a length that does not fit,
an unknown interface or a missing padding byte raises CaptureFileError, so reading a file through it
is itself a test of the file.

    capture = pcapng.read("primary.pcapng")
    for p in capture.packets:
        print(capture.interfaces[p.iface].name, p.ts_ns, p.wirelen, p.direction, p.packetid)

From the shell: python3 pcapng.py FILE... prints one line a block or packet.
"""

import struct
import sys
from dataclasses import dataclass, field

SECTION, INTERFACE, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 3, 4, 5, 6
END_OF_OPTIONS, COMMENT = 0, 1
DIRECTIONS = {0: None, 1: "in", 2: "out"}


class CaptureFileError(ValueError):
    """The file breaks its format; the text has the byte offset."""


@dataclass
class Interface:
    linktype: int
    snaplen: int
    name: str = ""
    description: str = ""
    speed: int = 0  # bits per second, 0 when not said
    tsresol: int = 6  # the option's byte: 6 is microseconds, 9 is nanoseconds
    tsoffset: int = 0  # seconds
    options: list = field(default_factory=list)  # (code, bytes) in file order

    @property
    def ticks_per_second(self):
        return 2 ** (self.tsresol & 0x7F) if self.tsresol & 0x80 else 10**self.tsresol

    def to_ns(self, ticks):
        per_second = self.ticks_per_second
        if 10**9 % per_second and ticks * 10**9 % per_second:
            raise CaptureFileError(f"time of {ticks} ticks is not a whole number of nanoseconds")
        return ticks * 10**9 // per_second + self.tsoffset * 10**9


@dataclass
class Packet:
    number: int  # from 1, over the whole file
    iface: int  # index into Capture.interfaces
    ts_ns: int  # since the epoch
    caplen: int
    wirelen: int
    data: bytes
    direction: str = None  # "in", "out" or None
    packetid: int = None
    comments: list = field(default_factory=list)
    options: list = field(default_factory=list)


@dataclass
class Statistics:
    iface: int
    ts_ns: int
    start_ns: int = None
    end_ns: int = None
    received: int = None  # isb_ifrecv
    dropped: int = None  # isb_ifdrop
    delivered: int = None  # isb_usrdeliv
    comments: list = field(default_factory=list)
    options: list = field(default_factory=list)


@dataclass
class Capture:
    format: str  # "pcap" or "pcapng"
    interfaces: list = field(default_factory=list)
    packets: list = field(default_factory=list)
    statistics: list = field(default_factory=list)
    section_comments: list = field(default_factory=list)
    section_options: list = field(default_factory=list)

    @property
    def section_comment(self):
        """The first comment of the section header, or ''."""
        return self.section_comments[0] if self.section_comments else ""

    @property
    def complete(self):
        """False for a file whose writer did not finish it."""
        return "capture complete" in self.section_comments

    def by_id(self):
        """{packetid: [packets in file order]}; copies share an id."""
        table = {}
        for p in self.packets:
            table.setdefault(p.packetid, []).append(p)
        return table


def read(path):
    """The whole file as a Capture."""
    capture = None
    for kind, item in blocks(path):
        if kind == "capture":
            capture = item
        elif kind == "packet":
            capture.packets.append(item)
    return capture


def packets(path):
    """Yields the packets only, in constant memory."""
    for kind, item in blocks(path):
        if kind == "packet":
            yield item


def blocks(path):
    """Yields ("capture", Capture) once, then ("interface" | "packet" | "statistics", item).

    Interfaces and statistics are also appended to the Capture as they come; packets are not.
    """
    with open(path, "rb") as file:
        head = file.read(4)
        if len(head) < 4:
            raise CaptureFileError("shorter than a magic number")
        file.seek(0)
        if struct.unpack("<I", head)[0] == SECTION:
            yield from _pcapng(file)
        else:
            yield from _pcap(file)


def _exactly(file, count):
    offset = file.tell()
    data = file.read(count)
    if len(data) != count:
        raise CaptureFileError(f"offset {offset}: {count} bytes expected, {len(data)} there")
    return data


PCAP_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 6),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 6),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 9),
    b"\xa1\xb2\x3c\x4d": (">", 1, 9),
}


def _pcap(file):
    magic = _exactly(file, 4)
    if magic not in PCAP_MAGICS:
        raise CaptureFileError(f"magic {magic.hex()} is neither pcap nor pcapng")
    order, scale, tsresol = PCAP_MAGICS[magic]
    _, _, _, _, snaplen, linktype = struct.unpack(order + "HHiIII", _exactly(file, 20))
    capture = Capture("pcap", [Interface(linktype & 0xFFFF, snaplen, tsresol=tsresol)])
    yield "capture", capture
    yield "interface", capture.interfaces[0]
    record = struct.Struct(order + "IIII")
    number = 0
    while True:
        offset = file.tell()
        header = file.read(16)
        if not header:
            return
        if len(header) < 16:
            raise CaptureFileError(f"offset {offset}: cut inside a packet header")
        seconds, fraction, caplen, wirelen = record.unpack(header)
        if fraction * scale >= 10**9 or caplen > wirelen:
            raise CaptureFileError(f"offset {offset}: packet header {header.hex()}")
        number += 1
        data = _exactly(file, caplen)
        ts_ns = seconds * 10**9 + fraction * scale
        yield "packet", Packet(number, 0, ts_ns, caplen, wirelen, data)


def _pcapng(file):
    capture = Capture("pcapng")
    order = "<"
    first_interface = 0  # ids restart in every section
    number = 0
    yield "capture", capture
    while True:
        offset = file.tell()
        head = file.read(8)
        if not head:
            return
        if len(head) < 8:
            raise CaptureFileError(f"offset {offset}: cut inside a block header")
        if struct.unpack("<I", head[:4])[0] == SECTION:
            order = _byte_order(file, offset)
            first_interface = len(capture.interfaces)
        kind, length = struct.unpack(order + "II", head)
        if length < 12 or length % 4:
            raise CaptureFileError(f"offset {offset}: block length {length}")
        body = _exactly(file, length - 12)
        if struct.unpack(order + "I", _exactly(file, 4))[0] != length:
            raise CaptureFileError(f"offset {offset}: the two block lengths differ")
        try:
            if kind == SECTION:
                _section(capture, body, order)
            elif kind == INTERFACE:
                capture.interfaces.append(_interface(body, order))
                yield "interface", capture.interfaces[-1]
            elif kind in (ENHANCED, SIMPLE):
                number += 1
                parse = _enhanced if kind == ENHANCED else _simple
                yield "packet", parse(capture, first_interface, number, body, order)
            elif kind == STATISTICS:
                capture.statistics.append(_statistics(capture, first_interface, body, order))
                yield "statistics", capture.statistics[-1]
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise CaptureFileError(f"offset {offset}: block type {kind}: {error}") from error
        except CaptureFileError as error:
            raise CaptureFileError(f"offset {offset}: block type {kind}: {error}") from error


def _byte_order(file, offset):
    magic = _exactly(file, 4)
    file.seek(offset + 8)
    if magic == b"\x4d\x3c\x2b\x1a":
        return "<"
    if magic == b"\x1a\x2b\x3c\x4d":
        return ">"
    raise CaptureFileError(f"offset {offset}: byte-order magic {magic.hex()}")


def _options(body, at, order):
    """The options from `at` to the end of the body; they may end without an end-of-options."""
    found = []
    while at < len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        at += 4
        if code == END_OF_OPTIONS:
            if length or at != len(body):
                raise CaptureFileError(f"{len(body) - at} bytes after the end of options")
            return found
        padded = length + -length % 4
        if at + padded > len(body):
            raise CaptureFileError(f"option {code} of {length} bytes runs over its block")
        if any(body[at + length : at + padded]):
            raise CaptureFileError(f"option {code} is padded with something but zeros")
        found.append((code, body[at : at + length]))
        at += padded
    return found


def _integer(value, order):
    return int.from_bytes(value, "little" if order == "<" else "big")


def _comments(options):
    return [value.decode("utf-8") for code, value in options if code == COMMENT]


def _section(capture, body, order):
    _, major, minor, _ = struct.unpack_from(order + "IHHq", body)
    if (major, minor) not in ((1, 0), (1, 2)):
        raise CaptureFileError(f"version {major}.{minor}")
    options = _options(body, 16, order)
    capture.section_options += options
    capture.section_comments += _comments(options)


def _interface(body, order):
    linktype, _, snaplen = struct.unpack_from(order + "HHI", body)
    result = Interface(linktype, snaplen, options=_options(body, 8, order))
    for code, value in result.options:
        if code == 2:
            result.name = value.decode("utf-8")
        elif code == 3:
            result.description = value.decode("utf-8")
        elif code == 8:
            result.speed = _integer(value, order)
        elif code == 9:
            result.tsresol = value[0]
        elif code == 14:
            result.tsoffset = struct.unpack(order + "q", value)[0]
    return result


def _enhanced(capture, first, number, body, order):
    iface, high, low, caplen, wirelen = struct.unpack_from(order + "IIIII", body)
    iface += first
    if caplen > wirelen:
        raise CaptureFileError(f"{caplen} bytes captured of {wirelen}")
    end = 20 + caplen
    padded = end + -caplen % 4
    if padded > len(body) or any(body[end:padded]):
        raise CaptureFileError(f"{caplen} bytes of packet do not fit or are badly padded")
    ts_ns = capture.interfaces[iface].to_ns(high << 32 | low)
    packet = Packet(number, iface, ts_ns, caplen, wirelen, body[20:end])
    packet.options = _options(body, padded, order)
    packet.comments = _comments(packet.options)
    for code, value in packet.options:
        if code == 2:
            packet.direction = DIRECTIONS[_integer(value, order) & 3]
        elif code == 5:
            packet.packetid = _integer(value, order)
    return packet


def _simple(capture, first, number, body, order):
    (wirelen,) = struct.unpack_from(order + "I", body)
    snaplen = capture.interfaces[first].snaplen or wirelen
    caplen = min(wirelen, snaplen, len(body) - 4)
    return Packet(number, first, 0, caplen, wirelen, body[4 : 4 + caplen])


def _statistics(capture, first, body, order):
    iface, high, low = struct.unpack_from(order + "III", body)
    iface += first
    to_ns = capture.interfaces[iface].to_ns
    result = Statistics(iface, to_ns(high << 32 | low), options=_options(body, 12, order))
    result.comments = _comments(result.options)
    for code, value in result.options:
        if code in (2, 3):
            high, low = struct.unpack(order + "II", value)
            setattr(result, "start_ns" if code == 2 else "end_ns", to_ns(high << 32 | low))
        elif code in (4, 5, 8):
            name = {4: "received", 5: "dropped", 8: "delivered"}[code]
            setattr(result, name, _integer(value, order))
    return result


def main(paths):
    for path in paths:
        for kind, item in blocks(path):
            if kind == "packet":
                item.data = item.data[:14].hex()
                item.options = []
            print(path, kind, item)


if __name__ == "__main__":
    main(sys.argv[1:])
