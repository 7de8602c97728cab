#!/usr/bin/env python3
"""Control and dataplane in two processes: the same bytes as in one, each killed at random messages
with the FIB as if nothing had happened, and a socket fed with what it must refuse:
processes_test.py ERBIUM"""

import concurrent.futures
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from harness import CONFIGS, Scratch, Tap, environment, files_of, program, run

DONE, EXPECTATION, NOT_FOUND, INVALID, PEER, INTERRUPTED = 0, 1, 3, 4, 6, 130
VERSION = 3
KILLS = 20  # of each of the two
SEED = 3
PROGRESS, ENDED = b"\x2a", b"\x3a"  # how a FromDataplane.progress and .ended begin
LIMIT = 60  # seconds, for anything that hangs


def beside(name):
    return os.path.join(os.path.dirname(program()), name)


def start(name, *words):
    return subprocess.Popen([beside(name), *words], env=environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process):
    """(exit code, lines on stderr); None as the code of one that hangs"""
    try:
        _, text = process.communicate(timeout=LIMIT)
        return process.returncode, text.splitlines()
    except subprocess.TimeoutExpired:
        process.kill()
        return None, process.communicate()[1].splitlines()


def until(condition, seconds=LIMIT):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


# ---- one process and two give the same bytes ----

# Everything that is measured for a report travels: probes, flows of captures, latencies of links.
MEASURED = """
expect:
  - { probe: branch-to-app, event: silent_drop, outage: "<= 2s" }
  - { flows: branch, event: silent_drop, lost_packets: "> 0" }
  - { circuit: er-sjc, link: primary, latency_max: ">= 1.2ms" }
  - { circuit: er-sjc, link: secondary, dir: to_azure, latency_p50: "<= 1.4ms" }
  - { drops: silent_drop, count: "> 0" }
time: { duration: 8s }
"""


def measured(scratch):
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        text = file.read().partition("timeline:")[0]
    capture = os.path.join(CONFIGS, "..", "pcaps", "branch-to-hub.pcap")
    return scratch.file("measured.yaml", text +
                        f"replay: [{{ name: branch, file: {capture}, port: branch }}]\n"
                        "timeline:\n"
                        "  - { at: 500ms, do: silent_drop, target: er-sjc/primary, for: 3s }" +
                        MEASURED)


def same_bytes(tap, scratch):
    paths = [os.path.join(CONFIGS, name + ".yaml")
             for name in ("failover-bfd", "maintenance", "primary-secondary", "failing-link",
                           "jittery-link", "bandwidth-trace")]
    for path in [*paths, measured(scratch)]:
        name = os.path.basename(path)[:-len(".yaml")]
        for burst in ("1", "32"):
            one, two = scratch.new_run(), scratch.new_run()
            alone = run([program(), "run", path, "--out", one, "--burst", burst])
            both = run([program(), "run", path, "--out", two, "--burst", burst, "--processes"])
            files = files_of(one)
            differ = [f for f in {**files, **files_of(two)} if files.get(f) != files_of(two).get(f)]
            tap.ok(alone.returncode == both.returncode == DONE and files and not differ,
                   f"{name}, burst {burst}: two processes write the bytes of one", *differ,
                   alone.stderr, both.stderr)
            tap.same(both.stdout.replace(two, one), alone.stdout,
                     f"{name}, burst {burst}: and print the same")


def bad_reason(tap, scratch):
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("expect:", 'expect:\n  - { drops: link_dwn, count: "== 0" }')
    path = scratch.file("reason.yaml", text)
    alone = run([program(), "run", path, "--out", scratch.new_run()])
    both = run([program(), "run", path, "--out", scratch.new_run(), "--processes"])
    tap.ok(alone.returncode == both.returncode == INVALID and
           all("no reason of drops 'link_dwn'" in done.stderr for done in (alone, both)),
           "a reason of drops that the dataplane does not have: exit 4 in one process and in two",
           alone.returncode, alone.stderr, both.returncode, both.stderr)


