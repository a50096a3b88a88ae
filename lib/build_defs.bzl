"""The rules that Tally's own code is built with: one place for warnings, sizes and sanitizer tags."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-sign-compare",
]

# For loops over SIMD vectors, which want what -O3 does to short ones; not under sanitizers, whose checks it multiplies.
VECTOR_COPTS = select({
    "//third_party:sanitizer": [],
    "//conditions:default": ["-O3"],
})

# Debian's Abseil is compiled without ThreadSanitizer, which must be told of its locks.
_SANITIZER_DEPS = select({
    "//third_party:tsan": ["//third_party/thread_sanitizer:absl_mutex"],
    "//conditions:default": [],
})

def tally_cc_library(name, copts = [], **kwargs):
    """A library of one header and its implementation."""
    cc_library(name = name, copts = _COPTS + copts, **kwargs)

def tally_cuda_library(name, src, hdrs, otherwise, **kwargs):
    """Kernels in `src` with --config=cuda where there is a CUDA toolkit; else `otherwise`, which has the same names."""
    native.genrule(
        name = name + "_object",
        srcs = [src, otherwise] + hdrs,
        outs = [name + ".o"],
        cmd = "$(location @cuda_headers//:compile_kernels) $(location %s) $(location %s) $@" % (src, otherwise),
        tools = ["@cuda_headers//:compile_kernels"],
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    cc_library(
        name = name,
        srcs = select({
            "//third_party:cuda": [name + ".o"],
            "//conditions:default": [otherwise],
        }),
        hdrs = hdrs,
        copts = _COPTS,
        **kwargs
    )

def tally_cc_binary(name, deps = [], copts = [], **kwargs):
    cc_binary(name = name, copts = _COPTS + copts, deps = deps + _SANITIZER_DEPS, **kwargs)

def tally_cc_test(name, deps = [], copts = [], size = "small", **kwargs):
    """A GoogleTest test; `size` bounds its time (small: one minute)."""
    cc_test(
        name = name,
        size = size,
        copts = _COPTS + copts,
        deps = deps + ["@googletest"] + _SANITIZER_DEPS,
        **kwargs
    )

def tally_cc_benchmark(name, deps = [], copts = [], **kwargs):
    """A Google Benchmark program: bazel run it with -c opt."""
    cc_binary(
        name = name,
        copts = _COPTS + copts,
        testonly = True,
        deps = deps + ["@benchmark"],
        **kwargs
    )

def tally_python_source(name, constant, **kwargs):
    """NAME.h: the text of the program NAME.py as a constant, so that a binary that runs it needs no other file."""
    native.genrule(
        name = name,
        srcs = [name + ".py"],
        outs = [name + ".h"],
        cmd = "(echo 'namespace tally { constexpr char %s[] = R\"PYTHON(' && cat $< && " % constant +
              "echo ')PYTHON\"; }') > $@",
        **kwargs
    )

def tally_cc_proto_library(name, src, imports = [], deps = [], **kwargs):
    """C++ code for the messages of one .proto file, made by the installed protoc.

    imports: the .proto files that it imports, as labels; deps has the libraries made of them.
    """
    base = src[:-len(".proto")]
    native.genrule(
        name = name + "_protoc",
        srcs = [src] + imports,
        outs = [base + ".pb.h", base + ".pb.cc"],
        cmd = "protoc --proto_path=. --cpp_out=$(GENDIR) $(location %s)" % src,
        visibility = ["//visibility:private"],
    )
    cc_library(
        name = name,
        srcs = [base + ".pb.cc"],
        hdrs = [base + ".pb.h"],
        deps = deps + ["@protobuf"],
        **kwargs
    )
