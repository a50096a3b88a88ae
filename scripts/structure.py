#!/usr/bin/env python3
"""Measures how the code is cut into rooms, folders, files and functions.

usage: scripts/structure.py [--check] [--root=FOLDER]
  prints the table of docs/architecture.md, "Measured"
  --check   prints what breaks a rule instead, and exits with 1 if anything does
"""

import argparse
import collections
import pathlib
import re
import sys
from typing import Iterable, NamedTuple

import cpp_functions

# What each room may use stands before it, as in lib/BUILD and docs/architecture.md. tools, bench and tests may use all.
ROOMS = ("base config tasks tokenizer problems safetensors dataset results plot kernels model optim checkpoint distributed "
         "batches runs eval train").split()
TORCH_FREE = ROOMS[:ROOMS.index("kernels")]
MOST_FILES = 32  # in a folder, tests aside
SMALL_FILE = 40  # lines
LONG_FUNCTION = 50  # lines

_TOPS = ("lib", "tools", "bench", "tests")
_TEST = re.compile(r"_(test|benchmark|for_test)\.\w+$")
_INCLUDE = re.compile(r'^#include "((?:lib|bench|tests|tools)/[^"]+)"', re.MULTILINE)
_LABEL = re.compile(r'"//(lib/[\w/]+)(?::\w+)?"')


class Source(NamedTuple):
    path: str  # from the root
    text: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def is_test(self) -> bool:
        return bool(_TEST.search(self.path)) or not self.path.startswith(("lib/", "tools/"))


def read(root: pathlib.Path, *suffixes: str) -> list[Source]:
    """Files of the source folders that end so, in the order of their names."""
    paths = sorted(path for top in _TOPS for path in (root / top).rglob("*") if path.name.endswith(suffixes))
    return [Source(str(path.relative_to(root)), path.read_text()) for path in paths if path.is_file()]


def room(path: str) -> str:
    """`model` of lib/model/block.h; nothing outside of lib/."""
    parts = path.split("/")
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else ""


def arrows(code: Iterable[Source], builds: Iterable[Source]) -> dict[tuple[str, str], str]:
    """From room to room by an #include or a dependency in a BUILD file: (from, to) -> a file that has it."""
    found: dict[tuple[str, str], str] = {}
    for source in [*code, *builds]:
        # Visibility names who may look in: no arrow of this room.
        text = re.sub(r"visibility = \[.*?\]", "", source.text, flags=re.DOTALL)
        targets = _INCLUDE.findall(text) if source.path.endswith((".cc", ".h", ".cu")) else _LABEL.findall(text)
        for target in targets:
            ends = room(source.path), room(target + "/")
            if all(ends) and ends[0] != ends[1]:
                found.setdefault(ends, f"{source.path} uses {target}")
    return found


def upward(found: dict[tuple[str, str], str]) -> list[str]:
    """The arrows that go up the order of rooms, or from or to a room that the order lacks."""
    place = {name: i for i, name in enumerate(ROOMS)}
    return [where for (start, end), where in sorted(found.items())
            if start not in place or end not in place or place[end] > place[start]]


def cycles(found: Iterable[tuple[str, str]]) -> list[str]:
    """The pairs of rooms that reach each other by arrows."""
    reach = collections.defaultdict(set)
    for start, end in found:
        reach[start].add(end)
        reach[end]  # is a key too
    for middle in list(reach):
        for start in list(reach):
            if middle in reach[start]:
                reach[start] |= reach[middle]
    return sorted(f"{a} and {b} use each other" for a in reach for b in reach[a] if a < b and a in reach[b])


def folder_sizes(code: Iterable[Source]) -> list[tuple[int, str]]:
    """Sources and headers of each folder, tests aside; largest first."""
    sizes = collections.Counter(source.folder for source in code if not source.is_test)
    return sorted(((n, folder) for folder, n in sizes.items()), key=lambda pair: (-pair[0], pair[1]))


def fan_in(code: Iterable[Source]) -> list[tuple[int, str]]:
    """How many files include each header; most first."""
    counts = collections.Counter(target for source in code for target in set(_INCLUDE.findall(source.text)))
    return [(n, header) for header, n in counts.most_common()]


