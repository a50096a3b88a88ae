"""Lines a second of the reference's generators on one core, by its own functions: reference_data.py CHECKOUT.

Only the generators are timed; what their file imports beside (datasets, plots, tokenizers) is replaced by nothing.
"""

import random
import sys
import time
import types
import unittest.mock

checkout = sys.argv[1]
sys.path.insert(0, checkout)
for name in ("transformers", "torch", "torch.nn", "torch.nn.utils", "torch.nn.utils.rnn", "datasets", "pandas",
             "cramming", "cramming.data", "cramming.data.tokenizer_preparation", "matplotlib", "matplotlib.pyplot",
             "dataset_analysis", "numpy"):
    sys.modules.setdefault(name, unittest.mock.MagicMock())
import create_data_split  # noqa: E402

flags = types.SimpleNamespace(index_hints=False, reverse_all=True, limit=100_000, n=10, m=10)
random.seed(1)


def report(task, generate):
    start = time.perf_counter()
    lines = generate()
    print(task, round(len(lines) / (time.perf_counter() - start)))


report("addition", lambda: create_data_split.bucket_method_gen(20, 20, "+", 200_000, reverse_all=True, Flags=flags))
report("multiplication",
       lambda: create_data_split.bucket_method_gen(20, 20, "x", 200_000, reverse_all=True, Flags=flags))
report("sorting", lambda: create_data_split.bucket_uniform_distribution(10, 10, 100_000, flags))
