"""The reference's own code opens what Tally writes: strict loading of every recorded model, and equal logits.

Manual, as it needs a checkout of mcleish7/arithmetic and a Python with torch, transformers, omegaconf, einops and
safetensors:
  bazel test --test_tag_filters= //tests/interop:reference_test --test_env=TALLY_REFERENCE=/path/to/arithmetic \
    --test_env=TALLY_PYTHON=/path/to/python
"""

import json
import os
import pathlib
import subprocess
import sys
import types
import unittest

REFERENCE = pathlib.Path(os.environ["TALLY_REFERENCE"])
MODELS = sorted(f.parent for f in pathlib.Path("tests/parity/models").glob("*/model_config.json"))
TMP = pathlib.Path(os.environ["TEST_TMPDIR"])

# Only the architectures are needed: the package's own __init__ imports the training stack.
for name in ("cramming", "cramming.architectures"):
    module = types.ModuleType(name)
    module.__path__ = [str(REFERENCE / name.replace(".", "/"))]
    sys.modules[name] = module

import torch  # noqa: E402
from omegaconf import OmegaConf  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from cramming.architectures import components, embeddings  # noqa: E402
from cramming.architectures.crammed_depthrecurrent import construct_crammed_recurrent  # noqa: E402

# An import that the reference forgot: without it no model with this embedding can be made.
components.LearnablePositionalRand = embeddings.LearnablePositionalRand


def open_with_the_reference(folder):
    """What find_pretrained_checkpoint and load_model_checkpoint do."""
    config = OmegaConf.create(json.loads((folder / "model_config.json").read_text()))
    config.maximal_recurrence_in_eval = config.maximal_recurrence
    model = construct_crammed_recurrent(config, config.embedding.vocab_size, 17)
    state = load_file(folder / "model.safetensors")
    model.load_state_dict(state, strict=True)
    return model.eval()


class ReferenceTest(unittest.TestCase):
    def test_every_model_loads_strictly(self):
        self.assertEqual(len(MODELS), 36)
        for folder in MODELS:
            with self.subTest(model=folder.name):
                run = TMP / folder.name
                subprocess.run(["tests/interop/save_model", folder, run], check=True)
                model = open_with_the_reference(run / "checkpoints" / "latest")
                if folder.name != "inject_none":
                    continue
                # The one model without a random initial state.
                recorded = load_file(folder / "io.safetensors")
                with torch.no_grad():
                    logits = model.decoder(model.adapter(model.encoder(
                        recorded["input_ids"], num_steps_no_grad=4, num_steps_with_grad=0)))
                if model.encoder.seq_first:
                    logits = logits.transpose(0, 1)
                self.assertLess((logits - recorded["logits"]).abs().max().item(), 1e-4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
