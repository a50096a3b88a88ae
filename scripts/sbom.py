#!/usr/bin/env python3
"""Prints what Tally is made of, as an SPDX 2.3 document in JSON.

usage: scripts/sbom.py [TOOL...]    TOOL: a binary whose libraries count; where none is given, those in bazel-bin

  1. Tally itself: its version, and the commit.
  2. What the binaries load: for each shared library its Debian package, as it is installed here, or the wheel that it
     comes from.
  3. What it is built and tested with: the packages of scripts/bootstrap.sh, and the wheels of third_party, each with
     the hash of the file that is downloaded.
The same machine and commit give the same bytes.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NO = "NOASSERTION"
# Which wheels end up beside the binaries; the others are for tests.
LINKED_WHEELS = "libtorch_requirements.txt"


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def package(kind, name, version, **more):
    identifier = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{kind}-{name}-{version}")
    return {"SPDXID": identifier, "name": name, "versionInfo": version, "downloadLocation": NO,
            "filesAnalyzed": False, "licenseConcluded": NO, "licenseDeclared": NO, "copyrightText": NO, **more}


def purl(kind, name, version):
    return [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
             "referenceLocator": f"pkg:{kind}/{name}@{version}"}]


def debian_packages(names):
    """Those of `names` that are installed, with their versions and Debian's source packages."""
    listed = run("dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${source:Package}\n", *sorted(names))
    packages = {}
    for name, version, source in (line.split("\t") for line in listed.splitlines()):
        packages[name] = package("deb", name, version, sourceInfo=f"Debian source package {source}; its licences are in "
                                 f"/usr/share/doc/{name}/copyright", externalRefs=purl("deb/debian", name, version))
    return packages


def bootstrap_names():
    text = (ROOT / "scripts" / "bootstrap.sh").read_text(encoding="utf-8")
    return [line.split()[0] for line in re.search(r"PACKAGES='\n(.*?)'", text, re.S)[1].splitlines()]


def wheels(path):
    """The wheels of a requirements file, with the hashes that a downloaded file must have."""
    text = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8"))
    found = []
    for name, version, rest in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)(.*)$", text, re.M):
        sums = [{"algorithm": "SHA256", "checksumValue": value} for value in re.findall(r"sha256:([0-9a-f]{64})", rest)]
        if not sums:
            raise SystemExit(f"{path}: {name} has no sha256, expected one for each wheel")
        found.append(package("pypi", name, version, checksums=sums, externalRefs=purl("pypi", name.lower(), version)))
    return found


def loaded_packages(tools):
    """Names of the Debian packages whose libraries the tools load. Those of no package lie beside LibTorch."""
    paths = set()
    for tool in tools:
        paths.update(os.path.realpath(path) for path in re.findall(r"=> (/\S+)", run("ldd", tool)))
    # dpkg knows a file by the name that its package has it under, which may be /lib where /usr/lib is meant.
    owners = run("dpkg-query", "--search", *sorted(paths | {path.removeprefix("/usr") for path in paths}))
    return {owner.split(":")[0] for owner in owners.splitlines()}


def relation(kind, first, second):
    return {"spdxElementId": first, "relationshipType": kind, "relatedSpdxElement": second}


def document(tools):
    version = re.search(r'return "([0-9.]+)"', (ROOT / "lib/base/version.h").read_text(encoding="utf-8"))[1]
    commit = run("git", "rev-parse", "HEAD") or NO
    seconds = int(run("git", "log", "-1", "--format=%ct") or 0)
    tally = package("tally", "tally", version, sourceInfo=f"commit {commit}", licenseDeclared="MIT")
    loaded = loaded_packages(tools)
    debian = debian_packages({*loaded, *bootstrap_names()})
    packages, relations = [tally], [relation("DESCRIBES", "SPDXRef-DOCUMENT", tally["SPDXID"])]
    for name, entry in sorted(debian.items()):
        packages.append(entry)
        relations.append(relation("DEPENDS_ON", tally["SPDXID"], entry["SPDXID"]) if name in loaded else
                         relation("BUILD_DEPENDENCY_OF", entry["SPDXID"], tally["SPDXID"]))
    seen = set()
    for path in sorted(ROOT.glob("third_party/*_requirements.txt"), key=lambda path: path.name != LINKED_WHEELS):
        for entry in wheels(path):
            if entry["SPDXID"] in seen:  # as that of an earlier file
                continue
            seen.add(entry["SPDXID"])
            packages.append(entry)
            relations.append(relation("DEPENDS_ON", tally["SPDXID"], entry["SPDXID"]) if path.name == LINKED_WHEELS else
                             relation("TEST_DEPENDENCY_OF", entry["SPDXID"], tally["SPDXID"]))
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"tally-{version}",
            "documentNamespace": f"https://spdx.org/spdxdocs/tally-{version}-{commit}",
            "creationInfo": {"created": created, "creators": ["Tool: scripts/sbom.py"]},
            "packages": packages, "relationships": relations}


def main():
    built = (folder / folder.name for folder in sorted((ROOT / "bazel-bin" / "tools").glob("*")))
    tools = sys.argv[1:] or [str(path) for path in built if path.is_file()]
    if not tools:
        raise SystemExit("scripts/sbom.py: no binary, expected names, or `bazel build //tools/...` before")
    for tool in tools:
        if not os.path.isfile(tool):
            raise SystemExit(f"scripts/sbom.py: {tool}: cannot be opened, expected a binary")
    json.dump(document(tools), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
