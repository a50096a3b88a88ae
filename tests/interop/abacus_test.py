"""The stand-alone abacus.py gives the ids and vectors of the recorded Abacus model, which are Tally's too (tests/parity),
and the program of docs/abacus.md runs.

Manual, as it needs a Python with torch and safetensors:
  bazel test --test_tag_filters= //tests/interop:abacus_test --test_env=TALLY_PYTHON="$(bench/pytorch.sh)"
"""

import pathlib
import sys
import unittest

sys.path.insert(0, "lib/model/positions/standalone")

import torch  # noqa: E402
from abacus import Abacus, digit_places  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

MODEL = pathlib.Path("tests/parity/models/lt_abacus")
EMBEDDING = "encoder.embedding."


class AbacusTest(unittest.TestCase):
    def setUp(self):
        self.recorded = load_file(MODEL / "io.safetensors")
        self.weights = load_file(MODEL / "model.safetensors")
        self.ids = self.recorded["input_ids"].long()
        self.table = self.weights[EMBEDDING + "pos_embedding.embedding.weight"]

    def abacus(self, **options):
        rows, width = self.table.shape
        abacus = Abacus(digits=range(4, 14), width=width, rows=rows, max_offset=3, **options)
        abacus.load_state_dict({"embedding.weight": self.table})
        return abacus

    def test_places_are_the_recorded_ids(self):
        self.assertTrue(torch.equal(digit_places(self.ids, self.abacus().digits), self.recorded["abacus_ids"].long()))

    def test_vectors_lead_to_the_recorded_embedding(self):
        vectors = self.weights[EMBEDDING + "word_embedding.weight"][self.ids] + self.abacus().eval()(self.ids)
        norm = [self.weights[EMBEDDING + "norm." + name] for name in ("weight", "bias")]
        embedding = torch.nn.functional.layer_norm(vectors, vectors.shape[-1:], *norm, eps=1e-12)
        self.assertLess((embedding - self.recorded["embedding_out"]).abs().max().item(), 2e-5)

    def test_training_draws_every_offset(self):
        places = self.recorded["abacus_ids"].long()
        expected = [self.table[places + places.gt(0) * offset] for offset in range(5)]
        for per_sample in (False, True):
            abacus, row, found = self.abacus(per_sample=per_sample), 1, set()
            for _ in range(200):
                vectors = abacus(self.ids)
                found |= {offset for offset in range(5) if torch.equal(vectors[row], expected[offset][row])}
            self.assertEqual(found, {0, 1, 2, 3}, per_sample)

    def test_errors_say_what_was_expected(self):
        for message, call in {
                r"max_offset is 9; expected 0 or more and less than rows, 9": lambda: Abacus(range(4), 2, 9, 9),
                r"ids have shape \[2\]; expected \[batch, seq\]": lambda: self.abacus()(torch.tensor([4, 5])),
                r"place 128, offset included; expected less than rows, 128":
                    lambda: self.abacus().eval()(torch.full((1, 128), 4))}.items():
            with self.assertRaisesRegex(ValueError, message):
                call()

    def test_the_program_of_the_page_runs(self):
        exec(pathlib.Path("docs/examples/abacus_embedding.py").read_text(), program := {})
        self.assertEqual(program["vectors"].shape, (1, 7, 64))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
