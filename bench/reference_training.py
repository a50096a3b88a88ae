"""Trains a small model with the reference's own code, on the CPU: its model, loss, engine, optimizer and schedule.

usage: reference_training.py REFERENCE LINES OUT STEPS BATCH SEED own|tally OVERRIDE...

REFERENCE is a checkout of mcleish7/arithmetic; LINES, problems, of which each step takes the next BATCH; OVERRIDE, what
a command line of its pretrain.py says. The weights are the same for each SEED; what a step draws is SEED's: initial
states, the recurrences that it trains, and Abacus offsets; with `tally` recurrences and offsets are those that Tally
draws from the seed, and every step is logged. In OUT are the checkpoints `start` and `end`, and metrics.jsonl: a line
every 20 steps with Tally's keys, so that `plot` draws both. `seconds` is processor time of the steps alone.

Two things are changed. Training on a CPU fails in the reference where it puts a zero on "the device of the ids", -1;
that is answered with the CPU. And a hook looks at the logits of each step, for the share of right answers.
"""

import json
import pathlib
import random
import sys
import time

REFERENCE, LINES, OUT = map(pathlib.Path, sys.argv[1:4])
STEPS, BATCH, SEED = map(int, sys.argv[4:7])
AS_TALLY = sys.argv[7] == "tally"
LOG_EVERY = 1 if AS_TALLY else 20

sys.path.insert(0, str(REFERENCE))

import hydra  # noqa: E402
import torch  # noqa: E402

torch.Tensor.get_device = lambda tensor: tensor.device

import cramming  # noqa: E402
from cramming.architectures import embeddings  # noqa: E402
from cramming.data.tokenizer_preparation import get_tokenizer  # noqa: E402
from tally_draws import TallyDraws  # noqa: E402


def rows_of(lines, tokenizer):
    """[line, longest line + 1] ids: characters, one end token, padding."""
    ids = [tokenizer.convert_tokens_to_ids(list(line)) + [tokenizer.vocab["[EOS]"]] for line in lines]
    longest = max(map(len, ids))
    return torch.tensor([row + [0] * (longest - len(row)) for row in ids])


class Answers:
    """Counts right tokens and right answers of the steps since the last line."""

    def __init__(self, model, equals):
        self.equals, self.ids = equals, None
        self.clear()
        model.decoder.register_forward_hook(lambda module, inputs, logits: self.count(logits))

    def clear(self):
        self.tokens = self.right_tokens = self.problems = self.right_problems = 0

    def count(self, logits):  # [batch, seq, vocabulary], or [seq, batch, vocabulary]
        if self.ids is None:
            return
        if logits.shape[0] != self.ids.shape[0]:
            logits = logits.transpose(0, 1)
        labels = self.ids[:, 1:]
        asked = (self.ids == self.equals).cumsum(1)[:, :-1].bool() & (labels != 0)
        right = (logits[:, :-1].argmax(-1) == labels) & asked
        self.tokens += asked.sum().item()
        self.right_tokens += right.sum().item()
        self.problems += len(labels)
        self.right_problems += (right == asked).all(1).sum().item()


def train(engine, rows, answers, out):
    seconds, losses = 0.0, []
    for step in range(STEPS):
        batch = rows[torch.arange(step * BATCH, (step + 1) * BATCH) % len(rows)]
        answers.ids = batch
        rate = engine.optimizer.param_groups[0]["lr"]
        begun = time.process_time()
        loss = engine.step({"input_ids": batch})
        seconds += time.process_time() - begun
        losses.append(loss.item())
        if (step + 1) % LOG_EVERY == 0:
            out.write(json.dumps({
                "step": step + 1, "seconds": round(seconds, 3), "loss": sum(losses) / len(losses),
                "token_accuracy": answers.right_tokens / answers.tokens,
                "exact": answers.right_problems / answers.problems, "learning_rate": rate}) + "\n")
            out.flush()
            answers.clear()
            losses.clear()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    config_folder = str((REFERENCE / "cramming" / "config").resolve())
    with hydra.initialize_config_dir(config_folder, version_base="1.3"):
        config = hydra.compose("cfg_pretrain", sys.argv[8:])
    tokenizer = get_tokenizer(config.data.sources.arithmetic.tokenizer_type)
    tokenizer.model_max_length = config.data.seq_length
    model = cramming.construct_model(config.arch, tokenizer)
    engine = cramming.load_backend(model, tokenizer, config.train, config.impl)
    rows = rows_of(LINES.read_text().split(), tokenizer)
    engine.save_model(str(OUT), "start", config.arch, None, save_safe=True)
    torch.manual_seed(SEED)
    random.seed(SEED)
    if AS_TALLY:
        TallyDraws(SEED).install(embeddings)
    with (OUT / "metrics.jsonl").open("w") as out:
        train(engine, rows, Answers(model, tokenizer.vocab["="]), out)
    engine.save_model(str(OUT), "end", config.arch, None, save_safe=True)


if __name__ == "__main__":
    main()
