"""A fuzz target: the laws of one reader (fuzz_target.h), run in two ways."""

load("//lib:build_defs.bzl", "tally_cc_binary", "tally_cc_library", "tally_cc_test")

def tally_fuzz_target(name, deps = []):
    """NAME_fuzzer.cc as NAME_fuzzer, which libFuzzer drives (scripts/fuzz.sh), and as NAME_replay_test."""
    tally_cc_library(
        name = name + "_laws",
        testonly = True,
        srcs = [name + "_fuzzer.cc"],
        deps = deps + [
            ":fuzz_target",
            "//lib/base:exit_code",
            "@absl",
        ],
        alwayslink = True,
    )
    tally_cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [
            ":libfuzzer_main",
            name + "_laws",
        ],
    )
    tally_cc_test(
        name = name + "_replay_test",
        deps = [
            ":replay",
            name + "_laws",
        ],
    )
