#!/usr/bin/env python3
"""scripts/structure.py finds what it is for in made-up trees, and nothing of it in this one."""

import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cpp_functions
import structure
from structure import Source


class FunctionsTest(unittest.TestCase):

    def test_names_lines_and_depth(self):
        functions = cpp_functions.functions("""namespace tally {
// a brace { in a comment, and below in literals
struct Point {
  int x = 0;
  std::vector<int> y = {1, 2};
  bool Less(int a) const { return '{' < a; }
};
Thing::Thing(int a) : a_{a}, b_(std::move(c)) {}
template <typename T>
absl::Status Run(const T& value,
                 const char* text = "{") {
  for (int i = 0; i < 3; ++i) {
    if (i == 1) {
      Each([&](int k) { Use({k, i}); });
    } else {
      return {};
    }
  }
  return R"(}}})";
}
TEST(RunTest, Works) { EXPECT_EQ(Run(Point{1, {2}}), 0); }
MAKE_TESTS(RunTest, [] { return 1; });
}  // namespace tally
""")
        self.assertEqual([tuple(f) for f in functions],
                         [("Less", 6, 1, 0), ("Thing::Thing", 8, 1, 0), ("Run", 9, 12, 3), ("RunTest.Works", 21, 1, 0)])


class RulesTest(unittest.TestCase):

    def broken(self, code, builds=()):
        return structure.broken([Source(*file) for file in code], [Source(*file) for file in builds])

    def test_arrows_may_go_down(self):
        self.assertEqual(self.broken([("lib/train/a.h", '#include "lib/base/b.h"\n'),
                                      ("lib/model/x/a.h", '#include "lib/model/b.h"\n'),
                                      ("lib/model/b.h", '#include "lib/model/x/a.h"\n'),
                                      ("tests/tools/a.cc", '#include "lib/train/a.h"\n')]), [])

    def test_an_include_up_is_named(self):
        self.assertEqual(self.broken([("lib/base/a.cc", '#include "lib/tasks/b.h"\n')]),
                         ["upward arrow: lib/base/a.cc uses lib/tasks/b.h"])

    def test_a_dependency_up_is_named_and_visibility_is_none(self):
        build = 'package(default_visibility = ["//lib/train:__subpackages__"])\ndeps = [%s]\n'
        self.assertEqual(self.broken([], [("lib/plot/BUILD", build % '"//lib/base:exit_code"')]), [])
        self.assertEqual(self.broken([], [("lib/plot/BUILD", build % '"//lib/model"')]),
                         ["upward arrow: lib/plot/BUILD uses lib/model"])

    def test_a_cycle_is_named(self):
        self.assertEqual(self.broken([("lib/base/a.cc", '#include "lib/tasks/b.h"\n'),
                                      ("lib/tasks/b.cc", '#include "lib/base/a.h"\n')])[1:],
                         ["cycle: base and tasks use each other"])

    def test_a_room_without_a_place_is_named(self):
        self.assertEqual(self.broken([("lib/new/a.cc", '#include "lib/base/b.h"\n')]),
                         ["upward arrow: lib/new/a.cc uses lib/base/b.h"])

    def test_a_full_folder_is_named_and_its_tests_are_not_counted(self):
        files = [(f"lib/base/a{i}.cc", "") for i in range(structure.MOST_FILES)]
        tests = [("lib/base/a_test.cc", ""), ("lib/base/files_for_test.h", "")]
        self.assertEqual(self.broken(files + tests), [])
        self.assertEqual(self.broken(files + tests + [("lib/base/one_more.h", "")]),
                         ["lib/base: 33 files, expected at most 32, tests aside"])

    def test_torch_in_a_room_without_it_is_named(self):
        self.assertEqual(self.broken([("lib/model/a.cc", "#include <ATen/ATen.h>\n")]), [])
        self.assertEqual(self.broken([("lib/plot/a.cc", "#include <ATen/ATen.h>\n")]),
                         ["lib/plot/a.cc: a room without LibTorch includes <ATen/ATen.h>"])


class MeasuresTest(unittest.TestCase):

    def test_places_of_an_option(self):
        flags = 'ABSL_FLAG(int32_t, count, kDefault.count, "problems");\nauto n = absl::GetFlag(FLAGS_count);\n'
        code = [Source("tools/datagen/main.cc", flags + 'groups = {"count"};\n')]
        self.assertEqual(structure.option_places(code, []), 4)
        proto = 'message A {\n  optional int32 count = 3 [(tally.option) = {help: "problems"}];\n}\n'
        self.assertEqual(structure.option_places([], [Source("lib/tasks/a.proto", proto)]), 1)

    def test_table_of_a_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "lib/base").mkdir(parents=True)
            (root / "lib/base/a.h").write_text("int A();\n" * 50)
            (root / "lib/base/a.cc").write_text('#include "lib/base/a.h"\nint A() {\n%s  return 0;\n}\n' % ("\n" * 60))
            table = structure.table(structure.read(root, ".cc", ".h"), [], [])
        for row in ("| files, of these under 40 lines | 2, 0 |", "| functions, of these over 50 lines | 1, 1 |",
                    "| longest function, tests aside | 63 lines (`A`, `lib/base/a.cc`) |",
                    "| widest fan-in | 1 files (`lib/base/a.h`) |"):
            self.assertIn(row, table.split("\n"))


class ThisTreeTest(unittest.TestCase):
    ROOT = pathlib.Path(structure.__file__).resolve().parent.parent

    def test_keeps_the_rules(self):
        code = structure.read(self.ROOT, ".cc", ".h", ".cu")
        self.assertGreater(len(code), 100)
        self.assertEqual(structure.broken(code, structure.read(self.ROOT, "BUILD")), [])

    def test_page_and_visibility_have_the_same_order(self):
        page = (self.ROOT / "docs/architecture.md").read_text()
        rooms = re.findall(r"^\| `(\w+)` \| .* \| (?:yes|no) \|$", page, re.MULTILINE)
        self.assertEqual(rooms, structure.ROOMS)
        build = (self.ROOT / "lib/BUILD").read_text().split("]")[0]
        self.assertEqual(re.findall(r'^    "(\w+)",$', build, re.MULTILINE), structure.ROOMS)

    def test_each_folder_says_its_purpose_and_who_may_use_it(self):
        builds = [build for build in structure.read(self.ROOT, "BUILD") if structure.room(build.path)]
        self.assertGreater(len(builds), 15)
        for build in builds:
            self.assertTrue(build.text.startswith("# "), build.path)
            self.assertNotIn("//visibility:public", build.text, build.path)


if __name__ == "__main__":
    unittest.main()
