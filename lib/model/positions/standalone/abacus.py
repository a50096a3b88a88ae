"""Abacus embeddings (McLeish et al. 2024, "Transformers Can Do Arithmetic with the Right Embeddings", arXiv 2405.17399)
for any model in PyTorch, which is all that this file needs: copy it. abacus.h beside it is the same in C++.

A digit's vector is chosen by its place in its number, so that digits of equal weight get equal vectors where numbers
are written least significant digit first. In training all places are shifted by one random offset, so that more rows
of the table are trained than training numbers have digits: longer numbers find trained rows.

    places = Abacus(digit_ids, width=64)
    vectors = words(ids) + places(ids)  # [batch, seq, 64]
"""
import torch


def digit_places(ids, digits):
    """Place of each token of ids [batch, seq] within its run of digits, 1, 2, 3, ...; 0 for any other token. A place
    depends on the tokens before it alone. digits [n]: the ids of digits, on the same device."""
    index = torch.arange(1, ids.size(1) + 1, device=ids.device).expand_as(ids)
    last_other = torch.cummax(index.masked_fill(torch.isin(ids, digits), 0), 1)[0]
    return index - last_other


def shifted(places, offset):
    """The same with `offset`, [1] or [batch, 1], added to the places of digits."""
    return places + places.gt(0) * offset


class Abacus(torch.nn.Module):
    """The table. digits: ids of the tokens that are digits, in any order; width: features of a vector; rows: the
    longest number plus the largest offset must be less; max_offset: that of training, uniform in 0..max_offset;
    per_sample: each sequence of a batch has an offset of its own, else one offset a batch."""

    def __init__(self, digits, width, rows=512, max_offset=100, per_sample=False):
        super().__init__()
        if not 0 <= max_offset < rows:
            raise ValueError(f"abacus: max_offset is {max_offset}; expected 0 or more and less than rows, {rows}")
        self.register_buffer("digits", torch.as_tensor(digits, dtype=torch.long), persistent=False)
        self.embedding = torch.nn.Embedding(rows, width)  # row 0 is that of all tokens that are no digits
        torch.nn.init.normal_(self.embedding.weight, std=width ** -0.5)
        self.rows, self.max_offset, self.per_sample = rows, max_offset, per_sample

    def forward(self, ids):
        """Vectors [batch, seq, width] of ids [batch, seq], int64; with a random offset in training."""
        if ids.dim() != 2:
            raise ValueError(f"abacus: ids have shape {list(ids.shape)}; expected [batch, seq]")
        places = digit_places(ids, self.digits)
        if self.training:
            samples = ids.size(0) if self.per_sample else 1
            places = shifted(places, torch.randint(self.max_offset + 1, (samples, 1), device=ids.device))
        fits = ids.size(1) + (self.max_offset if self.training else 0) < self.rows
        if not fits and places.max() >= self.rows:
            raise ValueError(f"abacus: a digit is at place {places.max()}, offset included; expected less than rows, "
                             f"{self.rows}")
        return self.embedding(places)
