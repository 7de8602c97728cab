"""The shape of files: lengths, siblings, left-overs, machine paths, and what meson must be told."""

import re

from source import CPP, Finding, files, read, under

MAX_LINES = 450
MAX_COLUMNS = 100
COLUMN_SUFFIXES = CPP | {'.py', '.sh', '.build', '.proto'}
COLUMN_FILES = {'run', '.ci/run'}
# Split, so that this file does not find itself.
LEFT_OVERS = re.compile(r'\b(TO' + r'DO|FIX' + r'ME|X' + r'XX|HA' + r'CK)\b')
MACHINE_PATH = re.compile(r'(?<![\w.}])/(?:work|home|root|Users|workspace)/\w')
TARGET = re.compile(r'\b(executable|static_library|shared_library|both_libraries|library)\s*\(')
COMPILED = ['common', 'dataplane', 'control', 'cli', 'bench', 'tests']


def lengths(root):
    findings = []
    for name, path in files(root):
        if path.suffix not in COLUMN_SUFFIXES and name not in COLUMN_FILES:
            continue
        lines = (read(path) or '').split('\n')
        if path.suffix in CPP and len(lines) - 1 > MAX_LINES:
            findings.append(Finding(name, 0, f'has {len(lines) - 1} lines, at most {MAX_LINES}'))
        findings += [Finding(name, i, f'has {len(line)} columns, at most {MAX_COLUMNS}')
                     for i, line in enumerate(lines, 1) if len(line) > MAX_COLUMNS]
    return findings


def stage_tests(root):
    names = {name for name, _ in files(root, CPP)}
    return [Finding(name, 0, 'a stage without a test beside it: ' + name[:-4] + '_test.cpp')
            for name in sorted(names)
            if under(name, ['dataplane/stages']) and name.endswith('.cpp')
            and not name.endswith(('_test.cpp', '_bench.cpp'))
            and name[:-4] + '_test.cpp' not in names]


def search_all(root, pattern, wrong):
    findings = []
    for name, path in files(root):
        for i, line in enumerate((read(path) or '').split('\n'), 1):
            match = pattern.search(line)
            if match:
                findings.append(Finding(name, i, f'{wrong}: {match[0]}'))
    return findings


def left_overs(root):
    return search_all(root, LEFT_OVERS, 'left over')


def machine_paths(root):
    return search_all(root, MACHINE_PATH, "a path of somebody's machine")


def meson_files(root):
    return [(name, path) for name, path in files(root) if path.name == 'meson.build']


def isa_arguments(root):
    """Every target names isa_args: DPDK's own -march would otherwise win over the project's."""
    findings = []
    for name, path in meson_files(root):
        text = re.sub(r'#[^\n]*', '', read(path) or '')
        for match in TARGET.finditer(text):
            if 'isa_args' not in call_text(text, match.end()):
                line = text.count('\n', 0, match.start()) + 1
                findings.append(Finding(name, line, f'{match[1]} without `cpp_args: isa_args`'))
    return findings


def call_text(text, start):
    """Returns the arguments of the call whose opening bracket stands before `start`."""
    depth, end = 1, start
    while depth and end < len(text):
        depth += {'(': 1, ')': -1}.get(text[end], 0)
        end += 1
    return text[start:end]


def compiled(root):
    """Every .cpp is named by the meson.build of its directory or of one above."""
    meson = {name.rpartition('/')[0]: read(path) or '' for name, path in meson_files(root)}
    findings = []
    for name, _ in files(root, {'.cpp'}):
        if not under(name, COMPILED):
            continue
        parts = name.split('/')
        if not any(names_source(meson.get('/'.join(parts[:depth]), ''), '/'.join(parts[depth:]))
                   for depth in range(len(parts))):
            findings.append(Finding(name, 0, 'no meson.build names it: it is never compiled'))
    return findings


def names_source(text, path):
    """True when the meson text quotes the path, whole or without the ending that a loop adds."""
    endings = [e for e in ('', '.cpp', '_test.cpp', '_bench.cpp') if path.endswith(e)]
    return any(f"'{path.removesuffix(e)}'" in text for e in endings)
