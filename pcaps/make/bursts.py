"""Makes bursts-50mbps.pcap: every 60 ms a burst of 10 ms at 150 Mbit/s, so 25 Mbit/s in the mean.

    bursts.py OUT.pcap

Frames of 1,400 bytes from tests/oracle/make_load.py, of which the file keeps the first 50 bytes: up
to the number of the packet in its payload. The same bytes each time.
"""

import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "oracle"))
import make_load  # noqa: E402
import ipaddress  # noqa: E402

RATE, ON_NS, EVERY_NS, BURSTS = 150_000_000, 10_000_000, 60_000_000, 10
FRAME, KEPT, FLOWS, START_NS = 1400, 50, 64, 1_700_000_000_000_000_000
SOURCE, DESTINATION = ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("10.0.1.0/24")


def main(out):
    data = bytearray(make_load.FILE_HEADER)
    for burst in range(BURSTS):
        packets = make_load.load(RATE, ON_NS, [FRAME], FLOWS, SOURCE, DESTINATION)
        for time_ns, frame in packets:
            seconds, nanos = divmod(START_NS + burst * EVERY_NS + time_ns, 1_000_000_000)
            data += struct.pack("<IIII", seconds, nanos, KEPT, len(frame)) + frame[:KEPT]
    pathlib.Path(out).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1])
