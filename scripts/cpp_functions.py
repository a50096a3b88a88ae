"""Finds the function bodies of C++ text by its braces: enough for code that clang-format wrote, and no compiler."""

import re
from typing import Iterator, NamedTuple

# Comments and literals, which may hold braces; then what the search looks at.
_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'|#[^\n]*(?:\\\n[^\n]*)*'
    r'|[{};]|[^\s{};"\'/#]+|.', re.DOTALL)
_SKIPPED = ("//", "/*", "#")
_TYPE = re.compile(r"\b(class|struct|union|enum)\b")
_CONTROL = re.compile(r"^(?:\}\s*)?(if|for|while|switch|do|else|case|default)\b|\)\s*(?:mutable\s*|->.*)?$|\]\s*$",
                      re.DOTALL)
# What stands before the first brace of a constructor `Name() : a_{1} {`, which is not that of its body.
_MEMBER = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:).*\w$", re.DOTALL)


class Function(NamedTuple):
    name: str
    line: int  # of its first word
    lines: int  # up to its closing brace
    depth: int  # of blocks in its body: 1 for an `if` at its top


class _Open:
    """A brace that is not closed yet: a scope (of a namespace or type), a function, a block of one or a value."""

    def __init__(self, kind: str, head: str, line: int):
        self.kind, self.head, self.line, self.depth = kind, head, line, 0


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if not token.startswith(_SKIPPED):
            yield token, line
        line += token.count("\n")


def _kind(head: str, outer: str) -> str:
    """What the brace after `head` opens, inside of a brace of kind `outer`."""
    if outer in ("function", "block", "value"):
        return "block" if head == "" and outer != "value" or _CONTROL.search(head) else "value"
    if re.match(r"(inline )?namespace\b|extern \"", head):
        return "scope"
    if _MEMBER.search(head):
        return "value"
    if "(" in head and not re.search(r"(^|[^=!<>])=\s*$|\boperator=\s*$", head.split("(")[0]):
        return "function"
    return "scope" if _TYPE.search(head) else "value"


def _name(head: str) -> str:
    """The name before the parameters; a test's two names; nothing for other macros."""
    before = re.sub(r"\b(?:requires|noexcept|__attribute__|alignas)\s*\(.*?\)", "", head)
    macro = re.match(r"\s*TEST\w*\(([\w, ]+)\)", before)
    if macro:
        return macro.group(1).replace(", ", ".")
    match = re.search(r"(operator\S+|[\w:~]+)\s*\(", before)
    return "" if not match or re.fullmatch("[A-Z_0-9]{3,}", match.group(1)) else match.group(1)


def functions(text: str) -> list[Function]:
    """Function definitions of `text` in their order; lambdas count as blocks of the function that they stand in."""
    found: list[Function] = []
    stack = [_Open("scope", "", 0)]
    head, start = "", 0
    for token, line in _tokens(text):
        if token == "{":
            kind = _kind(head.strip(), stack[-1].kind)
            stack.append(_Open(kind, head, start or line))
            if kind != "value":
                head, start = "", 0
        elif token == "}" and len(stack) > 1:
            closed = stack.pop()
            if closed.kind == "function" and _name(closed.head):
                found.append(Function(_name(closed.head), closed.line, line - closed.line + 1, closed.depth))
            elif closed.kind in ("block", "value"):
                stack[-1].depth = max(stack[-1].depth, closed.depth + (closed.kind == "block"))
            if closed.kind == "value":
                head, start = closed.head + "{}", closed.line
            else:
                head, start = "", 0
        elif token == ";" and head.count("(") <= head.count(")"):
            head, start = "", 0
        elif token.strip() or head:
            head, start = head + token, start or line
    return found
