#!/usr/bin/env python3
"""Runs the commands of a document and writes what they print into it.

usage: scripts/run_document.py DOCUMENT [OUT]     OUT: the new document; without it, DOCUMENT itself is rewritten

Each block that begins with ```sh run is run by one bash, from the top of the document to the bottom, in the current
folder; a block ```text right behind it gets the output, standard error included. A command that fails ends this script
with exit code 1 and leaves the document as it was.
"""
import re
import subprocess
import sys

BLOCK = re.compile(r"```sh run\n(?P<code>.*?)```\n(?P<gap>\n*)(?P<text>```text\n.*?```\n)?", re.DOTALL)
MARK = "----- end of block -----"


def run(blocks):
    """What each block prints, in order; one bash runs them all, so that variables and folders last."""
    script = "set -euo pipefail\n" + "".join(f"{block}\necho '{MARK}'\n" for block in blocks)
    result = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, check=False)
    outputs = result.stdout.split(MARK + "\n")
    if result.returncode != 0:
        sys.exit(f"{blocks[len(outputs) - 1]}\nended with exit code {result.returncode}; it printed:\n{outputs[-1]}")
    return outputs[:-1]


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        document = file.read()
    outputs = iter(run([block["code"] for block in BLOCK.finditer(document)]))

    def with_output(block):
        output = next(outputs)
        code = f"```sh run\n{block['code']}```\n{block['gap']}"
        return code + f"```text\n{output.strip(chr(10))}\n```\n" if block["text"] else code

    document = BLOCK.sub(with_output, document)
    with open(sys.argv[2] if len(sys.argv) > 2 else path, "w", encoding="utf-8") as file:
        file.write(document)


if __name__ == "__main__":
    main()
