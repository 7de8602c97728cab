#!/usr/bin/env python3
"""What is wrong from outside gives one clear line on stderr and the documented exit code, and never
a partial file that looks whole: bad_input_test.py ERBIUM

Damaged captures and scenarios, outputs that cannot be written, a full disk, too little memory, an
interrupt. The tests with mounts and other users need root.
"""

import glob
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time

from harness import CONFIGS, Scratch, Tap, environment, files_of, program, run

import make_load
import pcapng

INVALID, MACHINE, NOT_FOUND, INTERRUPTED = 4, 5, 3, 130
SCENARIO = os.path.join(CONFIGS, "primary-secondary.yaml")
LANS = ("192.168.1.0/24", "10.0.1.0/24")
LITTLE_NS = 0xA1B23C4D
FRAME = bytes.fromhex("020000010001020000010010") + b"\x08\x00" + bytes(46)


def header(magic=LITTLE_NS, linktype=1, snaplen=262144, order="<"):
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)


def record(ns, data, captured=None, length=None):
    size = len(data) if captured is None else captured
    return struct.pack("<IIII", ns // 10**9, ns % 10**9, size,
                       size if length is None else length) + data


def ipv4(number=0):
    networks = [make_load.ipaddress.ip_network(p) for p in LANS]
    source, destination, ports = make_load.flow_addresses(0, *networks)
    return make_load.Template(source, destination, ports, 200, ()).frame(number)


def leftovers(directory):
    """Files that look whole."""
    found = glob.glob(os.path.join(directory, "**"), recursive=True)
    return [f for f in found if os.path.isfile(f) and not f.endswith(".partial")]


def one_line(text):
    """The text is one line that names what complains, without a trace or a second sentence."""
    return text.count("\n") == 1 and text.startswith("erbium: ") and len(text) < 400


def refused(tap, done, code, name, says, out=None):
    files = leftovers(out) if out else []
    good = done.returncode == code and one_line(done.stderr) and re.search(says, done.stderr)
    tap.ok(good and not files, f"{name}: exit {code}, one line",
           f"exit {done.returncode}, expected {code}", f"said {done.stderr!r}, expected {says!r}",
           f"left {files}")


def replay(capture, out, *more, config=SCENARIO):
    return run([program(), "replay", capture, "--config", config, "--port", "branch", "--out", out,
                *more])


def damaged_captures(tap, scratch):
    good = record(0, ipv4())
    pcapng_head = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    cases = {
        "an empty file": (b"", "empty|short|bytes"),
        "a packet above 256 KiB": (header() + record(0, bytes((1 << 18) + 1)), "length|limit"),
        "two bytes": (b"\xa1\xb2", "short|bytes|neither"),
        "a wrong magic": (b"\x7fELF" + bytes(100), "magic|neither|not a"),
        "half a file header": (header()[:12], "cut|short|bytes"),
        "another link type": (header(linktype=9) + good, "link type PPP .* cannot be replayed"),
        "a cut packet header": (header() + good + good[:7], "cut|ends|inside"),
        "a cut packet": (header() + good + good[:-5], "cut|ends|inside"),
        "a captured length of 4 GB": (header() + record(0, FRAME, 0xFFFFFFF0), "length|bytes"),
        "more captured than there was":
            (header() + record(0, FRAME, None, 10), "length|captured|bytes"),
        "a pcapng block of 3 bytes": (pcapng_head + struct.pack("<II", 6, 3), "length|block|bytes"),
        "a pcapng cut in a block": (pcapng_head + interface[:-6], "cut|ends|inside|bytes"),
        "a pcapng packet of no interface":
            (pcapng_head + struct.pack("<IIIIIIII", 6, 32, 5, 0, 0, 0, 0, 32), "interface"),
    }
    for name, (data, says) in cases.items():
        path, out = scratch.file("damaged.pcap", data), scratch.new_run()
        done = replay(path, out)
        refused(tap, done, INVALID, name, "damaged.pcap.*(" + says + ")", out)
    done = replay(scratch.file("nowhere.pcap"), scratch.new_run())
    refused(tap, done, NOT_FOUND, "no such capture", "nowhere.pcap")
    done = replay(scratch.path, scratch.new_run())
    tap.ok(done.returncode in (INVALID, MACHINE) and one_line(done.stderr),
           "a directory as capture", done.stderr)


