"""Trains the same model on the same batches as bench/step does, in turns with it: see versus_pytorch.sh.

usage: versus_pytorch.py STEP RUN DATA BATCHES THREADS TURNS SECONDS    (of a turn)
"""

import pathlib
import statistics
import subprocess
import sys
import time

import torch
from pytorch_model import FIRST_STEPS, Trainer
from safetensors.torch import load_file

step, run, data, batches, threads, turns, seconds = sys.argv[1:]
threads, turns, seconds = int(threads), int(turns), float(seconds)
TOLERANCE = 1e-5  # of losses, in nats


def turn(trainer):
    """Tokens a second."""
    start, steps = time.perf_counter(), 0
    while steps == 0 or time.perf_counter() - start < seconds:
        trainer.step()
        steps += 1
    return steps * trainer.examples[0][0].numel() / (time.perf_counter() - start)


def tally():
    """bench/step's first losses and tokens a second."""
    command = [step, f"--data={data}", f"--model={run}", "--losses", "--header", f"--first_steps={FIRST_STEPS}",
               f"--seconds={seconds}", "--turns=1", f"--set=train.threads={threads}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    # The header's names have no blanks but "peak MiB", the last.
    columns = dict(zip(lines[-2].split(), lines[-1].split()))
    return [float(line) for line in lines[:FIRST_STEPS]], float(columns["tokens/s"])


def agrees(name, losses, expected):
    difference = max(abs(a - b) for a, b in zip(losses, expected))
    if difference <= TOLERANCE:
        return True
    print(f"{name}: losses of the first {FIRST_STEPS} steps differ by up to {difference:.2g}: found "
          f"{losses}, expected those of Tally: {expected}", file=sys.stderr)
    return False


def checked(weights, examples, expected, fused, compiled):
    """A trainer after its first steps, and how long the last of them took."""
    trainer = Trainer(weights, examples, fused, compiled)
    losses, duration = trainer.first_losses()
    if not agrees(trainer.name, losses, expected):
        sys.exit(1)
    return trainer, duration


torch.set_num_threads(threads)
raw = load_file(batches)
examples = [(raw[f"ids.{k}"], raw[f"labels.{k}"], raw[f"rows.{k}"]) for k in range(len(raw) // 3)]
weights = load_file(pathlib.Path(run) / "checkpoints/latest/model.safetensors")
expected, _ = tally()
eager = [checked(weights, examples, expected, fused, compiled=False) for fused in (False, True)]
# Compiled, both forms of attention are the same operators: no fused kernel for CPUs gives the mask a gradient.
compiled, _ = checked(weights, examples, expected, fused=False, compiled=True)
trainers = [min(eager, key=lambda pair: pair[1])[0], compiled]
speeds = {name: [] for name in ["Tally"] + [trainer.name for trainer in trainers]}
for _ in range(turns):
    losses, speed = tally()
    if not agrees("Tally, again", losses, expected):
        sys.exit(1)
    speeds["Tally"].append(speed)
    for trainer in trainers:
        speeds[trainer.name].append(turn(trainer))
own = statistics.median(speeds["Tally"])
hidden = weights["decoder.weight"].shape[1]
for name, values in speeds.items():
    middle = statistics.median(values)
    print(f"{hidden:6d}  {name:32s} {middle:9.0f} tokens/s ({min(values):.0f}..{max(values):.0f})"
          f"{'' if name == 'Tally' else f'  Tally is {own / middle:.2f} times as fast'}", flush=True)
