"""PyTorch's rates for the step of bench/pytorch_model.py on a CUDA device: operator by operator, with its fused attention,
compiled, and the whole step as one CUDA graph, which is replayed on one batch.

usage: device_pytorch.py WEIGHTS BATCHES SECONDS F32|TF32|BF16 [compile]    (of a turn; three a row)
prints the first losses, and a line for each way: its name, and its median rate in tokens a second
"""

import statistics
import sys
import time

import torch
from pytorch_model import MUON_RATE, RATE, Trainer, examples_of
from safetensors.torch import load_file
from torch import nn

weights_path, batches_path, seconds, precision = sys.argv[1:5]
torch.set_default_device("cuda")
torch.backends.cuda.matmul.allow_tf32 = precision == "TF32"
raw = load_file(batches_path, device="cuda")
weights = load_file(weights_path, device="cuda")
examples = examples_of(raw)
batch, tokens = examples[0][0].shape
autocast = torch.autocast("cuda", torch.bfloat16, enabled=precision == "BF16", cache_enabled=False)


def report(name, step):
    rates = []
    for _ in range(3):
        torch.cuda.synchronize()
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < float(seconds):
            for _ in range(5):
                step()
            torch.cuda.synchronize()
            steps += 5
        rates.append(steps * batch * tokens / (time.perf_counter() - start))
    print(f"pytorch\t{precision}\t{name}\t{statistics.median(rates):.0f}", flush=True)


def graph():
    """The whole step of one batch: forward, backward, clipping, both optimizers."""
    trainer = Trainer(weights, examples, fused=False, compiled=False, capturable=True)
    for group in trainer.adam.param_groups:
        group["lr"] = torch.tensor(RATE)
    ids, labels = examples[0][:2]
    muon_rate = torch.tensor(MUON_RATE)

    def once():
        with autocast:
            loss = trainer.model(ids, labels)
        loss.backward()
        nn.utils.clip_grad_norm_(trainer.parameters, 1.0, foreach=True)
        with torch.no_grad():
            trainer.muon(trainer.matrices, [p.grad for p in trainer.matrices], trainer.momenta, muon_rate)
        trainer.adam.step()

    def clear():
        for parameter in trainer.parameters:
            parameter.grad = None

    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            clear()
            once()
    side.synchronize()
    clear()
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        once()
    return recorded.replay


def measure(name, fused, compiled):
    trainer = Trainer(weights, examples, fused, compiled)

    def step():
        with autocast:
            return trainer.step()

    losses = [step().item() for _ in range(3)]
    print("first losses", [round(loss, 5) for loss in losses], flush=True)
    report(name, step)


# The fastest way first: time may run out.
report("whole step as a graph", graph())
measure("operator by operator", fused=False, compiled=False)
measure("fused attention", fused=True, compiled=False)
if "compile" in sys.argv:
    measure("compiled", fused=False, compiled=True)
