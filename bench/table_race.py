"""A full table over one BGP session, into our speaker and into BIRD: the same octets from the same
sender (feed_bgp.py) over a veth pair between two network namespaces, which end with this process's
children. BIRD has no kernel protocol: its time ends when its table has every route. Ours ends when
packets have been forwarded by every part of the table."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import contenders

ROUTER, FEEDER = "172.17.0.1", "172.17.0.2"
ROUTER_AS, FEEDER_AS = 65000, 65001
PREFIXES = 1_000_000
BIRD = f"""router id 10.0.0.1;
protocol device {{ }}
protocol bgp feeder {{
  local {ROUTER} as {ROUTER_AS};
  neighbor {FEEDER} as {FEEDER_AS};
  passive;
  ipv4 {{ import all; export none; }};
}}
"""


def end(process):
    process.kill()
    process.wait()


class Lab:
    """Two namespaces, each held by a process that sleeps, joined by a veth pair."""

    def __enter__(self):
        for program in ("unshare", "nsenter", "ip"):
            contenders.need(program)
        self.holders = []
        try:
            for _ in range(2):
                self.holders.append(subprocess.Popen(["unshare", "-n", "sleep", "infinity"]))
            ours = os.readlink("/proc/self/ns/net")
            for holder in self.holders:
                for _ in range(100):
                    if os.readlink(f"/proc/{holder.pid}/ns/net") != ours:
                        break
                    time.sleep(0.02)
                else:
                    raise contenders.Failed("no network namespace (are you root?)")
            self.run(0, "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1",
                     "netns", str(self.holders[1].pid))
            for side, address in enumerate((ROUTER, FEEDER)):
                self.run(side, "ip", "address", "add", f"{address}/24", "dev", f"v{side}")
                self.run(side, "ip", "link", "set", f"v{side}", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for holder in self.holders:
            end(holder)

    def inside(self, side, *command):
        return ["nsenter", "-n", "-t", str(self.holders[side].pid), *map(str, command)]

    def run(self, side, *command):
        done = subprocess.run(self.inside(side, *command), capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise contenders.Failed(f"{command[0]}: {done.stderr.strip()}")

    def feeder(self, updates):
        """Has a session; sends on start()."""
        return Feeder(self.inside(1, sys.executable, pathlib.Path(__file__).parent / "feed_bgp.py",
                                  ROUTER, FEEDER_AS, updates))


class Feeder:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        self.expect("established")
        return self

    def __exit__(self, *_):
        end(self.process)

    def expect(self, word):
        line = self.process.stdout.readline()
        if not line.startswith(word):
            raise contenders.Failed(self.process.stderr.read().strip() or "the feeder ended")
        return line

    def start(self):
        """When the first octet was sent, by the monotonic clock, in seconds."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.expect("sending").split()[1]) * 1e-9


def updates_of(bench, sets):
    """The UPDATEs, for either speaker."""
    path = bench.work / f"updates{sets}.bgp"
    if not path.exists():
        contenders.run_process([bench.build / "bench" / "make_updates", PREFIXES, sets, FEEDER,
                                path])
    return path


def ours(bench, sets):
    """{"wall_s", "cpu_s", "control_us", "rib_bytes_route"}: as bird() below."""
    updates = updates_of(bench, sets)
    with Lab() as lab:
        process = subprocess.Popen(
            lab.inside(0, bench.build / "bench" / "table_load", ROUTER, PREFIXES),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if process.stdout.readline() != "listening\n":
                raise contenders.Failed(process.stderr.read().strip())
            with lab.feeder(updates) as feeder:
                start = feeder.start()
                line = process.stdout.readline()
            if not line:
                raise contenders.Failed(process.stderr.read().strip())
            figures = json.loads(line)
            return figures | {"wall_s": figures["end_ns"] * 1e-9 - start}
        finally:
            end(process)


class BirdControl:
    """BIRD's control socket: lines of four digits and a text, the last one 0000 or an error."""

    def __init__(self, path):
        for _ in range(200):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(str(path))
                break
            except OSError:
                self.socket.close()
                time.sleep(0.02)
        else:
            raise contenders.Failed("bird did not start")
        self.stream = self.socket.makefile("r")
        self.stream.readline()  # welcome

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\n")
        out = []
        for line in self.stream:
            out.append(line)
            if re.match(r"(0000|[089]\d{3}) ", line):
                break
        return "".join(out)

    def number(self, command, pattern):
        found = re.search(pattern, self.ask(command))
        return int(found[1]) if found else 0


def bird(bench, sets):
    """{"wall_s", "cpu_s", "rib_bytes_route"}: from the first octet sent; what became resident."""
    contenders.need("bird")
    updates = updates_of(bench, sets)
    config, control = bench.work / "bird.conf", bench.work / "bird.ctl"
    config.write_text(BIRD)
    with Lab() as lab:
        process = subprocess.Popen(
            lab.inside(0, "bird", "-f", "-c", config, "-s", control, "-P", bench.work / "bird.pid"),
            stderr=subprocess.DEVNULL)
        try:
            daemon = BirdControl(control)
            with lab.feeder(updates) as feeder:
                before = cpu_seconds(process.pid), resident(process.pid)
                start = feeder.start()
                while daemon.number("show protocols all feeder",
                                    r"Routes:\s+(\d+) imported") < PREFIXES:
                    if time.monotonic() > start + 120:
                        raise contenders.Failed("bird did not take the table")
                    time.sleep(0.005)
                wall = time.monotonic() - start
                after = cpu_seconds(process.pid), resident(process.pid)
                if daemon.number("show route count", r"(\d+) of") != PREFIXES:
                    raise contenders.Failed("bird has another number of routes")
            return {"wall_s": wall, "cpu_s": after[0] - before[0],
                    "rib_bytes_route": (after[1] - before[1]) / PREFIXES}
        finally:
            end(process)


def cpu_seconds(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * 1e-9


def resident(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
