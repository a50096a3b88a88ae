"""The default recipe's model and its optimizer in PyTorch, written for speed: what bench/versus_pytorch.py and
bench/device_pytorch.py measure Tally against. pytorch_published.py has another model."""

import contextlib
import dataclasses
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

FIRST_STEPS = 10  # whose losses are compared
# The default recipe: lib/model/model_config.proto, lib/runs/run_config.proto.
RECURRENCES, HEADS, CLIP = 3, 4, 3
MUON_RATE, MUON_MOMENTUM, RATE, BETAS, DECAY, WARMUP = 0.02, 0.95, 2e-3, (0.9, 0.98), 0.01, 100
BLOCK, PLUS, EQUALS, DIGITS = "encoder.recurrent_block._orig_mod.layers.0.", 14, 17, range(4, 14)


def digit_weights(row):
    """ids [tokens] of a line: a digit's place in its number, from 2 on; 1 between numbers."""
    weights, place = [], 0
    for token in row.tolist():
        place = place + 1 if token in DIGITS else 0
        weights.append(place + 1 if place else 1)
    return torch.tensor(weights)


class Model(nn.Module):
    """The looped model of the default recipe. All lines of a batch have the same lengths, and so the same bias."""

    learns_bias = True  # that is added to attention's logits

    def __init__(self, weights, line, answer_start, fused):
        super().__init__()
        self.fused, self.first, tokens = fused, answer_start, len(line)
        self.weights = nn.ParameterDict({name.replace(".", "/"): nn.Parameter(weight.clone())
                                         for name, weight in weights.items()})
        ids = digit_weights(line)
        column = (ids[:, None] - ids).clamp(-CLIP, CLIP) + CLIP
        log = torch.arange(2, tokens + 2).float().log()
        self.row_scale = (4 * (log / 4).sqrt()).view(tokens, 1, 1)
        # The bias as a matrix product, whose gradient is one too (an index would scatter).
        self.choice = (F.one_hot(column, 2 * CLIP + 1) * self.row_scale).view(tokens * tokens, -1)
        self.mask = torch.full((tokens, tokens), -math.inf).triu(1).view(-1, 1)

    @staticmethod
    def compiled(model):
        return torch.compile(model, dynamic=False)

    def weight(self, name):
        return self.weights[name.replace(".", "/")]

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.weight(name + ".weight"), self.weight(name + ".bias"), 1e-5)

    def attention(self, x, bias, scale, first):
        batch, tokens, hidden = x.shape
        size, weight = hidden // HEADS, self.weight(BLOCK + "attn.attn.in_proj_weight")
        if first == 0:
            q, k, v = F.linear(x, weight).view(batch, tokens, 3, HEADS, size).unbind(2)
        else:
            q = F.linear(x[:, first:], weight[:hidden]).view(batch, tokens - first, HEADS, size)
            k, v = F.linear(x, weight[hidden:]).view(batch, tokens, 2, HEADS, size).unbind(2)
        q = q * ((q.square().sum(-1, keepdim=True) + 1e-12).rsqrt() * scale[first:])
        k = k * (k.square().sum(-1, keepdim=True) + 1e-12).rsqrt()
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, first:], scale=1.0)
        else:
            y = torch.softmax(q @ k.transpose(-1, -2) + bias[:, first:], -1) @ v
        y = y.transpose(1, 2).reshape(batch, tokens - first, hidden)
        return F.linear(y, self.weight(BLOCK + "attn.attn.out_proj.weight"))

    def feed_forward(self, x):
        a, b = F.linear(x, self.weight(BLOCK + "ffn.dense_in.weight")).chunk(2, -1)
        return F.linear(a * F.gelu(b.contiguous()), self.weight(BLOCK + "ffn.dense_out.weight"))

    def forward(self, ids, labels, passes=None):
        """The mean loss of the answers. Tokens before them leave the last pass as keys and values, as in Tally. `passes`,
        as bench/step writes them, are always all recurrences here."""
        tokens = ids.shape[1]
        bias = torch.addmm(self.mask, self.choice, self.weight(BLOCK + "attn.relative_bias").t())
        bias = bias.view(tokens, tokens, HEADS).permute(2, 0, 1).contiguous()
        scale = self.row_scale * self.weight(BLOCK + "attn.log_temperature").exp().view(HEADS, 1)
        embedded = self.norm(F.embedding(ids, self.weight("encoder.embedding.word_embedding.weight")),
                             "encoder.embedding.norm")
        x = torch.zeros_like(embedded)
        for recurrence in range(RECURRENCES):
            first = self.first if recurrence == RECURRENCES - 1 else 0
            x = x + embedded if recurrence else embedded
            x = x[:, first:] + self.attention(self.norm(x, BLOCK + "residual1.norm"), bias, scale, first)
            x = x + self.feed_forward(self.norm(x, BLOCK + "residual2.norm"))
        logits = F.linear(self.norm(x, "encoder.final_norm"), self.weight("decoder.weight"))
        return F.cross_entropy(logits.flatten(0, 1), labels)


