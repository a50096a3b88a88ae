"""Strikes Tally's tools with faults of the disk and of the machine, and checks that nothing is lost.

usage: faults.py LIBFAULT [TRIALS] [SEED]    the tools are found on PATH

  1. Each job (JOBS) runs once as it is: its outputs are what is right.
  2. A trial draws a job, a kind of fault and the call that it strikes (fault_plan.h), and runs the job in a fresh
     folder; one in three strikes what continues once more.
  3. After each strike: the exit code is 73 or 74 with a message that names the file and the reason, or 0 where the
     fault does no harm, or the kill's own; each output is absent, as it was before, or right to the byte.
  4. The same command without a fault then ends in the bytes of step 1.
Prints a table of what was struck; exit code 1 and the command of the first trials that broke a promise, if any did.
"""
import collections
import dataclasses
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SMALL_MODEL = ["--threads=1", "--set=model.hidden_size=16", "--set=model.attention.heads=2", "--set=train.batch_size=8"]
TRAIN = ["train", "--data=tokens.safetensors", "--resume", "--out=run", *SMALL_MODEL, "--set=train.log_every_steps=1",
         "--set=train.save_every_steps=3", "--set=train.validation_data=held_out.safetensors",
         "--set=train.eval_every_steps=5", "--set=train.ema_decay=0.9"]
GRID = ["eval", "--model=model", "--rows=1..3", "--cols=1..2", "--samples=5", "--threads=1"]

SECONDS = 300  # for one command, on a machine that does much else

FAILURES = {"disk_full": "No space left on device", "quota": "Disk quota exceeded",
            "read_only": "Read-only file system", "write_error": "Input/output error",
            "failing_fsync": "Input/output error", "read_error": "Input/output error",
            "stale_handle": "Stale file handle"}
HARMLESS = ["slow_fsync", "short_write", "short_read", "interrupted", "no_locks"]
CRASHES = ["crash_before", "crash_after", "power_cut"]
KINDS = [*FAILURES, *HARMLESS, *CRASHES]
# A tool that succeeds although one of these failed has lied.
MUST_FAIL = {"write", "pwrite", "fsync", "rename"}


@dataclasses.dataclass
class Job:
    name: str
    command: list
    inputs: list
    outputs: list
    counts: dict = dataclasses.field(default_factory=dict)  # calls that match a kind
    right: dict = dataclasses.field(default_factory=dict)  # bytes of each output

    @property
    def trains(self):
        return self.command[0] == "train"

    @property
    def continues(self):
        """Whether what was stopped is kept for the next time."""
        return self.trains or self.name == "eval"


JOBS = [
    Job("datagen", ["datagen", "--count=30000", "--max_digits=9", "--seed=1", "--out=out.txt"], [], ["out.txt"]),
    Job("tokenize", ["tokenize", "--in=problems.txt", "--shuffle", "--out=out.safetensors", "--test_fraction=0.2",
                     "--test_out=test.safetensors"], ["problems.txt"], ["out.safetensors", "test.safetensors"]),
    Job("train", [*TRAIN, "--steps=10", "--keep_last=2"], ["tokens.safetensors", "held_out.safetensors"], []),
    Job("resume", [*TRAIN, "--steps=10", "--keep_last=2"], ["tokens.safetensors", "held_out.safetensors", "run"], []),
    Job("eval", [*GRID, "--out=out.jsonl", "--log_samples=wrong.jsonl", "--log_answers=answers.jsonl"], ["model"],
        ["out.jsonl", "wrong.jsonl", "answers.jsonl"]),
    Job("merge", ["eval", "merge", "0.jsonl", "1.jsonl", "--out=out.jsonl"], ["0.jsonl", "1.jsonl"], ["out.jsonl"]),
    Job("plot", ["plot", "cells.jsonl", "--out=out.svg"], ["cells.jsonl"], ["out.svg"]),
    Job("report", ["plot", "report", "model", "cells.jsonl", "--out=out.html"], ["model", "cells.jsonl"],
        ["out.html"]),
]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def run(command, folder, **environment):
    """How the command ended; exit code 124: not within SECONDS."""
    try:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
                              check=False, env={**os.environ, **environment}, errors="replace")
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(command, 124, "", f"not done after {SECONDS} s; {late.stderr}")


def must(command, folder, stdin=subprocess.DEVNULL):
    return subprocess.run(command, cwd=folder, stdin=stdin, capture_output=True, timeout=SECONDS, check=True)


class Trouble(Exception):
    """A promise that was broken."""


