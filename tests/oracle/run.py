"""The output directory of a run, opened for judging: summary.json, counters.json, one pcapng a port
and a link. Every oracle gets its packets through here, and reports through `verdict`."""

import json
import os
import sys

import frames
import pcapng

DIRECTION_FLAG = {"to_azure": "out", "to_onprem": "in"}  # as the customer's side sees a link
CIRCUIT_ENDS = ("primary", "secondary")
SHOWN = 10


def is_circuit(link):
    """er-x/primary is a link of a circuit, msee-a/ergw-hub one of the backbone behind it."""
    return link.split("/")[-1] in CIRCUIT_ENDS


class Run:
    def __init__(self, directory):
        self.directory = directory
        self.summary = self._json("summary.json")
        self._captures = {}

    def _json(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8") as file:
            return json.load(file)

    def counters(self):
        return self._json("counters.json")

    def _files(self, kind):
        folder = os.path.join(self.directory, kind)
        if not os.path.isdir(folder):
            return {}
        names = sorted(n for n in os.listdir(folder) if n.endswith(".pcapng"))
        return {n[: -len(".pcapng")]: os.path.join(folder, n) for n in names}

    def _read(self, path):
        if path not in self._captures:
            self._captures[path] = pcapng.read(path)
        return self._captures[path]

    def ports(self):
        """{port: capture}"""
        return {name: self._read(path) for name, path in self._files("ports").items()}

    def links(self):
        """{"circuit/link": capture}, by the interface name inside the file. Its packets are the
        departures; with `ends: both` the arrivals stand in `capture.arrivals`."""
        table = {}
        for stem, path in self._files("links").items():
            capture = self._read(path)
            names = [i.name for i in capture.interfaces]
            fits = names[0].replace("/", ".") == stem
            if not fits or names[1:] not in ([], [names[0] + " arrivals"]):
                raise ValueError(f"{path}: interfaces {names} do not fit the file name")
            if not hasattr(capture, "arrivals"):
                capture.records = capture.packets
                capture.arrivals = [p for p in capture.records if p.iface == 1]
                capture.packets = [p for p in capture.records if p.iface == 0]
            table[names[0]] = capture
        return table

    def received(self, port):
        return [p for p in self.ports()[port].packets if p.direction == "in"]

    def sent(self, port):
        return [p for p in self.ports()[port].packets if p.direction == "out"]

    def on_link(self, link, direction):
        flag = DIRECTION_FLAG[direction]
        return [p for p in self.links()[link].packets if p.direction == flag]

    def replay_start_ns(self):
        """Scenario time at which the captures begin; the timeline counts from there."""
        return next(e["at_ns"] for e in self.summary["events"] if e["what"] == "replay_start")

    def start_ns(self):
        """Epoch time at which replay begins: that of the first packet that came in."""
        return min(p.ts_ns for c in self.ports().values() for p in c.packets if p.direction == "in")

    def offered(self, port, prefixes=()):
        """[(packet, frame)] that came in by a port and that its router forwards, in order."""
        both = ((p, frames.of(p)) for p in self.received(port))
        return [(p, f) for p, f in both if frames.routable(f, prefixes)]


def verdict(name, findings, summary):
    """Prints the first findings or the summary; the process's exit code."""
    for line in findings[:SHOWN]:
        print(f"{name}: {line}", file=sys.stderr)
    if len(findings) > SHOWN:
        print(f"{name}: and {len(findings) - SHOWN} more", file=sys.stderr)
    print(f"{name}: {'FAILED, ' if findings else 'ok, '}{summary}")
    return 1 if findings else 0
