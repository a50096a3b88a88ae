"""What a training step of Tally draws, for the reference's own code to take.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) as lib/base/random.h has it: key = seed, counter = (step, stream,
block); a number below n is the high half of 32 random bits times n (the redraw that makes that exact is left out: it
happens once in 40 million draws).
"""

import random

import torch

TRAINING_STEP, RECURRENCES = 5, 12  # of RandomStream
MASK = 0xffffffff


def philox(counter, key):
    """Four 32-bit numbers of a counter of four and a key of two."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k0, q & MASK, (p >> 32) ^ d ^ k1, p & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return a, b, c, d


class TallyDraws:
    """Stands in for Python's random, which the reference takes offsets from, and for torch.randint, which it takes the
    recurrences of the progressive loss from: first those without a gradient, then those with."""

    def __init__(self, seed):
        self.key, self.step, self.second = (seed & MASK, seed >> 32), -1, False

    def _below(self, stream, index, n):
        return philox((self.step, 0, stream, 0), self.key)[index] * n >> 32

    def randint(self, low, high):
        return low + self._below(TRAINING_STEP, 0, high - low + 1)

    def torch_randint(self, low, high, size):
        del size
        self.step += not self.second
        drawn = low + self._below(RECURRENCES, int(self.second), int(high) - low)
        self.second = not self.second
        return torch.tensor([drawn])

    def install(self, embeddings):
        assert embeddings.random is random
        embeddings.random = self
        torch.randint = self.torch_randint
