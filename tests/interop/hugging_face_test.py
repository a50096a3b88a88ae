"""transformers opens what scripts/export_hugging_face.py writes, offline, and computes what Tally computes.

Manual, as it needs a Python with the packages of third_party/hugging_face_requirements.txt, which says how to get them:
  bazel test --test_tag_filters= //tests/interop:hugging_face_test --test_env=TALLY_PYTHON=/path/to/python
"""
import os
import pathlib
import subprocess
import sys
import unittest

TMP = pathlib.Path(os.environ["TEST_TMPDIR"])
os.environ.update(HF_HUB_OFFLINE="1", HF_HOME=str(TMP / "hugging_face"))

import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

MODELS = pathlib.Path("tests/parity/models")
# Recorded models whose positions are drawn at random.
REFUSED = {"lt_learned_rand"}
# Beside the default recipe, what no recorded model has; 3 steps each.
OTHERS = {
    "operands": ["model.attention.ids=DIGIT_WEIGHT_AND_OPERAND"],
    "coupled": ["model.positions.table=COUPLED", "model.positions.test_offset=3"],
    "levels": ["model.positions.table=COUPLED_LEVELS", "model.positions.segments=true"],
    "alibi": ["model.attention.position=ALIBI", "model.norm=RMS_NORM"],
    "plain": ["model.attention.unit_norm=false", "model.attention.log_position=false", "model.gated=false"],
    "power": ["model.attention.log_power=1", "model.initial_state=EMBEDDING", "model.nonlinearity=SILU"],
    "rope": ["model.attention.position=ROPE", "model.layers=2", "model.separate_blocks=true"],
    "all_biases": ["model.linear_bias=true", "model.output_bias=true", "model.attention.input_bias=true",
                   "model.attention.output_bias=true"],
}


def tool(name, *flags, text=""):
    done = subprocess.run([f"tools/{name}/{name}", *map(str, flags)], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"{name}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def export(run, name):
    """The exit code, what was said, and the folder."""
    folder = TMP / f"{name}_exported"
    done = subprocess.run([sys.executable, "scripts/export_hugging_face.py", run, folder], text=True,
                          capture_output=True)
    return done.returncode, done.stderr, folder


def tallys_logits(run, **given):
    save_file(given, TMP / "given.safetensors")
    tool("predict", f"--model={run}", f"--ids_in={TMP / 'given.safetensors'}",
         f"--logits_out={TMP / 'logits.safetensors'}", "--threads=1")
    return load_file(TMP / "logits.safetensors")["logits"]


def opened(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
    return model.eval()


class HuggingFaceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tool("datagen", "--count=2000", "--max_digits=3", "--seed=1", f"--out={TMP / 'lines.txt'}")
        tool("tokenize", f"--in={TMP / 'lines.txt'}", f"--out={TMP / 'data.safetensors'}")

    def trained(self, name, *flags):
        run = TMP / name
        tool("train", f"--data={TMP / 'data.safetensors'}", f"--out={run}", "--threads=1", *flags)
        code, said, folder = export(run, name)
        self.assertEqual(code, 0, said)
        return run, folder

    def assert_logits(self, model, expected, ids, initial_state=None):
        with torch.no_grad():
            difference = (model(ids, initial_state=initial_state).logits - expected).abs().max().item()
        self.assertLess(difference, 1e-4)
        return difference

    def assert_logits_are_tallys(self, run, model):
        ids = torch.randint(4, 18, (3, 21), generator=torch.Generator().manual_seed(1))
        ids[:, 9] = 17
        return self.assert_logits(model, tallys_logits(run, input_ids=ids), ids)

    def test_the_default_recipe(self):
        run, folder = self.trained("first", "--steps=200")
        model, tokenizer = opened(folder), AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
        print("default recipe: logits differ by up to", self.assert_logits_are_tallys(run, model))
        self.assertEqual(tokenizer("12+3= ").input_ids, [5, 6, 14, 7, 17, 0])
        lines = ["12+34=", "999+1=", "5+6="]
        answers = tool("predict", f"--model={run}", "--max_tokens=6", text="\n".join(lines) + "\n").splitlines()
        for line, answer in zip(lines, answers):
            ids = tokenizer(line, return_tensors="pt").input_ids
            generated = model.generate(ids, max_new_tokens=6, do_sample=False)[0]
            text = tokenizer.decode(generated, skip_special_tokens=True)
            self.assertEqual(text.replace(" ", ""), answer)

    def test_padding_before_a_line_is_refused(self):
        _, folder = self.trained("padded", "--steps=1")
        with self.assertRaisesRegex(ValueError, "padding before a line"):
            opened(folder)(torch.tensor([[0, 5, 17]]), attention_mask=torch.tensor([[0, 1, 1]]))

    def test_other_options(self):
        for name, settings in OTHERS.items():
            with self.subTest(model=name):
                run, folder = self.trained(name, "--steps=3", *(f"--set={setting}" for setting in settings))
                self.assert_logits_are_tallys(run, opened(folder))

    def test_a_loss_of_labels(self):
        _, folder = self.trained("labels", "--steps=1")
        model, ids = opened(folder), torch.tensor([[5, 14, 6, 17, 7, 3]])
        labels = torch.tensor([[-100, -100, -100, -100, 7, 3]])
        output = model(ids, labels=labels)
        expected = -output.logits.log_softmax(-1)[0, [3, 4], [7, 3]].mean()
        self.assertAlmostEqual(output.loss.item(), expected.item(), 5)
        output.loss.backward()

    def test_recorded_models_of_the_reference(self):
        folders = sorted(f.parent for f in MODELS.glob("*/io.safetensors") if not f.parent.name.startswith("train_"))
        self.assertEqual(len(folders), 34)
        worst = 0
        for source in folders:
            with self.subTest(model=source.name):
                run = TMP / source.name
                subprocess.run(["tests/interop/save_model", source, run], check=True)
                code, said, folder = export(run, source.name)
                self.assertEqual(code, 65 if source.name in REFUSED else 0, said)
                if source.name in REFUSED:
                    continue
                recorded = load_file(source / "io.safetensors")
                given = {name: recorded[name] for name in ("input_ids", "initial_state") if name in recorded}
                # Recorded with random positions of training: Tally's logits without them.
                drawn = "fire_train_positions" in recorded
                expected = tallys_logits(run, **given) if drawn else recorded["logits"]
                worst = max(worst, self.assert_logits(opened(folder), expected, given["input_ids"],
                                                      given.get("initial_state")))
        print("recorded models: logits differ by up to", worst)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
