"""Python packages that tests compare Tally's files with (third_party/fetch_python.sh)."""

_BUILD = """# Made by python_packages in //third_party:python.bzl.
filegroup(
    name = "site",
    srcs = glob(["site/**/*.py", "site/**/*.so*"]),
    visibility = ["//visibility:public"],
)
"""

def _python_packages_impl(repository_ctx):
    fetch = repository_ctx.path(Label("//third_party:fetch_python.sh"))
    repository_ctx.path(Label("//third_party:python_requirements.txt"))
    result = repository_ctx.execute([fetch], timeout = 600, quiet = False)
    if result.return_code != 0:
        fail("third_party/fetch_python.sh failed; its message is above.")
    repository_ctx.symlink(result.stdout.strip().split("\n")[-1], "site")
    repository_ctx.file("BUILD", _BUILD)

python_packages = repository_rule(
    implementation = _python_packages_impl,
    environ = ["TALLY_CACHE"],
)
