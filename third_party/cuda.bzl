"""A CUDA toolkit's compiler and headers, and NCCL's, from CUDA_HOME or /usr/local/cuda: only --config=cuda asks for
them."""

_BUILD = """# Made by cuda_headers_repository in //third_party:cuda.bzl.
load("@rules_cc//cc:defs.bzl", "cc_library")

cc_library(
    name = "cuda_headers",
    hdrs = glob(["include/**"], allow_empty = True),
    defines = {defines},
    includes = ["include"],
    visibility = ["//visibility:public"],
)

sh_binary(
    name = "compile_kernels",
    srcs = ["compile_kernels.sh"],
    visibility = ["//visibility:public"],
)
"""

# usage: compile_kernels KERNELS.cu OTHERWISE.cc OUT.o; machine code for Ampere and Hopper, and code that drivers compile
# for what comes after them.
_COMPILE = """#!/bin/sh
set -e
if [ -x {root}/bin/nvcc ]; then
  exec {root}/bin/nvcc -c "$1" -o "$3" -I. -O3 -std=c++20 -Werror=all-warnings -Xcompiler=-fPIC \\
    -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=[sm_90,compute_90]
fi
echo "{root}/bin/nvcc is missing: CUDA devices get LibTorch's operators alone." >&2
exec gcc -c "$2" -o "$3" -I. -O2 -std=c++20 -fPIC
"""

def _cuda_headers_repository_impl(repository_ctx):
    root = repository_ctx.os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = repository_ctx.path(root + "/include/nccl.h").exists
    if found:
        repository_ctx.symlink(root + "/include", "include")
    else:
        # buildifier: disable=print
        print("%s/include/nccl.h is missing: binaries are built without NCCL, and train on one device each." % root)
    repository_ctx.file("compile_kernels.sh", _COMPILE.format(root = root), executable = True)
    repository_ctx.file("BUILD", _BUILD.format(defines = ["TALLY_NCCL"] if found else []))

cuda_headers_repository = repository_rule(
    implementation = _cuda_headers_repository_impl,
    environ = ["CUDA_HOME"],
)