def odd_captures(tap, scratch):
    """Captures that are strange and yet run."""
    def summary(out):
        with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
            return json.load(file)

    noise = [bytes((n * 37 + i * 11) & 0xFF for i in range(n)) for n in range(300)]
    cases = {  # name: records, packets counted, drops by reason
        "a header and no packet": ([], {"rx": 0, "dropped": 0, "tx": 0}, {}),
        "time that runs backwards": ([record(t, ipv4(t)) for t in (5000, 100, 6000)],
                                     {"rx": 3, "tx": 3, "dropped": 0}, {}),
        "packets of no bytes": ([record(0, b""), record(1, ipv4()), record(2, b"\x02" * 13)],
                                {"rx": 3, "tx": 1, "dropped": 2}, None),
        "a packet of 256 KiB": ([record(0, ipv4().ljust(1 << 18, b"x")), record(1, ipv4())],
                                {"rx": 2, "tx": 1, "dropped": 1}, {"oversize": 1}),
        "packets cut by a snap length": ([record(0, ipv4()[:60], None, 200)],
                                         {"rx": 1, "tx": 1, "dropped": 0}, {}),
        "an IP length that lies": ([record(0, ipv4()[:100])], {"rx": 1, "tx": 0, "dropped": 1},
                                   {"ip4_bad_length": 1}),
        "noise": ([record(n, data) for n, data in enumerate(noise)], {"rx": 300}, None),
    }
    for name, (records, packets, drops) in cases.items():
        path = scratch.file("odd.pcap", header() + b"".join(records))
        out = scratch.new_run()
        done = replay(path, out)
        good = done.returncode == 0 and ("hold no packets" in done.stderr) == (not records)
        if good:
            found = summary(out)
            good = all(found["packets"][k] == n for k, n in packets.items())
            good = good and drops in (None, found["drops"]) and not glob.glob(out + "/**/*.partial")
        tap.ok(good, f"{name} runs", f"exit {done.returncode}", done.stderr, done.stdout)
    backwards = header() + b"".join(cases["time that runs backwards"][0])
    done = replay(scratch.file("odd.pcap", backwards), scratch.new_run())
    tap.ok(done.stderr == "erbium: 1 timestamps ran backwards and were set to the one before\n",
           "backwards time is reported", done.stderr)


def bad_scenarios(tap, scratch):
    with open(SCENARIO, encoding="utf-8") as file:
        text = file.read()
    cases = {
        "not YAML": ("ports: [", r":\d+:\d+: "),
        "an unknown key": (text.replace("bandwidth:", "bandwith:"), r":\d+:\d+: .*bandwidth"),
        "a missing unit": (text.replace("1Gbps", "1000"), r":\d+:\d+: .*unit"),
        "a dangling port": (text.replace("port: cloud }", "port: clout }"), r":\d+:\d+: .*cloud"),
    }
    for name, (data, says) in cases.items():
        path, out = scratch.file("bad.yaml", data), scratch.new_run()
        for verb in ("run", "check"):
            words = [program(), verb, path] + (["--out", out] if verb == "run" else [])
            done = run(words)
            tap.ok(done.returncode == INVALID and re.search("bad.yaml" + says, done.stderr)
                   and not os.path.exists(out), f"{verb}: {name}", done.returncode, done.stderr)
    done = run([program(), "run", scratch.file("nowhere.yaml")])
    refused(tap, done, NOT_FOUND, "no such scenario", "nowhere.yaml")


