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

# usage: compile_kernels KERNELS.cu OTHERWISE.cc OUT.o; machine code for Turing, Ampere and Hopper, and code that drivers
# compile for what comes after them. The version is there so that another toolkit compiles anew.
_WITH_NVCC = """#!/bin/sh
# {version}
exec {root}/bin/nvcc -c "$1" -o "$3" -I. -O3 -std=c++20 -Werror=all-warnings -Xcompiler=-fPIC \\
  -gencode=arch=compute_75,code=sm_75 -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=[sm_90,compute_90]
"""

_WITHOUT_NVCC = """#!/bin/sh
echo "{root}/bin/nvcc is missing: CUDA devices get LibTorch's operators alone." >&2
exec gcc -c "$2" -o "$3" -I. -O2 -std=c++20 -fPIC
"""

def _compile_script(repository_ctx, root):
    nvcc = repository_ctx.path(root + "/bin/nvcc")
    if not nvcc.exists:
        return _WITHOUT_NVCC.format(root = root)
    version = repository_ctx.execute([nvcc, "--version"]).stdout.strip().split("\n")[-1]
    return _WITH_NVCC.format(root = root, version = version)

def _cuda_headers_repository_impl(repository_ctx):
    root = repository_ctx.os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = repository_ctx.path(root + "/include/nccl.h").exists
    if found:
        repository_ctx.symlink(root + "/include", "include")
    else:
        # buildifier: disable=print
        print("%s/include/nccl.h is missing: binaries are built without NCCL, and train on one device each." % root)
    repository_ctx.file("compile_kernels.sh", _compile_script(repository_ctx, root), executable = True)
    defines = ["TALLY_NCCL"] if found else []
    if found and repository_ctx.path(root + "/include/cuda_runtime_api.h").exists:
        defines.append("TALLY_CUDA_RUNTIME")
    repository_ctx.file("BUILD", _BUILD.format(defines = defines))

cuda_headers_repository = repository_rule(
    implementation = _cuda_headers_repository_impl,
    environ = ["CUDA_HOME"],
)