def orthogonalise(x, products):
    tall = x.shape[0] > x.shape[1]
    x = x.t() if tall else x
    x = (x / (x.norm() + 1e-7)).to(products)
    for _ in range(5):
        a = x @ x.t()
        x = torch.addmm(x, torch.addmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x.t() if tall else x).float()


def muon(matrices, gradients, momenta, rate, products=torch.float32):
    torch._foreach_lerp_(momenta, gradients, 1 - MUON_MOMENTUM)
    updates = torch._foreach_lerp(gradients, momenta, MUON_MOMENTUM)
    torch._foreach_mul_(matrices, 1 - rate * DECAY)
    for matrix, update in zip(matrices, updates):
        matrix.sub_(orthogonalise(update, products) * (rate * math.sqrt(max(1, matrix.shape[0] / matrix.shape[1]))))


compiled_muon = torch.compile(muon, dynamic=False)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a model is trained: Muon, where there is, for the block's matrices, AdamW for all else."""
    model: type = Model
    muon: bool = True
    rate: float = RATE  # of AdamW
    epsilon: float = 1e-8
    clip: float = 1.0  # of the gradient's norm


def examples_of(raw):
    """Ids, labels, rows and passes of each batch that bench/step has written."""
    return [tuple(raw[f"{name}.{k}"] for name in ("ids", "labels", "rows", "passes")) for k in range(len(raw) // 4)]


class Trainer:
    """A model with its optimizer.

    The forward pass runs under `autocast`, and Muon's matrix products in the type `products`."""

    def __init__(self, weights, examples, fused, compiled, capturable=False, autocast=contextlib.nullcontext,
                 products=torch.float32, recipe=Recipe()):
        self.name = ("torch.compile" if compiled else "eager") + (" (fused attention call)" if fused else "")
        self.examples, self.count, self.autocast, self.products = examples, 0, autocast, products
        self.recipe = recipe
        line, begin = examples[0][0][0], int(examples[0][2][0])
        model = recipe.model(weights, line, begin, fused)
        self.model = recipe.model.compiled(model) if compiled else model
        self.muon = compiled_muon if compiled else muon
        self.parameters = list(model.parameters())
        named = [(name.replace("/", "."), p) for name, p in model.weights.items()]
        matrix = {name: recipe.muon and "recurrent_block" in name and p.dim() == 2 and "bias" not in name
                  for name, p in named}
        kept = {name: "norm" in name or "bias" in name for name, _ in named}
        self.matrices = [p for name, p in named if matrix[name]]
        self.momenta = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.AdamW(
            [{"params": [p for n, p in named if not matrix[n] and not kept[n]], "weight_decay": DECAY},
             {"params": [p for n, p in named if not matrix[n] and kept[n]], "weight_decay": 0.0}],
            lr=recipe.rate, betas=BETAS, eps=recipe.epsilon, fused=True, capturable=capturable)

    def step(self):
        ids, labels, _, passes = self.examples[self.count % len(self.examples)]
        self.count += 1
        factor = min(1, self.count / WARMUP)
        with self.autocast():
            loss = self.model(ids, labels, passes)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip, foreach=True)
        if self.matrices:
            with torch.no_grad():
                self.muon(self.matrices, [p.grad for p in self.matrices], self.momenta,
                          torch.tensor(MUON_RATE * factor), self.products)
        for group in self.adam.param_groups:
            group["lr"] = self.recipe.rate * factor
        self.adam.step()
        for parameter in self.parameters:
            parameter.grad = None
        return loss

    def first_losses(self):
        """The losses of the first steps, and how long the last of them took, in seconds."""
        losses = [self.step().item() for _ in range(FIRST_STEPS - 3)]
        start = time.perf_counter()
        losses += [self.step().item() for _ in range(3)]
        return losses, time.perf_counter() - start