class Bench:
    """The inputs of all jobs, their right outputs, and a folder for trials."""

    def __init__(self, folder, injector):
        self.given, self.work, self.injector = f"{folder}/given", f"{folder}/work", os.path.abspath(injector)
        self.report = f"{folder}/report"
        os.mkdir(self.given)
        self.make_inputs()
        for job in JOBS:
            self.learn(job)

    def make_inputs(self):
        must(["datagen", "--count=2000", "--max_digits=6", "--seed=1", "--out=problems.txt"], self.given)
        must(["datagen", "--count=20", "--max_digits=6", "--seed=2", "--out=held_out.txt"], self.given)
        must(["tokenize", "--in=problems.txt", "--out=tokens.safetensors"], self.given)
        must(["tokenize", "--in=held_out.txt", "--out=held_out.safetensors"], self.given)
        must([*TRAIN, "--steps=10", "--keep_last=0", "--out=model"], self.given)
        must([*TRAIN, "--steps=6", "--keep_last=0"], self.given)
        for shard in "01":
            must([*GRID, f"--shard={shard}/2", f"--out={shard}.jsonl"], self.given)
        must(["eval", "merge", "0.jsonl", "1.jsonl", "--out=cells.jsonl"], self.given)

    def learn(self, job):
        self.prepare(job)
        must(job.command, self.work)
        job.right = {name: read(f"{self.work}/{name}") for name in job.outputs}

    def count(self, job, kind):
        if kind not in job.counts:
            self.prepare(job)
            self.strike(job, kind, 0, False, 0)
            job.counts[kind] = int(read(self.report).split()[-1])
        return job.counts[kind]

    def prepare(self, job):
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        for name in job.inputs:
            source = f"{self.given}/{name}"
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, f"{self.work}/{name}", **({"symlinks": True} if os.path.isdir(source) else {}))

    def strike(self, job, kind, at, stays, seed):
        """How the job ended, and the calls that were struck, each with its path."""
        if os.path.exists(self.report):
            os.remove(self.report)
        ended = run(job.command, self.work, LD_PRELOAD=self.injector, FAULT_KIND=kind, FAULT_FOLDER=self.work,
                    FAULT_PROGRAM=job.command[0], FAULT_AT=str(at), FAULT_STAYS=str(int(stays)), FAULT_SEED=str(seed),
                    FAULT_REPORT=self.report)
        lines = read(self.report).decode().splitlines() if os.path.exists(self.report) else []
        return ended, [tuple(line.split(" ", 1)) for line in lines]


def names_of(path, job):
    """What a message may call the file: its name, the one that it was to get, or its folder's."""
    if path.endswith("/work"):
        return job.outputs  # "out.txt: cannot write the folder"
    if path.endswith(" (deleted)"):
        return ["temporary file"]  # which has no name
    parts = [re.sub(r"^\.(.*?)\.tmp.*$", r"\1", part) for part in path.split("/")]
    return [part for part in parts[-2:] if part]


def check_end(job, kind, ended, struck):
    """The exit code and the message."""
    code, message = ended.returncode, ended.stderr.strip()
    if kind in CRASHES:
        if struck and code != -signal.SIGKILL:
            raise Trouble(f"exit code {code}, expected that of a kill")
        return "crashed"
    if code == 0:
        lied = [call for call, _ in struck if kind in FAILURES and call in MUST_FAIL]
        if lied:
            raise Trouble(f"exit code 0 although {lied[0]} failed")
        return "no harm"
    if kind not in FAILURES:
        raise Trouble(f"exit code {code}, expected 0")
    if code not in (73, 74):
        raise Trouble(f"exit code {code}, expected 73 or 74")
    if FAILURES[kind] not in message:
        raise Trouble(f"the message lacks the reason, {FAILURES[kind]}")
    if not any(name in message for _, path in struck for name in names_of(path, job)):
        raise Trouble(f"the message names none of {struck[:3]}")
    return f"exit {code}"


def check_outputs(bench, job, older, complete):
    for name in job.outputs:
        path = f"{bench.work}/{name}"
        if not os.path.exists(path):
            if complete or older:
                raise Trouble(f"{name} is gone")
        elif read(path) != job.right[name] and (complete or read(path) != older):
            raise Trouble(f"{name} is neither right nor as it was")
    if job.trains:
        check_run(bench, complete)


