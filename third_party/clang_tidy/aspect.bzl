"""clang-tidy over the sources of a target, one cached action a file: bazel build --config=tidy //lib/base/..."""

_STANDARD = "-std=c++20"

def _flags(ctx, compilation):
    """What the compiler of the build gets that changes how a source reads."""
    flags = [_STANDARD]
    flags += ["-D" + define for define in compilation.defines.to_list() + compilation.local_defines.to_list()]
    flags += ["-D" + define for define in getattr(ctx.rule.attr, "local_defines", [])]
    flags += ["-I" + folder for folder in compilation.includes.to_list()]
    for folder in compilation.quote_includes.to_list():
        flags += ["-iquote", folder]
    # Others' headers are not ours to mend.
    for folder in compilation.system_includes.to_list():
        flags += ["-isystem", folder]
    return flags

def _tidy(ctx, source, compilation):
    report = ctx.actions.declare_file("%s.%s.tidy" % (ctx.label.name, source.basename))
    ctx.actions.run(
        mnemonic = "ClangTidy",
        progress_message = "clang-tidy " + source.short_path,
        executable = ctx.executable._clang_tidy,
        arguments = [report.path, ctx.file._config.path, source.path] + _flags(ctx, compilation),
        inputs = depset([source, ctx.file._config], transitive = [compilation.headers]),
        outputs = [report],
    )
    return report

def _clang_tidy_impl(target, ctx):
    if CcInfo not in target or not hasattr(ctx.rule.files, "srcs"):
        return []
    sources = [source for source in ctx.rule.files.srcs if source.is_source and source.extension == "cc"]
    compilation = target[CcInfo].compilation_context
    return [OutputGroupInfo(tidy = depset([_tidy(ctx, source, compilation) for source in sources]))]

clang_tidy = aspect(
    doc = "Output group `tidy`: an empty report for each source that .clang-tidy finds nothing in; else the build fails.",
    implementation = _clang_tidy_impl,
    attrs = {
        "_clang_tidy": attr.label(
            default = "//third_party/clang_tidy:run",
            cfg = "host",
            executable = True,
        ),
        "_config": attr.label(
            default = "//:.clang-tidy",
            allow_single_file = True,
        ),
    },
)
