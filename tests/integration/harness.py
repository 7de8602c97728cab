"""What the integration tests share: the program under test, a scratch directory that is removed at
the end, runs of scenarios, and TAP lines."""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ORACLE = os.path.join(ROOT, "tests", "oracle")
CONFIGS = os.path.join(ROOT, "configs")
sys.path.insert(0, ORACLE)

TIME_LIMIT = 120  # seconds, for a program that hangs


def given():
    """The program named on the command line, or None."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    return words[0] if words else None


def binaries():
    """{name: path} of every build of the program, from ERBIUM_BINARIES or the command line."""
    listed = os.environ.get("ERBIUM_BINARIES", "").split(";")
    table = dict(item.split("=", 1) for item in listed if item)
    table = table or {"erbium": given() or sys.exit("no program given, and no ERBIUM_BINARIES")}
    for name, path in table.items():
        if not os.access(path, os.X_OK):
            sys.exit(f"{name}: no program {path}")
    return table


def program():
    """The build that tests of behaviour use: that of the command line, else the first of all."""
    return os.path.abspath(given() or next(iter(binaries().values())))


def shipped():
    """{name: path} of every file in configs/."""
    paths = sorted(glob.glob(os.path.join(CONFIGS, "*.yaml")))
    return {os.path.basename(p)[: -len(".yaml")]: p for p in paths}


def scenarios(sections="replay|probes"):
    """Those that replay a capture or have probes, or one of both; the others are live."""
    def replays(path):
        with open(path, encoding="utf-8") as file:
            return re.search(rf"^({sections}):$", file.read(), re.M)
    return {name: path for name, path in shipped().items() if replays(path)}


class Scratch:
    """A directory of one's own; also hands out names for runs in it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="erbium-test-")
        self._runs = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, data=None):
        path = os.path.join(self.path, name)
        if data is not None:
            with open(path, "wb") as out:
                out.write(data if isinstance(data, bytes) else data.encode())
        return path

    def new_run(self):
        self._runs += 1
        return os.path.join(self.path, f"run{self._runs}")


def environment(**extra):
    """The environment without the options that ERBIUM_... would set."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ERBIUM_")}
    return {**clean, **extra}


def run(words, *, env=None, timeout=TIME_LIMIT, **more):
    """The finished process, with text in stdout and stderr."""
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=timeout,
                          env=environment(**(env or {})), **more)


def files_of(directory):
    """{relative path: SHA-256} of all that a run wrote; summary.json counts without `wall`."""
    table = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                data = file.read()
            if name == "summary.json":
                data = json.dumps(without_wall(data), indent=1).encode()
            table[os.path.relpath(path, directory)] = hashlib.sha256(data).hexdigest()
    return dict(sorted(table.items()))


def without_wall(text):
    return {k: v for k, v in json.loads(text).items() if k != "wall"}


class Tap:
    """Prints a line a test; the plan and the exit code at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, *why):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in "\n".join(str(w) for w in why).splitlines()[:12]:
                print(f"#   {line}")
        return good

    def same(self, found, wanted, name):
        return self.ok(found == wanted, name, f"found  {found!r}", f"wanted {wanted!r}")

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0