def bad_traces(tap, scratch):
    """The line of the trace, or of the scenario where there is none."""
    with open(os.path.join(CONFIGS, "bandwidth-trace.yaml"), encoding="utf-8") as file:
        path = scratch.file("traced.yaml", file.read().replace("traces/radio.trace", "my.trace"))
    done = run([program(), "check", path])
    says = r"traced.yaml:\d+:\d+: .*my.trace: no such file"
    tap.ok(done.returncode == INVALID and re.search(says, done.stderr), "no such trace",
           done.stderr)
    for name, text, says in (("an empty trace", "", "1:1: no opportunity"),
                             ("a trace that runs backwards", "1\n5\n4\n9\n", "3:1: 4 ms is before"),
                             ("a trace with a word", "1\n2\nthree\n", "3:1: 'three' is no milli"),
                             ("a trace without an end", "0\n0\n", "2:1: the trace ends where")):
        scratch.file("my.trace", text)
        for verb in ("check", "run"):
            refused(tap, run([program(), verb, path]), INVALID, f"{verb}: {name}",
                    "my.trace:" + says)


def blocked_outputs(tap, scratch):
    blocker = scratch.file("blocker", "in the way")
    done = run([program(), "run", SCENARIO, "--out", os.path.join(blocker, "deep")])
    refused(tap, done, MACHINE, "a file in the way of the output directory", "blocker")
    for name in ("ports", "links"):
        out = scratch.new_run()
        os.makedirs(out)
        with open(os.path.join(out, name), "w", encoding="utf-8"):
            pass
        done = run([program(), "run", SCENARIO, "--out", out])
        refused(tap, done, MACHINE, f"a file in the way of {name}/", name)
    out = scratch.new_run()
    os.makedirs(os.path.join(out, "journal.jsonl.partial", "x"))
    done = run([program(), "run", SCENARIO, "--out", out])
    refused(tap, done, MACHINE, "a directory in the way of the journal", "journal")
    out = scratch.new_run()
    os.makedirs(os.path.join(out, "ports", "cloud.pcapng", "x"))
    done = run([program(), "run", SCENARIO, "--out", out])
    tap.ok(done.returncode == MACHINE and one_line(done.stderr),
           "a directory in the way of a capture", done.returncode, done.stderr)


def old_files(tap, scratch):
    """What an earlier run left does not survive into a run that fails."""
    out = scratch.new_run()
    run([program(), "run", SCENARIO, "--out", out])
    before = len(leftovers(out))
    cut = scratch.file("late.pcap", header() + record(0, ipv4()) + record(1, ipv4())[:-9])
    done = replay(cut, out)
    refused(tap, done, INVALID, "a damaged capture over an older run", "late.pcap", out)
    tap.ok(before >= 9, "the older run was whole")