def option_places(code: Iterable[Source], protos: Iterable[Source]) -> float:
    """Mean places that write an option of a tool: field of a proto or struct, ABSL_FLAG, reader, list, range."""
    product = [source for source in code if not source.is_test]
    text, schema = "".join(source.text for source in product), "".join(proto.text for proto in protos)
    flags = collections.Counter(re.findall(r"^ABSL_FLAG\([^,]+, (\w+),", text, re.MULTILINE))
    options = collections.Counter(re.findall(r" (\w+) = \d+\s*\[[^;]*\(tally\.option\)", schema))
    plain = collections.Counter(re.findall(r"^ +[\w.]+ \w+ (\w+) = \d+\b", schema, re.MULTILINE))
    lists = "".join(source.text for source in product if source.path.startswith("tools/") or "flags" in source.path)
    copies = len(re.findall(r"\bFLAGS_\w+\)|\bkDefault\.\w+|\bCheckFlagRange\(", text)) + sum(name in flags for name in re.findall(r'"(\w+)"', lists))
    copies += sum(plain[name] for name in flags if name not in options)
    written = flags.total() + options.total() + copies
    return written / max((flags | options).total(), 1)


def table(code: list[Source], builds: list[Source], protos: list[Source]) -> str:
    found = arrows(code, builds)
    functions = [(function, source) for source in code for function in cpp_functions.functions(source.text)]
    product = [(function, source) for function, source in functions if not source.is_test]
    longest, in_file = max(product, key=lambda pair: pair[0].lines)
    deepest, in_folder = max(product, key=lambda pair: pair[0].depth)
    files, folder = folder_sizes(code)[0]
    uses, header = fan_in(code)[0]
    small = sum(source.lines < SMALL_FILE for source in code)
    rows = [
        ("most files in a folder, tests aside", f"{files} (`{folder}`)"),
        (f"files, of these under {SMALL_FILE} lines", f"{len(code)}, {small}"),
        ("the same, tests aside", "{}, {}".format(
            sum(not source.is_test for source in code),
            sum(not source.is_test and source.lines < SMALL_FILE for source in code))),
        (f"functions, of these over {LONG_FUNCTION} lines",
         f"{len(functions)}, {sum(function.lines > LONG_FUNCTION for function, _ in functions)}"),
        ("longest function, tests aside", f"{longest.lines} lines (`{longest.name}`, `{in_file.path}`)"),
        ("deepest nesting, tests aside", f"{deepest.depth} blocks (`{deepest.name}`, `{in_folder.path}`)"),
        ("widest fan-in", f"{uses} files (`{header}`)"),
        ("upward arrows between rooms", str(len(upward(found)))),
        ("cycles of rooms", str(len(cycles(found)))),
        ("places where an option is written, mean", f"{option_places(code, protos):.1f}"),
    ]
    return "\n".join(["| measure | value |", "|---|---|"] + [f"| {name} | {value} |" for name, value in rows])


def broken(code: list[Source], builds: list[Source]) -> list[str]:
    """One line for each rule that is broken."""
    found = arrows(code, builds)
    lines = [f"upward arrow: {where}" for where in upward(found)]
    lines += [f"cycle: {pair}" for pair in cycles(found)]
    lines += [f"{folder}: {n} files, expected at most {MOST_FILES}, tests aside"
              for n, folder in folder_sizes(code) if n > MOST_FILES]
    lines += [f"{source.path}: a room without LibTorch includes {line}" for source in code
              if room(source.path) in TORCH_FREE
              for line in re.findall(r"^#include (<(?:ATen|c10|torch)/\S+>)", source.text, re.MULTILINE)]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    code = read(arguments.root, ".cc", ".h", ".cu")
    builds = read(arguments.root, "BUILD")
    if not arguments.check:
        print(table(code, builds, read(arguments.root, ".proto")))
        return 0
    lines = broken(code, builds)
    print("".join(line + "\n" for line in lines), end="")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