def exit_codes(tap, scratch):
    done = run([program(), "run", "nowhere.yaml", "--processes"])
    tap.ok(done.returncode == NOT_FOUND and "nowhere.yaml" in done.stderr,
           "a scenario that is not there: exit 3", done.returncode, done.stderr)
    with open(os.path.join(CONFIGS, "link-down.yaml"), encoding="utf-8") as file:
        text = file.read()
    hard = scratch.file("hard.yaml", text.replace('"<= 15ms"', '"<= 1us"'))
    done = run([program(), "run", hard, "--out", scratch.new_run(), "--processes"])
    tap.ok(done.returncode == EXPECTATION, "a missed expectation: exit 1", done.returncode,
           done.stderr)


# ---- one of them dies under `erbium run --processes` ----

LONG = """erbium: 1
name: long
ports: { branch: {}, cloud: {} }
circuits:
  er-sjc:
    model: provider
    sku: { tier: standard, family: metered }
    bandwidth: 1Gbps
    peering_location: "Silicon Valley"
    links:
      primary:   { msee: msee-a, rate: 10Gbps, delay: 1.2ms }
      secondary: { msee: msee-b, rate: 10Gbps, delay: 1.3ms }
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: { primary: 192.0.2.0/30, secondary: 192.0.2.4/30 }
        bfd: { tx: 300ms, rx: 300ms, multiplier: 3 }
gateways:
  ergw-hub: { sku: ErGw1AZ, vnet: hub, circuits: [{ id: er-sjc }] }
vnets:
  hub:
    prefixes: [10.0.0.0/16]
    subnets:
      GatewaySubnet: { prefix: 10.0.255.0/27 }
      app: { prefix: 10.0.1.0/24 }
    port: cloud
onprem:
  ce:
    asn: 65001
    port: branch
    announce:
      - { prefix: 192.168.0.0/16 }
      - { prefix: 172.16.0.0/16, links: [er-sjc/primary] }
      - { prefix: 172.17.0.0/16 }
    local_preference: { er-sjc/primary: 200 }
control: { routes: bgp }
probes:
  - { name: probe, from: 192.168.1.10, to: 10.0.1.4, pps: %d, both_ways: true }
timeline:
  - { at: 2s, do: withdraw, target: ce, prefix: 172.17.0.0/16 }
  - { at: 4s, do: link_down, target: er-sjc/primary, for: 3s }
  - { at: 8s, do: bgp_down, target: er-sjc/secondary/private }
time: { duration: %s }
outputs: { dir: out/long, pcapng: { ports: [branch], links: [] } }
"""


def children(pid):
    table = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                name, rest = file.read().rsplit(")", 1)
            if int(rest.split()[1]) == pid:
                with open(f"/proc/{entry}/cmdline", encoding="utf-8") as file:
                    table[os.path.basename(file.read().split("\0")[0])] = int(entry)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return table


def deaths(tap, scratch):
    scenario = scratch.file("long.yaml", LONG % (1000, "3600s"))
    for victim, other in (("erbium-dataplane", "erbium-control"),
                          ("erbium-control", "erbium-dataplane")):
        out = scratch.new_run()
        both = start("erbium", "run", scenario, "--out", out, "--processes")
        capture = os.path.join(out, "ports", "branch.pcapng.partial")
        running = until(lambda: os.path.exists(capture) and os.path.getsize(capture) > 100_000)
        pids = children(both.pid)
        if running and victim in pids:
            os.kill(pids[victim], signal.SIGKILL)
        code, lines = finish(both)
        tap.ok(running and code == PEER, f"{victim} is killed: exit 6", code, *lines)
        text = "\n".join(lines)
        tap.ok(f"erbium: {victim} was ended by signal 9 (Killed)" in lines and
               f"{other}: " in text and " s of scenario time" in text and len(lines) == 2,
               f"{victim} is killed: two lines say which, how and when", *lines)
        left = [f for f in files_of(out) if not f.endswith(".partial")]
        tap.ok(not left and not children(both.pid),
               f"{victim} is killed: only partial files, and nobody left", *left)
    out = scratch.new_run()
    both = start("erbium", "run", scenario, "--out", out, "--processes")
    capture = os.path.join(out, "ports", "branch.pcapng.partial")
    until(lambda: os.path.exists(capture) and os.path.getsize(capture) > 100_000)
    both.send_signal(signal.SIGINT)
    code, lines = finish(both)
    files = files_of(out)
    tap.ok(code == INTERRUPTED and "summary.json.partial" in files and "summary.json" not in files,
           "interrupted: exit 130 and partial outputs", code, *lines, *files)


