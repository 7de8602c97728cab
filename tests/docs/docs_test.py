#!/usr/bin/env python3
"""Runs what the documents tell the reader to run, and compares what they show. Prints TAP.

usage: docs_test.py ERBIUM [--update]      --update rewrites outputs and picture instead

A block ```sh is run by bash in a directory that looks like a checkout after `./run demo`: configs,
pcaps, tests, build/release/cli/erbium (the program given) and a capture my.pcap. A block
```text output that follows shows its standard output. Blocks of one document share a directory.

Words of ./run are not run inside the tests that ./run test itself runs: that would build the
project within its own test. `./run WORD` is checked to be a word of ./run; for `./run demo` the
run it ends in is done here and compared, without the last line, which holds a path of the machine.

docs/adding-a-stage.md is followed in a copy of the tree: its files are written, its line is added,
and `./run test unit` stands for building the program and the stages' tests and running those.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import picture  # noqa: E402
import scenario_table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r'^```([^\s`]*) ?([^\n]*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r'\]\(([^)#:]+)(?:#[^)]*)?\)')
STAGE_DOCUMENT = 'docs/adding-a-stage.md'
RUN_WORD = re.compile(r'\./run( \S+)*')
DEMO_LINE = re.compile(r'^outputs: .*\n', re.MULTILINE)


class Failure(Exception):
    """What the document says is not so."""


def documents():
    return ['README.md'] + sorted(f'docs/{p.name}' for p in (ROOT / 'docs').glob('*.md'))


def words_of_run():
    match = re.search(r'^words=\((.*)\)$', (ROOT / 'run').read_text(), re.MULTILINE)
    return match[1].split()


def setting_of_run(name):
    return re.search(rf'^{name}=(\S+)$', (ROOT / 'run').read_text(), re.MULTILINE)[1]


def bash(text, directory, seconds=300):
    """Standard output of a block. Raises Failure when it does not end in 0."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('ERBIUM_')}
    env['PATH'] = f'{directory}/build/release/cli:{env["PATH"]}'
    env['CCACHE_NOHASHDIR'] = '1'
    done = subprocess.run(['bash', '-euo', 'pipefail', '-c', text], cwd=directory, env=env,
                          capture_output=True, text=True, timeout=seconds)
    if done.returncode != 0:
        raise Failure(f'exit {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}')
    return done.stdout


def tidy(text):
    return [line.rstrip() for line in text.strip('\n').split('\n')]


class Checkout:
    """A directory like the reader's: links to the tree, or a copy of it for adding a stage."""

    def __init__(self, program, copy):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix='erbium-docs-'))
        if copy:
            skipped = shutil.ignore_patterns('build', 'build-*', 'out', '.git', '__pycache__')
            shutil.copytree(ROOT, self.path, symlinks=True, ignore=skipped, dirs_exist_ok=True)
        else:
            for name in ('configs', 'pcaps', 'docs', 'run', 'tests'):
                (self.path / name).symlink_to(ROOT / name)
        where = self.path / 'build/release/cli'
        where.mkdir(parents=True)
        for name in ('erbium', 'erbium-control', 'erbium-dataplane'):
            (where / name).symlink_to(pathlib.Path(program).with_name(name))
        shutil.copy(ROOT / 'pcaps/branch-to-hub.pcap', self.path / 'my.pcap')

    def write(self, name, text):
        (self.path / name).write_text(text)

    def patch(self, name, diff):
        """Applies a block of lines that begin with ' ', '+' or '-', which must stand there once."""
        lines = diff.strip('\n').split('\n')
        before = '\n'.join(line[1:] for line in lines if line[0] in ' -')
        after = '\n'.join(line[1:] for line in lines if line[0] in ' +')
        text = (self.path / name).read_text()
        if text.count(before) != 1:
            raise Failure(f'{name} does not hold these lines once:\n{before}')
        self.write(name, text.replace(before, after))

    def build_and_test_stages(self):
        """What `./run test unit` does that matters here, with its options and its cache."""
        compiler = 'ccache g++' if shutil.which('ccache') else 'g++'
        options = re.search(r"\[main\]='(.*)'", (ROOT / 'run').read_text())[1]
        bash(f"CXX='{compiler}' meson setup build/main {options}\n"
             'ninja -C build/main cli/erbium dataplane/stages_test', self.path, 900)
        tests = bash('build/main/dataplane/stages_test --gtest_filter="OddLength*"', self.path)
        if '[  PASSED  ] 2 tests.' not in tests:
            raise Failure(f'the stage\'s own two tests did not run: {tests[-300:]}')

    def run_word(self, line):
        """Standard output that stands for `./run WORD ...`; None when only the word is checked."""
        word = line.split()[1] if ' ' in line else 'help'
        if word not in words_of_run():
            raise Failure(f'./run has no word {word}')
        if word == 'demo':
            scenario, out = setting_of_run('demo_scenario'), setting_of_run('demo_out')
            return bash(f'erbium run {scenario} --out {out}', self.path)
        if line == './run test unit' and (self.path / 'meson.build').exists():
            self.build_and_test_stages()
        return None

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def run_block(checkout, kind, info, body):
    """Standard output of a block, None where it has none to show."""
    if kind in ('cpp', 'diff') and info:
        (checkout.write if kind == 'cpp' else checkout.patch)(info, body)
        return None
    if RUN_WORD.fullmatch(body.strip()):
        return checkout.run_word(body.strip())
    return bash(body, checkout.path)