def check_run(bench, complete):
    """Checkpoints that are said to be whole hold what the unbroken run had at that step."""
    checkpoints = f"{bench.work}/run/checkpoints"
    for folder in sorted(os.listdir(checkpoints)) if os.path.isdir(checkpoints) else []:
        if not folder.startswith("step_") or not os.path.exists(f"{checkpoints}/{folder}/DONE"):
            continue
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            if read(f"{checkpoints}/{folder}/{name}") != read(f"{bench.given}/model/checkpoints/{folder}/{name}"):
                raise Trouble(f"{folder}/{name} differs from that of the unbroken run")
    if not complete:
        return
    for link in ("latest", "best"):
        if os.readlink(f"{checkpoints}/{link}") != os.readlink(f"{bench.given}/model/checkpoints/{link}"):
            raise Trouble(f"{link} points elsewhere than in the unbroken run")
    steps = re.findall(rb'(?m)^\{"step":(\d+),', read(f"{bench.work}/run/metrics.jsonl"))
    if steps != [b"%d" % step for step in range(1, 11)]:
        raise Trouble(f"metrics.jsonl has the steps {steps}, expected each of 1..10 once")


def leftovers(bench):
    """Temporary files, and what a stopped evaluation keeps."""
    return [f"{folder}/{name}" for folder, _, names in os.walk(bench.work) for name in names
            if re.match(r"\..*tmp", name) or name.endswith(".partial")]


def trial(bench, draw, log):
    """One trial; adds what was struck to `log`, and raises Trouble with the way to repeat it."""
    job = draw.choice(JOBS)
    kind = draw.choice([kind for kind in KINDS if bench.count(job, kind) > 0])
    older = b"older\n" if job.outputs and draw.random() < 0.5 else b""
    bench.prepare(job)
    for name in job.outputs if older else []:
        with open(f"{bench.work}/{name}", "wb") as file:
            file.write(older)
    story = []
    try:
        for _ in range(2 if draw.random() < 1 / 3 else 1):
            at, stays, seed = draw.randint(1, bench.count(job, kind)), draw.random() < 0.4, draw.getrandbits(32)
            story.append(f"FAULT_KIND={kind} FAULT_AT={at} FAULT_STAYS={int(stays)} FAULT_SEED={seed}")
            ended, struck = bench.strike(job, kind, at, stays, seed)
            story += [f"  struck {call} {path}" for call, path in struck[:2]]
            story.append(f"  exit code {ended.returncode}: {ended.stderr.strip()[-300:]}")
            outcome = check_end(job, kind, ended, struck) if struck else "not struck"
            log[kind, outcome] += 1
            check_outputs(bench, job, older, complete=ended.returncode == 0)
            clean = kind not in CRASHES and all(call != "unlink" for call, _ in struck)
            if clean and not job.continues and leftovers(bench):
                raise Trouble(f"left behind: {leftovers(bench)}")
        again = run(job.command, bench.work)
        story.append(f"  again: exit code {again.returncode}: {again.stderr.strip()[-300:]}")
        if again.returncode != 0:
            raise Trouble(f"exit code {again.returncode} without a fault")
        check_outputs(bench, job, older, complete=True)
        if job.trains and leftovers(bench):
            raise Trouble(f"left behind: {leftovers(bench)}")
    except Trouble as trouble:
        raise Trouble("\n".join([f"{job.name}: {trouble}", " ".join(job.command), *story])) from None


def print_table(log):
    outcomes = sorted({outcome for _, outcome in log})
    print(f"{'fault':15}" + "".join(f"{outcome:>12}" for outcome in outcomes))
    for kind in KINDS:
        print(f"{kind:15}" + "".join(f"{log[kind, outcome]:12}" for outcome in outcomes))


def main():
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().getrandbits(32)
    draw, log, troubles, started = random.Random(seed), collections.Counter(), 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(os.path.realpath(folder), sys.argv[1])
        for number in range(1, trials + 1):
            try:
                trial(bench, draw, log)
            except Trouble as trouble:
                troubles += 1
                print(f"trial {number}, {trouble}\n", flush=True)
                if troubles >= 20:
                    break
            except KeyboardInterrupt:
                trials = number - 1
                break
            if number % 25 == 0:
                print(f"{number}/{trials} trials, {troubles} broke a promise, {time.monotonic() - started:.0f} s",
                      file=sys.stderr, flush=True)
    print_table(log)
    struck = sum(count for (_, outcome), count in log.items() if outcome != "not struck")
    print(f"seed {seed}: {trials} trials, {struck} faults, {troubles} promises broken")
    return 1 if troubles or struck == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
