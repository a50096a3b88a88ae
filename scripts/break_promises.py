#!/usr/bin/env python3
"""Breaks each promise of docs/reliability.md on purpose, and demands that its test fails.

usage: scripts/break_promises.py [PROMISE...]    without names all of them; --list prints them

  1. What is committed is cloned into out/promises, where Bazel builds it.
  2. For each promise one piece of the code that keeps it is replaced, and the test is run.
  3. A promise is guarded where the test then fails. Where it passes, or does not build, this says so and exits with 1.
The clone stays, so that the next time builds only what has changed.
"""

import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLONE = ROOT / "out" / "promises"
PASSED, FAILED = 0, 3  # exit codes of bazel test

# Name: (file, what stands there, what is put in its place, test).
PROMISES = {
    "a file is whole or absent": (
        "lib/base/atomic_file.cc", "std::string temporary = TemporaryName(path);", "std::string temporary = path;",
        "//lib/base:atomic_file_test"),
    "a failure leaves no temporary file": (
        "lib/base/atomic_file.cc", "if (!committed_) unlink(temporary_.c_str());", "",
        "//lib/base:atomic_file_test"),
    "a full disk is an error": (
        "lib/base/atomic_file.cc", 'if (written < 0) return Failed("write", path, errno);',
        "if (written < 0) return absl::OkStatus();", "//lib/base:atomic_file_test"),
    "a record of a log is whole or absent": (
        "lib/base/os/append_file.cc", "if (torn > 0 &&", "if (torn < 0 &&", "//lib/base/os:append_file_test"),
    "a disk that does not answer is no absence": (
        "lib/base/os/path_exists.cc", "if (status.type() == std::filesystem::file_type::not_found) return false;",
        "return false;", "//lib/base/os:path_exists_test"),
    "an input that is cut off is named": (
        "lib/base/mapped_file.cc", "  CatchLostPages();\n  Remember", "  Remember", "//lib/base:mapped_file_test"),
    "a second training is refused": (
        "lib/runs/run_lock.cc", 'if (has_locks) return HeldError(run_, holder, "");',
        "if (has_locks) return absl::OkStatus();", "//lib/runs:run_lock_test"),
    "nothing is written into a folder that took a run's place": (
        "lib/runs/run_lock.cc", "if (stayed) return run_;", "return run_;", "//lib/runs:run_lock_test"),
    "a disk that does not answer is no moved run": (
        "lib/runs/run_lock.cc", "if (!known && (errno == ENOENT || errno == ENOTDIR)) return false;",
        "if (!known) return false;",
        "//lib/runs:run_lock_test"),
    "a checkpoint that lies about its sizes is refused": (
        "lib/checkpoint/saved_tensor.cc", "if (FitsItsStorage(tensor)) return tensor;",
        "if (FitsItsStorage(tensor) || true) return tensor;", "//lib/checkpoint:saved_tensor_test"),
    "the log of a long run thins out": (
        "lib/runs/training_log.cc", "step / every / kFinestLines + 1", "1", "//lib/runs:training_log_test"),
    "the time of day does not matter": (
        "lib/base/os/steady_clock.h", "std::chrono::steady_clock", "std::chrono::system_clock",
        "//tests/faults:signals_test"),
    "random numbers never change": (
        "lib/base/random.cc", "stream_, next_block_++}};", "stream_ + 1, next_block_++}};", "//lib/base:random_test"),
    "shards together are the whole": (
        "lib/base/shard.cc", "static_cast<__int128>(n) * index / count);",
        "static_cast<__int128>(n) * index / (count + 1));", "//tests/tools:pipeline_test"),
    "a damaged checkpoint is refused": (
        "lib/checkpoint/done_file.cc", "if (found == listed) return absl::OkStatus();", "return absl::OkStatus();",
        "//lib/checkpoint:done_file_test"),
    "an edited configuration is refused": (
        "lib/checkpoint/done_file.cc", "hex == HexHash(lines) ? HashLine::kRight : HashLine::kWrong",
        "HashLine::kRight", "//lib/runs:run_folder_test"),
    "a continued run keeps its configuration": (
        "lib/runs/run_folder.cc", "if (differencer.Compare(a, b)) return absl::OkStatus();",
        "return absl::OkStatus();", "//lib/runs:run_folder_test"),
    "a stopped run continues to the bytes of an unbroken one": (
        "lib/runs/checkpoint_manager.cc", "TALLY_RETURN_IF_ERROR(parts_.optimizer->Restore(*trainer, state->step));",
        "",
        "//tests/tools:resume_test"),
    "metrics have no step twice": (
        "lib/runs/metrics.cc", "if (step >= 0 && step <= last_step)", "if (step >= 0)", "//lib/runs:metrics_test"),
    "scoring equals decoding": (
        "lib/model/draws.cc", "states = {seed, samples, begin, seq,", "states = {seed, samples, 0, seq - begin,",
        "//lib/eval:eval_property_test"),
    "a fast operator equals the plain one": (
        "lib/kernels/feed_forward/geglu_simd.cc", "hn::Sub(Broadcast(1), tail)", "hn::Sub(Broadcast(1.001f), tail)",
        "//lib/kernels/feed_forward:geglu_simd_test"),
    "a step that is not finite moves no weight": (
        "lib/train/train_step.cc", "if (!result.finite) return result;", "", "//lib/train:train_step_test"),
}


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def prepare():
    if not (CLONE / ".git").exists():
        CLONE.parent.mkdir(exist_ok=True)
        run("git", "clone", "--quiet", ROOT, CLONE)
    head = run("git", "rev-parse", "HEAD", cwd=ROOT, capture_output=True, text=True).stdout.strip()
    run("git", "fetch", "--quiet", ROOT, head, cwd=CLONE)
    run("git", "reset", "--quiet", "--hard", head, cwd=CLONE)


def test_result(test, path):
    # Without warnings for the file: what is broken may leave a function or a parameter unused.
    done = subprocess.run(["bazel", "test", "--test_output=errors", "--test_tag_filters=", f"--per_file_copt={path}@-w",
                           test], cwd=CLONE, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def break_promise(path, there, instead, test):
    """What is wrong with the promise's guard; "" where the test fails as it should."""
    file = CLONE / path
    text = file.read_text(encoding="utf-8")
    if there not in text:
        return f"{path}: not found: {there}"
    file.write_text(text.replace(there, instead), encoding="utf-8")
    try:
        code, output = test_result(test, path)
    finally:
        file.write_text(text, encoding="utf-8")
    if code == FAILED:
        return ""
    return f"{test} passes all the same" if code == PASSED else f"{test} does not build:\n{output[-2000:]}"


def main():
    names = sys.argv[1:] or list(PROMISES)
    if names == ["--list"]:
        print("\n".join(PROMISES))
        return 0
    unknown = [name for name in names if name not in PROMISES]
    if unknown:
        print(f"scripts/break_promises.py: no promise {unknown[0]!r}; --list prints them", file=sys.stderr)
        return 2
    prepare()
    bad = 0
    for number, name in enumerate(names, 1):
        started = time.monotonic()
        wrong = break_promise(*PROMISES[name])
        bad += wrong != ""
        print(f"{number:2} of {len(names)}  {'guarded' if not wrong else 'NOT GUARDED'}  {name}"
              f"  ({PROMISES[name][3]}, {time.monotonic() - started:.0f} s){': ' + wrong if wrong else ''}", flush=True)
    run("bazel", "shutdown", cwd=CLONE)
    print(f"{len(names) - bad} guarded, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
