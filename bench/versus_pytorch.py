"""Trains the same model on the same batches as bench/step does, in turns with it: see versus_pytorch.sh.

usage: versus_pytorch.py ROW STEP RUN DATA BATCHES THREADS TURNS SECONDS [FLAG...]    (seconds of a turn; flags of STEP)
ROW, which begins each line: published, or the width of the default recipe's model
"""

import functools
import pathlib
import statistics
import subprocess
import sys
import time

import torch
from pytorch_model import FIRST_STEPS, Recipe, Trainer, examples_of
from pytorch_published import PUBLISHED
from safetensors.torch import load_file

row, step, run, data, batches, threads, turns, seconds, *flags = sys.argv[1:]
recipe = PUBLISHED if row == "published" else Recipe()
threads, turns, seconds = int(threads), int(turns), float(seconds)
TOLERANCE = {"F32": 1e-5, "BF16": 0.02}  # of losses, in nats; in BF16 beside those of Tally in F32
AUTOCAST = functools.partial(torch.autocast, "cpu", torch.bfloat16)


def turn(trainer):
    """Tokens a second."""
    start, steps = time.perf_counter(), 0
    while steps == 0 or time.perf_counter() - start < seconds:
        trainer.step()
        steps += 1
    return steps * trainer.examples[0][0].numel() / (time.perf_counter() - start)


def tally(precision):
    """Of bench/step: first losses and tokens a second."""
    command = [step, f"--data={data}", f"--model={run}", "--losses", "--header", f"--first_steps={FIRST_STEPS}",
               f"--seconds={seconds}", "--turns=1", f"--set=train.threads={threads}",
               f"--set=train.precision={precision}", *flags]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    # The header's names have no blanks but "peak MiB", the last.
    columns = dict(zip(lines[-2].split(), lines[-1].split()))
    return [float(line) for line in lines[:FIRST_STEPS]], float(columns["tokens/s"])


def require(name, precision, losses):
    difference = max(abs(a - b) for a, b in zip(losses, expected))
    if difference <= TOLERANCE[precision]:
        return
    print(f"{name} in {precision}: losses of the first {FIRST_STEPS} steps differ by up to {difference:.2g}: found "
          f"{losses}, expected those of Tally: {expected}", file=sys.stderr)
    sys.exit(1)


def measured_tally(precision):
    losses, speed = tally(precision)
    require("Tally", precision, losses)
    return speed


def checked(precision, fused, compiled):
    """A trainer after its first steps, and how long the last of them took."""
    reduced = {"autocast": AUTOCAST, "products": torch.bfloat16} if precision == "BF16" else {}
    trainer = Trainer(weights, examples, fused, compiled, recipe=recipe, **reduced)
    losses, duration = trainer.first_losses()
    require(trainer.name, precision, losses)
    return trainer, duration


torch.set_num_threads(threads)
raw = load_file(batches)
examples = examples_of(raw)
weights = load_file(pathlib.Path(run) / "checkpoints/latest/model.safetensors")
expected, _ = tally("F32")
sides = {}  # name and precision -> a turn, in tokens/s
for precision in TOLERANCE:
    sides["Tally", precision] = functools.partial(measured_tally, precision)
    for compiled in False, True:
        # Compiled, both forms of attention are the same operators where a learned bias is the mask: no fused kernel for
        # CPUs gives that a gradient.
        forms = (False,) if compiled and recipe.model.learns_bias else (False, True)
        trainer, _ = min((checked(precision, fused, compiled) for fused in forms), key=lambda pair: pair[1])
        sides[trainer.name, precision] = functools.partial(turn, trainer)
speeds = {side: [] for side in sides}
for _ in range(turns):
    for side, measure in sides.items():
        speeds[side].append(measure())
own = {precision: statistics.median(speeds["Tally", precision]) for precision in TOLERANCE}
for (name, precision), values in speeds.items():
    middle = statistics.median(values)
    ratios = "" if name == "Tally" else (f"  Tally is {own['F32'] / middle:.2f} times as fast, in BF16 "
                                         f"{own['BF16'] / middle:.2f}")
    print(f"{row:>9s}  {precision:5s} {name:32s} {middle:9.0f} tokens/s ({min(values):.0f}..{max(values):.0f})"
          f"{ratios}", flush=True)
