"""Debian's Bazel rules, and libraries that Debian's packages installed, as Bazel repositories."""

_RULES = {
    "bazel_skylib": "/usr/share/bazel/tools/skylib",
    "platforms": "/usr/share/bazel/tools/platforms",
    "rules_java": "/usr/share/bazel/rules/java",
    "rules_proto": "/usr/share/bazel/rules/proto",
}

def debian_bazel_rules():
    """Overrides the rule sets that Bazel 4.2 would download with the folders that Debian ships."""
    for name, path in _RULES.items():
        native.local_repository(name = name, path = path)

_BUILD = """# Made by pkg_config_library in //third_party:debian.bzl.
load("@rules_cc//cc:defs.bzl", "cc_library")

cc_library(
    name = "{name}",
    copts = [],
    defines = {defines},
    linkopts = select({{
        "@tally//third_party:cuda": {static},
        "//conditions:default": {shared},
    }}),
    visibility = ["//visibility:public"],
)
"""

def _flags(repository_ctx, option):
    command = ["pkg-config", option] + repository_ctx.attr.modules
    result = repository_ctx.execute(command)
    if result.return_code != 0:
        fail("%s failed: %s\\nRun scripts/bootstrap.sh, which installs what is missing." %
             (" ".join(command), result.stderr))
    return [flag for flag in result.stdout.strip().split(" ") if flag]

def _static(repository_ctx, flags):
    """Names the archive of each library that has one, so that the binary runs where the package is not installed."""
    archives = []
    for flag in flags:
        archive = "lib%s.a" % flag[2:]
        found = flag.startswith("-l") and repository_ctx.path("/usr/lib/x86_64-linux-gnu/" + archive).exists
        archives.append("-l:" + archive if found else flag)
    return archives

def _pkg_config_library_impl(repository_ctx):
    shared = list(repository_ctx.attr.linkopts)
    defines = []
    if repository_ctx.attr.modules:
        shared += _flags(repository_ctx, "--libs")
        defines = [f[2:] for f in _flags(repository_ctx, "--cflags") if f.startswith("-D")]
    repository_ctx.file("BUILD", _BUILD.format(
        name = repository_ctx.name,
        defines = repr(defines),
        shared = repr(shared),
        # Archives need a group: pkg-config's order does not serve when several modules are linked at once.
        static = repr(["-Wl,--start-group"] + _static(repository_ctx, shared) + ["-Wl,--end-group"]),
    ))

pkg_config_library = repository_rule(
    doc = "A cc_library for an installed package: shared by default, its archives under --config=cuda.",
    implementation = _pkg_config_library_impl,
    attrs = {
        "linkopts": attr.string_list(doc = "linker flags, for packages without a pkg-config file"),
        "modules": attr.string_list(doc = "pkg-config module names"),
    },
    local = True,
)