# ---- each is killed at a message, and another takes its place ----

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def reached_ns(frame):
    """The scenario time of a Reached of the dataplane (FromDataplane.reached.now_ns), else None."""
    if not frame or frame[0] != 0x22:
        return None
    _, at = varint(frame, 1)
    return varint(frame, at + 1)[0] if frame[at:at + 1] == b"\x08" else 0


def starts_replay(frame):
    """Whether it is the Reached that says when the replay's first packet enters."""
    if not reached_ns(frame):
        return False
    _, at = varint(frame, 1)
    return frame[varint(frame, at + 1)[1]:] == b"\x20\x01"


class Proxy:
    """Stands between control and dataplane, counts what they say and calls `at_frame(n, message)`
    before it passes on message n."""

    def __init__(self, outer, inner, at_frame):
        self.inner, self.at_frame = inner, at_frame
        self.count, self.times = 0, []
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(outer)
        self.listener.listen(8)
        self.closing = False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.closing:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            reached = until(lambda: not far.connect_ex(self.inner), 20)
            if not reached:
                near.close()
                continue
            pumps = [threading.Thread(target=self.pump, args=pair, daemon=True)
                     for pair in ((near, far), (far, near))]
            for thread in pumps:
                thread.start()
            for thread in pumps:
                thread.join()
            near.close()
            far.close()

    def pump(self, source, target):
        try:
            with source.makefile("rb") as stream:
                while True:
                    head = stream.read(4)
                    body = stream.read(struct.unpack(">I", head)[0])
                    with self.lock:
                        self.count += 1
                        self.at_frame(self.count, body)
                        now = reached_ns(body)
                        self.times.append(now if now is not None else
                                          self.times[-1] if self.times else 0)
                    target.sendall(head + body)
        except (OSError, struct.error, ValueError):
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.closing = True
        self.listener.close()


def attempt(directory, scenario, kill=None, interrupt=None):
    """Runs the scenario through a proxy; `kill` is (which, message). Another takes the place of
    what was killed. `interrupt` is (which, holds): that one is interrupted before the first message
    for which holds(number, message) is passed on. Returns (exit codes, FIB, proxy, lines)."""
    os.makedirs(directory)
    outer, inner, fib = (os.path.join(directory, f) for f in ("outer", "inner", "fib.json"))
    running, told = {}, []

    def launch(which):
        if which == "dataplane":
            running[which] = start("erbium-dataplane", "--socket", inner, "--fib-out", fib)
        else:
            running[which] = start("erbium-control", scenario, "--socket", outer, "--out",
                                   os.path.join(directory, "out"), "--no-captures")

    def at_frame(count, message):
        if kill and count == kill[1]:
            running[kill[0]].kill()
            running[kill[0]].wait()
            launch(kill[0])
        if interrupt and not told and interrupt[1](count, message):
            told.append(count)
            running[interrupt[0]].send_signal(signal.SIGINT)
            time.sleep(0.02)  # it has seen the signal when the message comes

    proxy = Proxy(outer, inner, at_frame)
    launch("dataplane")
    launch("control")
    codes, lines = {}, []
    for which in ("control", "dataplane"):
        # The one that was killed is waited for too: what counts is the one in its place.
        while True:
            process = running[which]
            code, text = finish(process)
            with proxy.lock:
                if process is running[which]:
                    break
        codes[which] = code
        lines += text
    proxy.close()
    table = None
    if os.path.exists(fib):
        with open(fib, encoding="utf-8") as file:
            table = json.load(file)
    return codes, table, proxy, lines


