"""LibTorch 2.11.0, from LIBTORCH_ROOT where that is set, else from the pinned wheel (third_party/fetch_libtorch.sh)."""

_BUILD = """# Made by libtorch_repository in //third_party:libtorch.bzl.
load("@rules_cc//cc:defs.bzl", "cc_library")

_CPU = ["-L{lib}", "-Wl,-rpath,{lib}", "-ltorch_cpu", "-lc10"]

_CUDA = [
    "-Wl,--no-as-needed",
    "-ltorch_cuda",
    "-lc10_cuda",
    "-l:libcudart.so.13",
    "-Wl,--as-needed",
    # What libtorch_cuda.so itself needs is looked up beside it, and on the machine with the device.
    "-Wl,--allow-shlib-undefined",
]

cc_library(
    name = "libtorch",
    hdrs = glob(["include/**"]),
    includes = [
        "include",
        "include/torch/csrc/api/include",
    ],
    linkopts = _CPU + select({{
        "@tally//third_party:cuda": _CUDA,
        "//conditions:default": [],
    }}),
    visibility = ["//visibility:public"],
)
"""

def _libtorch_repository_impl(repository_ctx):
    root = repository_ctx.os.environ.get("LIBTORCH_ROOT")
    if not root:
        fetch = repository_ctx.path(Label("//third_party:fetch_libtorch.sh"))
        result = repository_ctx.execute([fetch], timeout = 1800, quiet = False)
        if result.return_code != 0:
            fail("third_party/fetch_libtorch.sh failed; its message is above.")
        root = result.stdout.strip().split("\n")[-1]
    if not repository_ctx.path(root + "/lib/libtorch_cpu.so").exists:
        fail("LIBTORCH_ROOT=%s holds no lib/libtorch_cpu.so." % root)
    # google/ and fmt/ are copies that LibTorch was built with. They would shadow the system's and do not compile.
    for entry in repository_ctx.path(root + "/include").readdir():
        if entry.basename not in ["google", "fmt"]:
            repository_ctx.symlink(entry, "include/" + entry.basename)
    repository_ctx.file("BUILD", _BUILD.format(lib = root + "/lib"))

libtorch_repository = repository_rule(
    implementation = _libtorch_repository_impl,
    environ = ["LIBTORCH_ROOT", "TALLY_CACHE"],
    local = False,
)
