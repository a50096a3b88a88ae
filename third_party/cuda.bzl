"""The headers of a CUDA toolkit and NCCL, from CUDA_HOME or /usr/local/cuda: only --config=cuda asks for them."""

_BUILD = """# Made by cuda_headers_repository in //third_party:cuda.bzl.
load("@rules_cc//cc:defs.bzl", "cc_library")

cc_library(
    name = "cuda_headers",
    hdrs = glob(["include/**"], allow_empty = True),
    defines = {defines},
    includes = ["include"],
    visibility = ["//visibility:public"],
)
"""

def _cuda_headers_repository_impl(repository_ctx):
    root = repository_ctx.os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = repository_ctx.path(root + "/include/nccl.h").exists
    if found:
        repository_ctx.symlink(root + "/include", "include")
    else:
        # buildifier: disable=print
        print("%s/include/nccl.h is missing: binaries are built without NCCL, and train on one device each." % root)
    repository_ctx.file("BUILD", _BUILD.format(defines = ["TALLY_NCCL"] if found else []))

cuda_headers_repository = repository_rule(
    implementation = _cuda_headers_repository_impl,
    environ = ["CUDA_HOME"],
)
