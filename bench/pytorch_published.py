"""The published looped model for addition (arXiv 2405.17399: one layer 16 times, Abacus positions, no position in attention,
progressive loss) and its optimizer in PyTorch, written for speed: the row `published` of bench/versus_pytorch.py.

Initial states are zeros; the paper's are random.
"""

import torch
import torch.nn.functional as F
from pytorch_model import BLOCK, Model, Recipe, digit_weights
from torch import nn


class Published(nn.Module):
    """All lines of a batch have the same lengths, and so the same positions."""

    learns_bias = False
    weight = Model.weight
    heads = 4

    def __init__(self, weights, line, answer_start, fused):
        super().__init__()
        self.fused, self.first, tokens = fused, answer_start, len(line)
        self.weights = nn.ParameterDict({name.replace(".", "/"): nn.Parameter(weight.clone())
                                         for name, weight in weights.items() if weight.is_floating_point()})
        self.places = (digit_weights(line) - 1).clamp(min=0)  # Abacus: 1, 2, ... within a number, 0 elsewhere
        self.seen = torch.ones(tokens, tokens, dtype=torch.bool).tril()
        self.mask = torch.zeros(tokens, tokens).masked_fill(~self.seen, -torch.inf)

    @staticmethod
    def compiled(model):
        """Piece by piece: the number of recurrences, and of those without a gradient, is another one each step."""
        torch._dynamo.config.recompile_limit = 64  # of a piece, over all models: with and without gradient, precisions
        for piece in "embed", "recurrence", "answer":
            setattr(model, piece, torch.compile(getattr(model, piece), dynamic=False))
        return model

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.weight(name + ".weight"), self.weight(name + ".bias"), 1e-12)

    def attention(self, x, first):
        batch, tokens, hidden = x.shape
        weight = self.weight(BLOCK + "attn.attn.in_proj_weight")
        if first == 0:
            q, k, v = F.linear(x, weight).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            q = F.linear(x[:, first:], weight[:hidden]).view(batch, tokens - first, self.heads, -1).transpose(1, 2)
            k, v = F.linear(x, weight[hidden:]).view(batch, tokens, 2, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            mask = {"is_causal": True} if first == 0 else {"attn_mask": self.seen[first:]}
            y = F.scaled_dot_product_attention(q, k, v, **mask)
        else:
            y = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + self.mask[first:], -1).to(v.dtype) @ v
        return F.linear(y.transpose(1, 2).flatten(2), self.weight(BLOCK + "attn.attn.out_proj.weight"))

    def feed_forward(self, x, name):
        a, b = F.linear(x, self.weight(name + ".dense_in.weight")).chunk(2, -1)
        return F.linear(a * F.gelu(b.contiguous()), self.weight(name + ".dense_out.weight"))

    def embed(self, ids):
        rows = F.embedding(self.places, self.weight("encoder.embedding.pos_embedding.embedding.weight"))
        tokens = F.embedding(ids, self.weight("encoder.embedding.word_embedding.weight"))
        return self.norm(tokens + rows, "encoder.embedding.norm")

    def recurrence(self, x, embedded, first=0):
        """Of the last one, from token `first` on: those before it matter as keys and values alone, as in Tally."""
        x = x + embedded
        x = self.norm(x[:, first:] + self.attention(x, first), BLOCK + "residual1.norm")
        return self.norm(x + self.feed_forward(x, BLOCK + "ffn"), BLOCK + "residual2.norm")

    def answer(self, x, embedded, labels):
        """The last recurrence, the head, and the mean loss of the answers."""
        x = self.feed_forward(self.recurrence(x, embedded, self.first), "encoder.head")
        x = self.norm(x, "encoder.final_norm") @ self.weight("adapter.weight")
        return F.cross_entropy(F.linear(x, self.weight("decoder.weight")).flatten(0, 1), labels)

    def forward(self, ids, labels, passes):
        (untracked, recurrences), = passes.tolist()
        embedded = self.embed(ids)
        x = torch.zeros_like(embedded)
        with torch.no_grad():
            for _ in range(untracked):
                x = self.recurrence(x, embedded)
        torch.clear_autocast_cache()  # of weights that were rounded without a gradient
        for _ in range(untracked, recurrences - 1):
            x = self.recurrence(x, embedded)
        return self.answer(x, embedded, labels)


PUBLISHED = Recipe(model=Published, muon=False, rate=1e-3, epsilon=1e-12, clip=0.5)
