"""What the lints share: findings, the project's files, C++ text without comments and strings."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_DIRS = {'.git', 'out', '__pycache__'}
CPP = {'.cpp', '.h'}

# One pass over the text; a match that is no comment or literal cannot start inside one.
_TOKENS = re.compile(
    r'''(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)")
      | (?P<number>\b\d[\w']*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])*')''',
    re.DOTALL | re.VERBOSE)


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str  # from the root
    line: int  # from 1; 0 when it is about the whole file
    text: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.text}' if self.line else f'{self.path}: {self.text}'


def files(root, suffixes=None):
    """Yields (path from root, with '/', absolute path), sorted; build directories are left out."""
    found = []
    for path in root.rglob('*'):
        parts = path.relative_to(root).parts
        if parts[0].startswith('build') or SKIPPED_DIRS & set(parts) or not path.is_file():
            continue
        if suffixes is None or path.suffix in suffixes:
            found.append(('/'.join(parts), path))
    return sorted(found)


def read(path):
    """Returns the file's text, or None when it is not UTF-8 (captures)."""
    try:
        return path.read_text(encoding='utf-8')
    except UnicodeDecodeError:
        return None


def code_lines(text):
    """Returns the lines with comments and literals blanked, so that line numbers stay."""
    def blank(match):
        if match.lastgroup == 'number':
            return match[0]
        return ''.join(c if c == '\n' else ' ' for c in match[0])
    return _TOKENS.sub(blank, text).split('\n')


def under(name, prefixes):
    """True when the path `name` lies in one of the directories, "dataplane/core"."""
    return any(name == p or name.startswith(p + '/') for p in prefixes)
