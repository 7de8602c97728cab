#!/usr/bin/env python3
"""One path, two clocks: live_test.py ERBIUM. Needs root, for namespaces and raw sockets.

The frames that entered a replay's ports enter the same scenario live, and every one meets the same
end. Real hosts talk across the circuit through af_packet and tap ports. A link fails meanwhile. And
what the machine does not have is refused in one line.
"""

import collections
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time

from harness import CONFIGS, Scratch, Tap, environment, program, run  # finds the oracles, too

import conservation
import pcapng
from run import Run

VIRTUAL = ("primary-secondary", "dual-stack", "direct-qinq")
VETH = os.path.join(CONFIGS, "live-veth.yaml")
LEAST_RTT_MS = 2 * (0.2 + 0.5)  # the shorter link of live-veth.yaml and the backbone, both ways
HOPS = 3  # customer edge, MSEE, gateway
BRANCH, VM = "192.168.7.5", "10.0.1.4"
tags = 0  # so that no test meets the interfaces of the one before


# ---- scenario files ----

def without(text, section):
    return re.sub(rf"(?ms)^{section}:.*?(?=^\S|\Z)", "", text)


def with_devices(path, devices, extra=""):
    """The scenario's text with a device for every port, and without its own captures."""
    with open(path, encoding="utf-8") as file:
        text = without(without(file.read(), "replay"), "ports")
    ports = "".join(f'  {name}: {{ neighbors: {how}' + (f', dev: "{dev}"' if dev else "") + " }\n"
                    for name, (dev, how) in devices.items())
    return f"{text}\nports:\n{ports}{extra}"


