"""Decodes sums as the reference (mcleish7/arithmetic) does and compares with Tally: see versus_reference_decoding.sh.

usage: reference_decoding.py CHECKPOINT PROBLEMS ANSWERS CELLS RECURRENCES NANOSECONDS NANOSECONDS_OF_START (of eval)
"""

import json
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

PAD, END = 0, 3
CHARACTERS = "0123456789+-x= "
BLOCK = "encoder.recurrent_block._orig_mod.layers."


class Reference:
    """The looped model in evaluation: post-norm layers, Abacus table, gated feed-forward layers."""

    def __init__(self, folder, recurrences):
        names = ("model_config.json", "config.json")
        config = json.loads(next(folder / n for n in names if (folder / n).exists()).read_text())
        expected = {"norm": "LayerNorm", "norm_scheme": "post", "nonlin": "GELUglu", "head": "ffn",
                    "input_injection_type": "add", "final_norm": True, "use_bias": False}
        for key, value in expected.items():
            if config[key] != value:
                sys.exit(f"{folder}: found {key}={config[key]}, expected {value}")
        if config["embedding"]["pos_embedding"] != "abacus" or config["attention"]["type"] != "pytorch":
            sys.exit(f"{folder}: expected an Abacus table and attention of PyTorch's kind")
        self.weights = {k.removeprefix("module."): v for k, v in load_file(folder / "model.safetensors").items()}
        self.layers, self.heads = config["layers_in_recurrent_block"], config["attention"]["num_attention_heads"]
        self.epsilon, self.recurrences = config["norm_eps"], recurrences
        self.deviation = {"embed": 0.02, "normal": 1.0, "zero": 0.0}[config["state_init"]]
        self.deterministic = self.deviation == 0

    def norm(self, name, x):
        w = self.weights
        return F.layer_norm(x, (x.shape[-1],), w[name + ".weight"], w[name + ".bias"], self.epsilon)

    def feed_forward(self, name, x):
        a, b = F.linear(x, self.weights[name + ".dense_in.weight"]).chunk(2, dim=-1)
        return F.linear(a * F.gelu(b), self.weights[name + ".dense_out.weight"])

    def attention(self, name, x):
        batch, tokens, hidden = x.shape
        qkv = F.linear(x, self.weights[name + ".attn.in_proj_weight"])
        q, k, v = qkv.view(batch, tokens, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return F.linear(y.transpose(1, 2).reshape(x.shape), self.weights[name + ".attn.out_proj.weight"])

    def embed(self, ids):
        digit = (ids >= 4) & (ids <= 13)
        count = digit.cumsum(1)
        abacus = torch.where(digit, count - torch.where(digit, 0, count).cummax(1).values, 0)
        w = self.weights
        embedded = F.embedding(ids, w["encoder.embedding.word_embedding.weight"])
        embedded = embedded + F.embedding(abacus, w["encoder.embedding.pos_embedding.embedding.weight"])
        return self.norm("encoder.embedding.norm", embedded)

    def last_logits(self, ids):
        """Logits after the last token of ids [batch, tokens]."""
        embedding = self.embed(ids)
        state = torch.randn_like(embedding) * self.deviation
        for _ in range(self.recurrences):
            state = state + embedding
            for i in range(self.layers):
                name = f"{BLOCK}{i}"
                state = self.norm(f"{name}.residual1.norm", state + self.attention(f"{name}.attn", state))
                state = self.norm(f"{name}.residual2.norm", state + self.feed_forward(f"{name}.ffn", state))
        state = self.norm("encoder.final_norm", self.feed_forward("encoder.head", state[:, -1]))
        return F.linear(state @ self.weights["adapter.weight"], self.weights["decoder.weight"])

    def decode(self, prompts, width):
        """`width` tokens for each prompt; EOS does not stop it."""
        ids = prompts
        for _ in range(width):
            ids = torch.cat([ids, self.last_logits(ids).argmax(-1, keepdim=True)], dim=1)
        return ids[:, prompts.shape[1]:]


def encode(text):
    return [CHARACTERS.index(c) + 4 for c in text]


def is_start_of(row, answer):
    """Whether `answer`, as predict writes it, is a row's tokens before EOS, or begins with them where there is none."""
    text = "".join("[UNK]" if i == 1 else CHARACTERS[i - 4] for i in row[: (row + [END]).index(END)] if i not in (0, 2))
    return answer == text if END in row else answer.startswith(text)


def main():
    folder, problems, answers, cells = map(pathlib.Path, sys.argv[1:5])
    recurrences, eval_seconds, start_seconds = int(sys.argv[5]), int(sys.argv[6]) / 1e9, int(sys.argv[7]) / 1e9
    torch.set_num_threads(1)
    lines = problems.read_text().splitlines()
    prompts = torch.tensor([encode(line[: line.index("=") + 1]) for line in lines])
    stored = [encode(line[line.index("=") + 1:]) + [END] for line in lines]
    width = max(map(len, stored))
    model = Reference(folder, recurrences)
    with torch.inference_mode():
        model.decode(prompts[:1], 1)  # what the first call alone costs
        start = time.perf_counter()
        decoded = model.decode(prompts, width).tolist()
        seconds = time.perf_counter() - start
    exact = 0
    for row, right in zip(decoded, stored):
        end = row.index(END) if END in row else 0
        row = row[: end + 1] + [PAD] * (width - end - 1)
        exact += row == right + [PAD] * (width - len(right))
    scored = json.loads(cells.read_text().splitlines()[0])
    given = [line[line.index("=") + 1:] for line in answers.read_text().splitlines()]
    equal = sum(map(is_start_of, decoded, given))
    print(f"{len(lines)} problems of {prompts.shape[1]} + {width} tokens, {recurrences} recurrences, "
          f"{model.layers} layers, width {model.weights['encoder.final_norm.weight'].numel()}")
    work = eval_seconds - start_seconds
    print(f"reference's decoding: {seconds:.2f} s, {exact} exact; eval: {work:.2f} s after a start of "
          f"{start_seconds:.2f} s, {scored['exact']} exact")
    print(f"ratio: {seconds / work:.1f}; with the start of eval: {seconds / eval_seconds:.1f}")
    print(f"answers decoded token by token that are those of predict: {equal} of {len(lines)}"
          + ("" if model.deterministic else " (initial states are random)"))
    if model.deterministic and (exact != scored["exact"] or equal < len(lines)):
        sys.exit("the two sides do not agree")


main()
