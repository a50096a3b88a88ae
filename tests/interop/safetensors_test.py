"""Tally's files and those of Python's safetensors library, both ways, through the tools.

  1. predict reads ids that Python wrote, and Python reads the logits: those of every recorded model, 34 of them.
  2. Python reads a token data set and a checkpoint that Tally wrote.
  3. Written by Tally, each recorded model has the tensors that the reference's own file has, names and bytes.
  4. predict opens the checkpoint after Python has written it anew, and answers the same.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import numpy
import safetensors.numpy

MODELS = pathlib.Path("tests/parity/models")
MODEL_FOLDERS = sorted(f.parent for f in MODELS.glob("*/io.safetensors") if not f.parent.name.startswith("train_"))
TOOLS = pathlib.Path("tools")
# What a model's random choices were, beside the ids.
GIVEN = ("input_ids", "initial_state", "learned_rand_positions", "fire_train_positions")
TMP = pathlib.Path(os.environ["TEST_TMPDIR"])


def tool(name, *flags, text=""):
    """Standard output of a tool; its standard error where it fails."""
    done = subprocess.run([TOOLS / name / name, *map(str, flags)], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"{name}: exit {done.returncode}: {done.stderr}")
    return done.stdout


class SafetensorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tool("datagen", "--count=500", "--max_digits=3", f"--out={TMP / 'lines.txt'}")
        tool("tokenize", f"--in={TMP / 'lines.txt'}", f"--out={TMP / 'data.safetensors'}")
        cls.folder = TMP / "run"
        tool("train", f"--data={TMP / 'data.safetensors'}", f"--out={cls.folder}", "--steps=3", "--threads=1")
        cls.checkpoint = cls.folder / "checkpoints" / "latest"

    def test_logits_of_ids_that_python_wrote(self):
        self.assertEqual(len(MODEL_FOLDERS), 34)
        for folder in MODEL_FOLDERS:
            recorded = safetensors.numpy.load_file(folder / "io.safetensors")
            chosen = {name: recorded[name] for name in GIVEN if name in recorded}
            safetensors.numpy.save_file(chosen, TMP / "in.safetensors", metadata={"by": "python"})
            counts = {name: name[len("logits_r"):] for name in recorded if name.startswith("logits_r")}
            for name, recurrences in {"logits": 0, **counts}.items():
                with self.subTest(model=folder.name, logits=name):
                    tool("predict", f"--model={folder}", f"--ids_in={TMP / 'in.safetensors'}",
                         f"--logits_out={TMP / 'out.safetensors'}", f"--recurrences={recurrences}", "--threads=1")
                    logits = safetensors.numpy.load_file(TMP / "out.safetensors")["logits"]
                    self.assertEqual(logits.dtype, numpy.float32)
                    self.assertLess(numpy.abs(logits - recorded[name]).max(), 1e-4)

    def test_python_reads_the_data_set(self):
        data = safetensors.numpy.load_file(TMP / "data.safetensors")
        self.assertEqual(len(data["offsets"]), 501)
        self.assertEqual(data["offsets"][-1], len(data["tokens"]))
        self.assertLess(data["tokens"].max(), 19)

    def test_python_reads_the_checkpoint(self):
        tensors = safetensors.numpy.load_file(self.checkpoint / "model.safetensors")
        self.assertEqual(tensors["decoder.weight"].shape, (19, 64))
        self.assertTrue(all(numpy.isfinite(t).all() for t in tensors.values()))
        # The 43,936 of the default recipe.
        self.assertEqual(sum(t.size for name, t in tensors.items() if t.dtype == numpy.float32
                             and "norm_factor" not in name), 43936)

    def test_rewritten_models_have_the_tensors_of_the_reference(self):
        for folder in MODEL_FOLDERS:
            with self.subTest(model=folder.name):
                run = TMP / folder.name
                subprocess.run(["tests/interop/save_model", folder, run], check=True)
                expected = safetensors.numpy.load_file(folder / "model.safetensors")
                written = safetensors.numpy.load_file(run / "checkpoints" / "latest" / "model.safetensors")
                self.assertEqual(written.keys(), expected.keys())
                for name, tensor in expected.items():
                    self.assertEqual(written[name].dtype, tensor.dtype, name)
                    self.assertEqual(written[name].shape, tensor.shape, name)
                    self.assertEqual(written[name].tobytes(), tensor.tobytes(), name)

    def test_predict_opens_what_python_wrote_anew(self):
        copy = TMP / "copy"
        shutil.copytree(self.checkpoint, copy)
        tensors = safetensors.numpy.load_file(copy / "model.safetensors")
        safetensors.numpy.save_file(dict(reversed(tensors.items())), copy / "model.safetensors")
        prompts = "12+34=\n999+1=\n"
        ours = tool("predict", f"--model={self.folder}", "--show_probabilities", text=prompts)
        theirs = tool("predict", f"--model={copy}", "--accept_edits", "--show_probabilities", text=prompts)
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours.splitlines()), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