def show(expected, found):
    return f'shown:\n{chr(10).join(expected)}\nfound:\n{chr(10).join(found)}'


def check_blocks(name, program, update):
    """Yields (case, error or None) for every block that does something."""
    path = ROOT / name
    text = path.read_text()
    checkout = Checkout(program, copy=name == STAGE_DOCUMENT)
    output, pieces, last = None, [], 0
    try:
        for match in FENCE.finditer(text):
            kind, info, body = match.groups()
            line = text.count('\n', 0, match.start()) + 1
            error = None
            if kind == 'text' and info == 'output':
                expected, found = tidy(body), tidy(output or '')
                if update and expected != found:
                    pieces += [text[last:match.start(3)], '\n'.join(found) + '\n']
                    last = match.end(3)
                elif output is None or expected != found:
                    error = show(expected, found)
            elif kind == 'sh' or (kind in ('cpp', 'diff') and info):
                try:
                    output = run_block(checkout, kind, info, body)
                except (Failure, subprocess.TimeoutExpired) as failure:
                    output, error = None, str(failure)
            else:
                continue
            yield f'{name}:{line} {kind} {body.strip().split(chr(10))[0][:50]}', error
    finally:
        checkout.remove()
    if pieces:
        path.write_text(''.join(pieces) + text[last:])


def check_links(name):
    text = FENCE.sub('', (ROOT / name).read_text())
    broken = [to for to in LINK.findall(text) if not (ROOT / name).parent.joinpath(to).exists()]
    return f'no such file: {", ".join(broken)}' if broken else None


def check_reasons(program):
    """Every reason of a drop that the program has is explained."""
    pipeline = bash(f'"{program}" version --pipeline', ROOT)
    reasons = {r for line in pipeline.split('\n') for r in line.split()[2:]}
    explained = set(re.findall(r'`([a-z0-9_]+)`', (ROOT / 'docs/output.md').read_text()))
    missing = sorted(reasons - explained) if len(reasons) > 10 else ['(the program printed none)']
    return f'not in docs/output.md: {", ".join(missing)}' if missing else None


def check_fields(program):
    """Every field of summary.json that is not a name of the scenario's is explained."""
    with tempfile.TemporaryDirectory(prefix='erbium-docs-') as out:
        demo = setting_of_run('demo_scenario')
        run = f'"{program}" run {demo} --no-captures --out {out} -o json'
        summary = json.loads(bash(run, ROOT))
    explained = (ROOT / 'docs/output.md').read_text()
    fields = [f'{name}.{field}' if name in ('packets', 'wall') else name
              for name, value in summary.items()
              for field in (value if name in ('packets', 'wall') else [name])]
    missing = [field for field in fields if not re.search(rf'`{re.escape(field)}\b', explained)]
    return f'not in docs/output.md: {", ".join(missing)}' if missing else None


def check_picture(program, update):
    with tempfile.TemporaryDirectory(prefix='erbium-docs-') as out:
        bash(f'"{program}" run {picture.SCENARIO} --out {out}', ROOT)
        svg = picture.render(out)
    path = ROOT / picture.FILE
    if update:
        path.write_text(svg)
    if not path.exists() or path.read_text() != svg:
        return 'is not what the run gives; docs_test.py --update draws it anew'
    return None


def cases(program, update):
    for name in documents():
        yield from check_blocks(name, program, update)
    for name in documents():
        yield f'{name} links', check_links(name)
    yield 'reasons of drops', check_reasons(program)
    yield 'fields of summary.json', check_fields(program)
    yield picture.FILE, check_picture(program, update)
    yield 'docs/scenarios.md table', scenario_table.check(ROOT, update)
    yield 'docs/scenarios.md labels', scenario_table.check_labels(ROOT)


def main():
    update = '--update' in sys.argv
    words = [word for word in sys.argv[1:] if word != '--update']
    if len(words) != 1:
        sys.exit(__doc__)
    program = pathlib.Path(words[0]).resolve()
    number = failed = 0
    for number, (name, error) in enumerate(cases(program, update), 1):
        print(f'{"not ok" if error else "ok"} {number} - {name.replace("#", "")}')
        for line in (error or '').split('\n') if error else []:
            print(f'# {line}')
        sys.stdout.flush()
        failed += bool(error)
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