def kills(tap, scratch):
    scenario = scratch.file("kills.yaml", LONG % (10, "40s"))
    codes, wanted, proxy, lines = attempt(scratch.new_run(), scenario)
    learned = [r["prefix"] for vrf in wanted["vrfs"] if vrf["router"] == "ergw-hub"
               for r in vrf["routes"]] if wanted else []
    tap.ok(codes == {"control": DONE, "dataplane": DONE} and "172.16.0.0/16" in learned and
           "172.17.0.0/16" not in learned, "an undisturbed run through the proxy", codes, *lines,
           *learned)
    # Up to the tenth second of the timeline: what follows is time enough to find together again.
    last = sum(1 for ns in proxy.times if ns < 15e9)
    draw = random.Random(SEED)
    plan = [(which, draw.randint(1, last)) for which in ("control", "dataplane")
            for _ in range(KILLS)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(attempt, scratch.new_run(), scenario, kill) for kill in plan]
        for kill, job in zip(plan, jobs):
            codes, found, _, lines = job.result()
            good = found == wanted and set(codes.values()) <= {DONE, PEER}
            tap.ok(good, f"{kill[0]} is killed at message {kill[1]} of {last}: the same FIB",
                   codes, *lines, *differences(wanted, found))


def interrupts(tap, scratch):
    """Wherever one is interrupted, both come to an end that they agree on: at a Progress, which the
    dataplane does not wait upon, where the replay starts, and when the dataplane has ended."""
    scenario = scratch.file("interrupts.yaml", LONG % (1000, "40s"))
    draw = random.Random(SEED)
    plan = sorted(draw.randint(20, 3000) for _ in range(KILLS))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        where = {f"control is interrupted at message {n}":
                 ("control", lambda count, message, least=n: count >= least and
                  message[:1] == PROGRESS) for n in plan}
        where["control is interrupted at the start of the replay"] = \
            ("control", lambda _, message: starts_replay(message))
        where["control is interrupted at the end"] = \
            ("control", lambda _, message: message[:1] == ENDED)
        where["the dataplane is interrupted at the start of the replay"] = \
            ("dataplane", lambda _, message: starts_replay(message))
        where["the dataplane is interrupted in the middle"] = \
            ("dataplane", lambda count, _: count == 1000)
        jobs = {}
        for name, interrupt in where.items():
            directory = scratch.new_run()
            jobs[name] = directory, pool.submit(attempt, directory, scenario, interrupt=interrupt)
        for name, (directory, job) in jobs.items():
            codes, _, _, lines = job.result()
            whole = [f for f in files_of(os.path.join(directory, "out"))
                     if not f.endswith(".partial")]
            tap.ok(set(codes.values()) == {INTERRUPTED} and lines == [] and not whole, name, codes,
                   *lines, *whole)


def differences(wanted, found):
    def flat(table):
        return {(vrf["vrf"], route["prefix"]): route["next_hops"]
                for vrf in (table or {"vrfs": []})["vrfs"] for route in vrf["routes"]}
    a, b = flat(wanted), flat(found)
    return [f"{key}: {a.get(key)} -> {b.get(key)}" for key in sorted({**a, **b})
            if a.get(key) != b.get(key)]


# ---- without a proxy ----

