#!/usr/bin/env python3
"""scripts/sbom.py names what a binary loads and what is downloaded, and its document holds together."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS))
import sbom

TOOL = str(pathlib.Path("tools/datagen/datagen").absolute())


class SbomTest(unittest.TestCase):

    def setUp(self):
        self.document = sbom.document([TOOL])

    def related(self, kind):
        return {r["relatedSpdxElement"] if kind == "DEPENDS_ON" else r["spdxElementId"]
                for r in self.document["relationships"] if r["relationshipType"] == kind}

    def test_what_the_tool_loads_is_a_dependency(self):
        loaded = {re.sub(r"SPDXRef-deb-([a-z0-9-]*).*", r"\1", name) for name in self.related("DEPENDS_ON")}
        self.assertLessEqual({"libc6-2", "libgmp10-2-6", "libabsl20220623-20220623"}, loaded)

    def test_identifiers_are_unique_and_relationships_join_them(self):
        names = [package["SPDXID"] for package in self.document["packages"]]
        self.assertEqual(len(names), len(set(names)))
        for relationship in self.document["relationships"]:
            self.assertLessEqual({relationship["spdxElementId"], relationship["relatedSpdxElement"]},
                                 {*names, "SPDXRef-DOCUMENT"})
        joined = self.related("DEPENDS_ON") | self.related("BUILD_DEPENDENCY_OF") | self.related("TEST_DEPENDENCY_OF")
        self.assertEqual(joined, {name for name in names if not name.startswith("SPDXRef-tally")})

    def test_every_wheel_has_the_hash_of_its_file(self):
        wheels = [package for package in self.document["packages"] if package["SPDXID"].startswith("SPDXRef-pypi")]
        self.assertGreater(len(wheels), 10)
        for wheel in wheels:
            self.assertRegex(wheel["checksums"][0]["checksumValue"], "^[0-9a-f]{64}$", wheel["name"])

    def test_a_wheel_without_a_hash_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("numpy==1.2.3\n")
            file.flush()
            with self.assertRaisesRegex(SystemExit, "numpy has no sha256"):
                sbom.wheels(pathlib.Path(file.name))

    def test_twice_the_same(self):
        self.assertEqual(json.dumps(self.document), json.dumps(sbom.document([TOOL])))

    def test_a_binary_that_is_missing(self):
        done = subprocess.run([SCRIPTS / "sbom.py", "no/tool"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("no/tool: cannot be opened", done.stderr)


if __name__ == "__main__":
    unittest.main()