def full_disk(tap, scratch):
    """Each size, in pages, ends the run at another place: in a capture, in a buffer, at the end.
    What has its final name then has the bytes of a whole run."""
    whole = scratch.new_run()
    run([program(), "run", SCENARIO, "--out", whole])
    digests = set(files_of(whole).values())
    need = sum(-(-os.path.getsize(f) // 4096) for f in leftovers(whole))
    script = ('mount -t tmpfs -o size=$4k none "$1" && "$2" run "$3" --out "$1/run"; code=$?; '
              'find "$1" -type f ! -name "*.partial" -exec sha256sum {} + >"$5"; umount "$1"; '
              'exit $code')
    mount, listing = os.path.join(scratch.path, "mount"), scratch.file("listing")
    os.makedirs(mount)
    for pages in (4, 16, 80, need // 2, need - 2):
        done = run(["bash", "-c", script, "bash", mount, program(), SCENARIO, pages * 4, listing])
        with open(listing, encoding="utf-8") as file:
            partial = [line for line in file if line.split()[0] not in digests]
        good = done.returncode == MACHINE and one_line(done.stderr) and "space" in done.stderr
        tap.ok(good and not partial, f"a full disk of {pages * 4} KiB: exit {MACHINE}, one line, "
               "nothing partial looks whole", done.returncode, done.stderr, *partial)


def too_little_memory(tap, scratch):
    load, networks = scratch.file("load.pcap"), [make_load.ipaddress.ip_network(p) for p in LANS]
    make_load.write(load, 10**18, make_load.load(9 * 10**9, 15_000_000, [1400], 64, *networks))
    with open(SCENARIO, encoding="utf-8") as file:
        text = file.read().replace("1.2ms", "20ms").replace("1.3ms", "20ms")
    text = text.replace("    bandwidth: 1Gbps", "    bandwidth: 1Gbps\n    rate_limit: false")
    config = scratch.file("slow.yaml", text)
    for little in ("2MiB", "8MiB"):
        out = scratch.new_run()
        done = replay(load, out, "--memory", little, config=config)
        refused(tap, done, MACHINE, f"{little} of memory",
                rf"\({little[0]} MiB\).*--memory \d+MiB", out)
        figure = re.findall(r"--memory (\d+MiB)", done.stderr) or ["1MiB"]
        done = replay(load, out, "--memory", figure[-1], config=config)
        tap.ok(done.returncode == 0, f"the {figure[-1]} that it names is enough", done.stderr)


def interrupted(tap, scratch):
    """SIGINT while the capture, a pipe, has more to give."""
    pipe, out = scratch.file("endless.pcap"), scratch.new_run()
    os.mkfifo(pipe)
    words = [program(), "replay", pipe, "--config", SCENARIO, "--port", "branch", "--out", out]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=environment())
    with open(pipe, "wb", buffering=0) as writer:
        writer.write(header())
        feed_until(writer, child, out)
    said, complained = child.communicate(timeout=60)
    partial = glob.glob(out + "/*/*.pcapng.partial")
    tap.same(child.returncode, INTERRUPTED, "SIGINT: exit 130")
    tap.ok("PARTIAL" in said and complained == "", "the table says that it is partial", said,
           complained)
    tap.ok(not leftovers(out) and len(partial) >= 4, "no file looks whole", leftovers(out), partial)
    captures = [pcapng.read(path) for path in partial]
    tap.ok(all(not c.complete for c in captures) and any(c.packets for c in captures),
           "what is there is valid and says that it is partial")
    read = [run(["tshark", "-r", path, "-c", 5]) for path in partial]
    tap.ok(all(r.returncode == 0 for r in read), "tshark reads it", *[r.stderr for r in read])


def feed_until(writer, child, out):
    """Writes packets, a second of them, then interrupts, then goes on until the program ends."""
    number, frames = 0, [ipv4(n) for n in range(64)]
    try:
        while child.poll() is None and number < 10**7:
            writer.write(b"".join(record(10**9 + (number + n) * 10_000, f)
                                  for n, f in enumerate(frames)))
            number += len(frames)
            if number == 64 * 300:
                child.send_signal(signal.SIGINT)
    except BrokenPipeError:
        time.sleep(0.1)


def unprivileged(tap, scratch):
    """A user without rights, and without write access to anything but the output directory."""
    out = scratch.new_run()
    os.makedirs(out)
    words = [program(), "run", SCENARIO, "--out", out]
    if os.geteuid() == 0:
        os.chmod(scratch.path, 0o755)
        os.chmod(out, 0o777)
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                 "--bounding-set=-all", *words]
    done = run(words, cwd="/", env={"HOME": "/nonexistent"})
    tap.ok(done.returncode == 0 and len(leftovers(out)) >= 9, "user nobody replays", done.stderr)
    if os.geteuid() == 0:
        os.chmod(out, 0o555)
        done = run(words, cwd="/")
        tap.ok(done.returncode == MACHINE and one_line(done.stderr) and "ermission" in done.stderr,
               "user nobody cannot write there", done.returncode, done.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        for judge in (damaged_captures, odd_captures, bad_scenarios, bad_traces, blocked_outputs,
                      old_files, full_disk, too_little_memory, interrupted, unprivileged):
            judge(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