def replaced_dataplane(tap, scratch):
    """The socket of a process that is being killed may still take a connection: control tries on
    until the other dataplane is there, and gives up after one deadline."""
    scenario = scratch.file("replaced.yaml", LONG % (1000, "3600s"))
    for turn in range(5):
        path, out = scratch.file(f"replaced{turn}"), scratch.new_run()
        other = start("erbium-dataplane", "--socket", path, "--wait", "20")
        control = start("erbium-control", scenario, "--socket", path, "--out", out, "--wait", "20")
        capture = os.path.join(out, "ports", "branch.pcapng.partial")
        until(lambda capture=capture: os.path.exists(capture) and
              os.path.getsize(capture) > 100_000)
        other.kill()
        finish(other)
        time.sleep(0.3)
        waits = control.poll() is None
        other = start("erbium-dataplane", "--socket", path, "--wait", "20")
        # It gives up by itself when nothing comes of it.
        told = []
        while not told or told[-1] and "goes on with another dataplane" not in told[-1]:
            told.append(control.stderr.readline())
        control.send_signal(signal.SIGINT)
        code, lines = finish(control)
        ends = finish(other)
        tap.ok(waits and told[-1] and code == INTERRUPTED,
               f"a killed dataplane is replaced, {turn}",
               waits, code, *told, *lines, *ends)
    path = scratch.file("alone")
    lonely = start("erbium-dataplane", "--socket", path)
    control = start("erbium-control", scenario, "--socket", path, "--out", scratch.new_run(),
                    "--wait", "2")
    time.sleep(2)
    lonely.kill()
    lonely.communicate()
    begun = time.monotonic()
    code, lines = finish(control)
    tap.ok(code == PEER and 1.5 < time.monotonic() - begun < 20 and
           "no other came within 2 s" in lines[-1],
           "where no other comes control waits as long as it was told", code, *lines,
           time.monotonic() - begun)


def takeover(tap, scratch):
    """A control that takes over makes the directory that its predecessor may not have come to make;
    with another one than the dataplane writes into it is refused."""
    scenario = scratch.file("takeover.yaml", LONG % (1000, "3600s"))
    for words in ((), ("--no-captures",)):
        path, out = scratch.file("takeover" + "".join(words)), scratch.new_run()
        journal = os.path.join(out, "journal.jsonl.partial")
        dataplane = start("erbium-dataplane", "--socket", path)
        first = start("erbium-control", scenario, "--socket", path, "--out", out, *words)
        until(lambda journal=journal: os.path.exists(journal) and os.path.getsize(journal) > 0)
        first.kill()
        first.communicate()
        if words:
            shutil.rmtree(out)  # as if it had been killed a moment earlier
        else:
            wrong = start("erbium-control", scenario, "--socket", path, "--out", scratch.new_run())
            refused(tap, "a successor names another directory", *finish(wrong),
                    f"with outputs in another directory: --out {os.path.abspath(out)}")
            os.remove(journal)
        second = start("erbium-control", scenario, "--socket", path, "--out", out, *words)
        until(lambda journal=journal: os.path.exists(journal) and os.path.getsize(journal) > 0)
        second.send_signal(signal.SIGINT)
        code, lines = finish(second)
        ends = finish(dataplane)
        tap.ok(code == INTERRUPTED and any("takes over" in line for line in lines) and
               os.path.exists(os.path.join(out, "summary.json.partial")),
               "a successor goes on", *words, code, *lines, *ends)


# ---- what the socket must refuse ----

def field(number, payload):
    return bytes([number << 3 | 2]) + encoded(len(payload)) + payload


