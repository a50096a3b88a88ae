#!/usr/bin/env python3
"""Checks what pages and comments say of the repository, and prints each thing that is not so.

usage: scripts/check_docs.py [FOLDER]    FOLDER: the repository; without it, the one that this script is in

  1. A relative link leads to a file, and its #anchor to a heading there.
  2. A path in backticks, such as `lib/base/random.h`, is one in the repository. Records and the change log speak of
     earlier commits and may name what is gone.
  3. Every page in docs/ can be reached from docs/README.md.
  4. A block of code behind <!-- quoted: PATH --> stands in that file, word for word.
  5. A --flag behind the name of a tool, in code or backticks, is on the tool's page in docs/options/. (Not in records.)
  6. README.md has at most two screens.
  7. A file that a comment in code, scripts or recipes names, such as docs/models.md, is in the repository.

Exit code: 0 where all of it is so, else 1.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
LONGEST_README = 95  # lines
SOURCES = ("*.cc", "*.h", "*.cu", "*.proto", "*.py", "*.sh", "*.textproto", "*BUILD", "*.bzl")
NAMED_FILE = re.compile(r"(?<![\w/.])((?:lib|tools|docs|tests|bench|scripts|recipes)/[\w/]+"
                        r"\.(?:cc|h|cu|proto|md|py|sh|textproto))\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:lib|tools|docs|tests|bench|scripts|recipes|third_party)/[\w./*-]*)`")
QUOTE = re.compile(r"<!-- quoted: (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh.*?\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"(?:^|[|&;]|\benv)\s*(datagen|tokenize|train|eval|sort_eval|plot|predict)\b([^|;&\n]*)", re.MULTILINE)
FLAG = re.compile(r"(?<!\S)--([a-z_]+)")


def files(*patterns):
    """The files that git tracks or could track."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT,
                            check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return [pathlib.PurePosixPath(path) for path in listed if (ROOT / path).is_file()]


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def without_code(text):
    """The text with the contents of code blocks and of backticks blanked, which hold no links."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page):
    """The #anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def links(page):
    """Pairs of a link's target, from the top of the repository, and its anchor."""
    for target in LINK.findall(without_code(text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        where = os.path.normpath(page.parent / path) if path else str(page)
        yield target, pathlib.PurePosixPath(where), anchor


def broken_links(page):
    for target, where, anchor in links(page):
        if not (ROOT / where).exists():
            yield f"{page}: link to {target}: no such file"
        elif anchor and where.suffix == ".md" and anchor not in anchors(where):
            yield f"{page}: link to {target}: no such heading"


def is_history(page):
    """Whether the page speaks of earlier commits, whose files and flags may be gone."""
    return page.name == "CHANGELOG.md" or page.parts[:2] == ("docs", "records")


def missing_paths(page):
    if is_history(page):
        return
    for path in PATH.findall(text_of(page)):
        if not any(ROOT.glob(path.rstrip("/"))):
            yield f"{page}: `{path}`: no such file"


def wrong_quotes(page):
    for path, code in QUOTE.findall(text_of(page)):
        if not (ROOT / path).exists():
            yield f"{page}: quotes {path}: no such file"
        elif code not in (ROOT / path).read_text(encoding="utf-8"):
            yield f"{page}: quotes {path}, which does not have this:\n{code}"


def unreachable(all_pages):
    """Pages in docs/ to which no chain of links leads."""
    seen, waiting = set(), [pathlib.PurePosixPath("docs/README.md")]
    while waiting:
        page = waiting.pop()
        if page in seen or page not in all_pages:
            continue
        seen.add(page)
        waiting += [where for _, where, _ in links(page)]
    return [f"{page}: no link from docs/README.md leads here" for page in all_pages
            if page.parts[0] == "docs" and page not in seen]


def flags_of(tool):
    """The flags on a tool's page of options."""
    page = (ROOT / "docs" / "options" / f"{tool}.md").read_text(encoding="utf-8")
    return {*re.findall(r"`--(?:\[no\])?(\w+)`", page), "help", "version"}


def unknown_flags(page):
    if is_history(page):
        return
    text = re.sub(r"\\\n", " ", text_of(page))
    code = SHELL.findall(text) + re.findall(r"^    .*$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
    for tool, rest in COMMAND.findall("\n".join(code)):
        for flag in FLAG.findall(rest):
            if not {flag, flag.removeprefix("no")} & flags_of(tool):
                yield f"{page}: {tool} --{flag}: not in docs/options/{tool}.md"


def files_missing_in_comments():
    for path in files(*SOURCES):
        for line in text_of(path).splitlines():
            comment = re.search(r"(?:^|\s)(?://|#(?!include)|\* )(.*)$", line)
            for name in NAMED_FILE.findall(comment[1] if comment else ""):
                if "NAME" not in name and not (ROOT / name).exists():
                    yield f"{path}: names {name}: no such file"


def long_readme():
    lines = len(text_of("README.md").splitlines())
    return [f"README.md has {lines} lines, expected at most {LONGEST_README}"] if lines > LONGEST_README else []


def main():
    all_pages = files("*.md")
    found = [*unreachable(all_pages), *long_readme(), *files_missing_in_comments()]
    for page in all_pages:
        found += [*broken_links(page), *missing_paths(page), *wrong_quotes(page),
                  *unknown_flags(page)]
    print("\n".join(found) if found else f"{len(all_pages)} pages: links, paths, quotes and flags are right")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