def write_pcap(path, packets):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for p in packets:
            file.write(struct.pack("<IIII", p.ts_ns // 10**9, p.ts_ns % 10**9, p.caplen, p.wirelen))
            file.write(p.data)


# ---- the same verdicts ----

def sent_frames(path):
    return collections.Counter(p.data for p in pcapng.read(path).packets)


def compare(tap, scratch, name):
    out, live_out = scratch.new_run(), scratch.new_run()
    path = os.path.join(CONFIGS, name + ".yaml")
    done = run([program(), "run", path, "--out", out])
    if not tap.ok(done.returncode == 0, f"{name}: virtual time runs", done.stderr):
        return
    virtual = Run(out)
    devices = {}
    for number, port in enumerate(virtual.summary["ports"]):
        into = scratch.file(f"{name}-{port}-in.pcap")
        outof = scratch.file(f"{name}-{port}-out.pcap")
        write_pcap(into, virtual.received(port))
        devices[port] = (f"net_pcap{number},rx_pcap={into},tx_pcap={outof}", "emulated")
    scenario = scratch.file(name + "-live.yaml", with_devices(path, devices))
    done = run([program(), "run", "--live", scenario, "--duration", "2s", "--out", live_out])
    if not tap.ok(done.returncode == 0, f"{name}: live runs", done.stderr):
        return
    live = Run(live_out)
    tap.same(live.summary["ports"], virtual.summary["ports"], f"{name}: same packets at the ports")
    for what in ("drops", "consumed", "originated"):
        tap.same(live.summary[what], virtual.summary[what], f"{name}: same {what} by reason")
    for port in virtual.summary["ports"]:
        wanted = collections.Counter(p.data for p in virtual.sent(port))
        found = sent_frames(scratch.file(f"{name}-{port}-out.pcap"))
        tap.ok(found == wanted, f"{name}: every frame leaves {port} with the same bytes",
               f"{sum((wanted - found).values())} missing, {sum((found - wanted).values())} others")
    findings = conservation.judge(live)
    tap.ok(not findings, f"{name}: live accounts for every packet", *findings)


# ---- real hosts ----

class Host:
    """A namespace with one interface, eth0."""

    def __init__(self, name, address, router):
        self.name, self.address, self.router = name, address, router
        ip("netns", "add", name)

    def configure(self):
        for words in (("addr", "add", self.address, "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("route", "add", "default", "via", self.router)):
            subprocess.run(self.command("ip", *words), check=True)
        # The kernel would leave checksums and segments to a NIC that is not there.
        subprocess.run(self.command("ethtool", "-K", "eth0", "tx", "off", "tso", "off"),
                       capture_output=True, check=False)

    def command(self, *words):
        # `ip netns exec` and `ip -n` want / to be a mount point, which it is not in every chroot.
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def run(self, *words, timeout=30):
        return subprocess.run(self.command(*words), capture_output=True, text=True,
                              timeout=timeout, check=False)

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Live:
    """erbium run --live in the background; ended as a user would, with Ctrl-C."""

    def __init__(self, scenario, out, ready):
        self.process = subprocess.Popen([program(), "run", "--live", scenario, "--out", out],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment())
        limit = time.monotonic() + 20
        while not ready():
            if self.process.poll() is not None or time.monotonic() > limit:
                self.process.kill()
                raise RuntimeError(f"live run does not start: {self.process.communicate()[1]}")
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            text, errors = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            text, errors = self.process.communicate()
        return self.process.returncode, text + errors


def ping(tap, host, to, count, name, least_ms=LEAST_RTT_MS):
    done = host.run("ping", "-n", "-c", str(count), "-i", "0.02", "-W", "2", to)
    replies = re.findall(r"icmp_seq=(\d+) ttl=(\d+) time=([\d.]+) ms", done.stdout)
    tap.same(len(replies), count, f"{name}: no ping is lost")
    tap.same({int(ttl) for _, ttl, _ in replies}, {64 - HOPS}, f"{name}: TTL falls by the hops")
    shortest = min((float(rtt) for _, _, rtt in replies), default=0)
    tap.ok(shortest >= least_ms, f"{name}: no reply is faster than the links", f"{shortest} ms")


def iperf(tap, client, server, to, name):
    for protocol, words in (("TCP", ()), ("UDP", ("-u", "-b", "5M", "-l", "1200"))):
        listener = server.start("iperf3", "-s", "-1")
        time.sleep(0.5)
        try:
            done = client.run("iperf3", "-J", "-t", "2", "-c", to, *words)
        finally:
            try:
                listener.wait(timeout=5)
            except subprocess.TimeoutExpired:
                listener.kill()
        try:
            end = json.loads(done.stdout)["end"]
        except (ValueError, KeyError):
            tap.ok(False, f"{name}: iperf3 over {protocol} runs through", done.stdout[-300:])
            continue
        if protocol == "TCP":
            size = end["sum_received"]["bytes"]
            tap.ok(size > 1_000_000, f"{name}: iperf3 over TCP runs through", f"{size} bytes")
        else:
            sent, lost = end["sum"]["packets"], end["sum"]["lost_percent"]
            tap.ok(sent > 500 and lost < 5, f"{name}: iperf3 over UDP runs through",
                   f"{sent} packets, {lost} % lost")


def judge(tap, live, out, name):
    code, text = live.stop()
    if not tap.ok(code == 0, f"{name}: Ctrl-C ends the run with its results", code, text):
        return None
    result = Run(out)
    findings = conservation.judge(result)
    tap.ok(not findings, f"{name}: accounts for every packet", *findings)
    return result


def has_address(name):
    """Whether the run has created its tap interface."""
    return os.path.exists(f"/sys/class/net/{name}")


def with_hosts(test):
    """Runs test(branch, vm, tag) with two namespaces, and removes them."""
    global tags
    tags += 1
    tag = f"er{os.getpid() % 100000}{tags}"
    hosts = []
    try:
        for side, address, router in (("b", BRANCH + "/16", "192.168.0.1"),
                                      ("v", VM + "/24", "10.0.1.1")):
            hosts.append(Host(f"{tag}{side}", address, router))
        test(*hosts, tag)
    finally:
        for host in hosts:
            host.remove()
        for name in (veth_name(tag, side) for side in "bv"):
            subprocess.run(["ip", "link", "del", name], capture_output=True, check=False)


def veth_name(tag, side):
    return f"{tag}{side}p"


def veth_hosts(hosts, tag):
    """Interfaces of this namespace whose other ends are the hosts' eth0."""
    names = [veth_name(tag, side) for side in "bv"]
    for host, name in zip(hosts, names):
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", host.name)
        ip("link", "set", name, "up")
        host.configure()
    return names


def af_packet(names):
    return {port: (f"net_af_packet{i},iface={name}", "resolve")
            for i, (port, name) in enumerate(zip(("branch", "cloud"), names))}


def journal_ready(out):
    return lambda: os.path.exists(os.path.join(out, "ports", "branch.pcapng.partial"))


def test_veth(tap, scratch):
    def test(branch, vm, tag):
        out = scratch.new_run()
        devices = af_packet(veth_hosts((branch, vm), tag))
        scenario = scratch.file("veth.yaml", with_devices(VETH, devices))
        live = Live(scenario, out, journal_ready(out))
        try:
            ping(tap, branch, VM, 25, "af_packet, to the cloud")
            ping(tap, vm, BRANCH, 25, "af_packet, to the branch")
            iperf(tap, branch, vm, VM, "af_packet")
        finally:
            result = judge(tap, live, out, "af_packet")
        if result:
            resolved = result.summary["consumed"].get("arp", 0)
            tap.ok(resolved > 0, "af_packet: hosts and routers resolve each other with real ARP")
    with_hosts(test)


def test_failover(tap, scratch):
    def test(branch, vm, tag):
        out = scratch.new_run()
        devices = af_packet(veth_hosts((branch, vm), tag))
        timeline = ("timeline:\n"
                    "  - { at: 2s, do: link_down, target: er-sjc/primary }\n"
                    "  - { at: 3s, do: link_up, target: er-sjc/primary }\n"
                    "  - { at: 4s, do: link_down, target: er-sjc/secondary }\n")
        scenario = scratch.file("failover.yaml", with_devices(VETH, devices, timeline))
        live = Live(scenario, out, journal_ready(out))
        try:
            done = branch.run("ping", "-n", "-c", "260", "-i", "0.02", "-W", "2", VM)
            replies = {int(n) for n in re.findall(r"icmp_seq=(\d+)", done.stdout)}
        finally:
            result = judge(tap, live, out, "failing links")
        # Routes follow one control latency after the failure, which a ping or two may meet.
        tap.ok(len(replies) >= 254, "failing links: pings go on over the other link", len(replies))
        if result:
            events = [e["what"] for e in result.summary["events"]]
            tap.same([e for e in events if e.startswith("link")],
                     ["link_down", "link_up", "link_down"], "failing links: as the timeline says")
            links = result.summary["links"]
            for link in ("er-sjc/primary", "er-sjc/secondary"):
                tap.ok(links[link]["to_azure"]["packets"] > 20, f"failing links: {link} took over",
                       links[link])
    with_hosts(test)


def test_tap(tap, scratch):
    def test(branch, vm, tag):
        out = scratch.new_run()
        names = [f"{tag}{side}t" for side in "bv"]
        devices = {port: (f"net_tap{i},iface={name}", "resolve")
                   for i, (port, name) in enumerate(zip(("branch", "cloud"), names))}
        scenario = scratch.file("tap.yaml", with_devices(VETH, devices))
        ready = journal_ready(out)
        live = Live(scenario, out, lambda: ready() and all(map(has_address, names)))
        try:
            for host, name in zip((branch, vm), names):
                ip("link", "set", name, "netns", host.name, "name", "eth0")
                host.configure()
            ping(tap, branch, VM, 25, "tap, to the cloud")
            iperf(tap, branch, vm, VM, "tap")
        finally:
            judge(tap, live, out, "tap")
    with_hosts(test)


# ---- devices without a network, and machines without the device ----

def test_null_and_ring(tap, scratch):
    out = scratch.new_run()
    devices = {"branch": ("net_null0,size=64", "emulated"), "cloud": ("net_ring0", "emulated")}
    scenario = scratch.file("null.yaml", with_devices(VETH, devices))
    done = run([program(), "run", "--live", scenario, "--duration", "300ms", "--no-captures",
                "--out", out])
    if tap.ok(done.returncode == 0, "net_null and net_ring: runs", done.stderr):
        result = Run(out)
        findings = conservation.judge(result, captures=False)
        tap.ok(not findings, "net_null and net_ring: accounts for every packet", *findings)
        received = result.summary["ports"]["branch"]["rx"]["packets"]
        tap.ok(received > 1000, "net_null and net_ring: polls without rest", received)


def test_refusals(tap, scratch):
    for name, devices, code in (
            ("an interface that is not there", af_packet(("er-none0", "er-none1")), 5),
            ("a driver that is not there", {"branch": ("net_nonsense0", "resolve"),
                                            "cloud": ("net_null0", "resolve")}, 5),
            ("no device at all", {"branch": ("", "resolve"), "cloud": ("", "resolve")}, 2)):
        scenario = scratch.file("refused.yaml", with_devices(VETH, devices))
        done = run([program(), "run", "--live", scenario, "--duration", "1s", "--no-captures",
                    "--out", scratch.new_run()])
        lines = done.stderr.strip().splitlines()
        tap.ok(done.returncode == code and len(lines) == 1 and lines[0].startswith("erbium: "),
               f"{name}: one line and exit {code}", done.returncode, done.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        for name in VIRTUAL:
            compare(tap, scratch, name)
        for test in (test_null_and_ring, test_refusals, test_veth, test_failover, test_tap):
            try:
                test(tap, scratch)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                tap.ok(False, f"{test.__name__} runs to its end", error)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