def encoded(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def frame(message):
    return struct.pack(">I", len(message)) + message


def hello(version):
    return frame(field(1, b"\x08" + encoded(version)))


# Start.setup with memory and burst; an update with a commit of generation 5; a grant.
START = frame(field(2, field(1, b"\x20" + encoded(1 << 26) + b"\x28\x20\x30\x01")))
COMMIT = frame(field(3, field(2, b"\x08\x05")))
GRANT = frame(field(4, b"\x10\x01\x30\x01"))
HALF = hello(VERSION)[:-1]


def refused(tap, what, code, lines, text):
    tap.ok(code == PEER and len(lines) == 1 and text in lines[0], f"{what}: one line and exit 6",
           code, *lines)


def bad_control(tap, scratch):
    cases = [
        ("another version", hello(9), f"version 9 of the protocol, this program version {VERSION}"),
        ("no version", frame(field(1, b"")), "version 0 of the protocol"),
        ("oversize", struct.pack(">I", 0xFFFFFFFF), "a message of 4294967295 bytes"),
        ("just too long", struct.pack(">I", (64 << 20) + 1), "at most 67108864"),
        ("no bytes", struct.pack(">I", 0), "a message of no bytes"),
        ("half a message", HALF, "ended after 7 bytes of a message"),
        ("nothing", b"", "control is gone"),
        ("text", b"GET / HTTP/1.1\r\n\r\n", "a message of 1195725856 bytes"),
        ("garbage", frame(b"\xff" * 40), "40 bytes that are no message"),
        ("no HELLO", GRANT, "grant in place of HELLO"),
        ("a grant at once", hello(VERSION) + GRANT, "grant in place of a start"),
        ("an empty setup", hello(VERSION) + frame(field(2, field(1, b""))), "setup: no memory"),
        ("a grant before a generation", hello(VERSION) + START + GRANT, "before the first gen"),
        ("an unknown generation", hello(VERSION) + START + COMMIT, "another one was begun"),
        ("two starts", hello(VERSION) + START + START, "start out of order"),
        ("HELLO again", hello(VERSION) + START + hello(VERSION), "hello out of order"),
    ]
    for index, (what, data, text) in enumerate(cases):
        path = scratch.file(f"bad{index}")
        dataplane = start("erbium-dataplane", "--socket", path, "--wait", "0")
        with socket.socket(socket.AF_UNIX) as control:
            until(lambda: not control.connect_ex(path), 20)
            control.sendall(data)
            control.shutdown(socket.SHUT_WR)
            refused(tap, f"control sends {what}", *finish(dataplane), text)
    silent(tap, scratch)


def silent(tap, scratch):
    """Half a message and then nothing, and nothing at all: nobody waits for ever."""
    ends = []
    for index, data in enumerate((HALF, b"")):
        path = scratch.file(f"silent{index}")
        dataplane = start("erbium-dataplane", "--socket", path, "--wait", "0")
        control = socket.socket(socket.AF_UNIX)
        until(lambda path=path, control=control: not control.connect_ex(path), 20)
        control.sendall(data)
        ends.append((dataplane, control))
    for (dataplane, control), text in zip(ends, ("fell silent after 7 bytes", "did not say HELLO")):
        refused(tap, "control falls silent", *finish(dataplane), text)
        control.close()


def bad_dataplane(tap, scratch):
    ready = frame(field(2, b""))
    cases = [
        ("another version", hello(1), f"version 1 of the protocol, this program version {VERSION}"),
        ("oversize", struct.pack(">I", 0x7FFFFFFF), "a message of 2147483647 bytes"),
        ("half a message", HALF, "the dataplane ended after 7 bytes of a message"),
        ("garbage", frame(b"\x07" * 9), "9 bytes that are no message"),
        ("no HELLO", ready, "ready in place of HELLO"),
        ("a run of another scenario",
         frame(field(1, b"\x08" + encoded(VERSION) + field(2, field(1, b"\x10\x05")))),
         "in the middle of another run"),
        ("reached in place of ready", hello(VERSION) + frame(field(4, b"")), "in place of ready"),
        ("a generation it was not sent", hello(VERSION) + ready + frame(field(3, b"\x08\x09")),
         "generation 9 is applied"),
        ("an end that does not fit",
         hello(VERSION) + ready + frame(field(7, b"")), "do not fit together"),
    ]
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        # A gateway of a size asks for a stage, which these dataplanes do not say they have.
        scenario = scratch.file("any-gateway.yaml", file.read().replace("sku: ErGw1AZ, ", ""))
    for index, (what, data, text) in enumerate(cases):
        path = scratch.file(f"worse{index}")
        with socket.socket(socket.AF_UNIX) as dataplane:
            dataplane.bind(path)
            dataplane.listen(1)
            control = start("erbium-control", scenario, "--socket", path, "--wait", "0", "--out",
                            scratch.new_run())
            end = dataplane.accept()[0]
            end.sendall(data)
            end.shutdown(socket.SHUT_WR)
            refused(tap, f"the dataplane sends {what}", *finish(control), text)
            end.close()


def main():
    tap = Tap()
    with Scratch() as scratch:
        same_bytes(tap, scratch)
        exit_codes(tap, scratch)
        bad_reason(tap, scratch)
        deaths(tap, scratch)
        bad_control(tap, scratch)
        bad_dataplane(tap, scratch)
        replaced_dataplane(tap, scratch)
        takeover(tap, scratch)
        kills(tap, scratch)
        interrupts(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
