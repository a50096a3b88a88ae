"""What scripts/export_hugging_face.py writes and refuses, without torch or transformers (hugging_face_test.py)."""
import ast
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import safetensors.numpy

TMP = pathlib.Path(os.environ["TEST_TMPDIR"])


def tool(name, *flags):
    subprocess.run([f"tools/{name}/{name}", *map(str, flags)], check=True, capture_output=True)


def export(*words):
    done = subprocess.run([sys.executable, "scripts/export_hugging_face.py", *map(str, words)], text=True,
                          capture_output=True)
    return done.returncode, done.stderr


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tool("datagen", "--count=500", "--max_digits=3", f"--out={TMP / 'lines.txt'}")
        tool("tokenize", f"--in={TMP / 'lines.txt'}", f"--out={TMP / 'data.safetensors'}")
        cls.run_folder = cls.train("run")
        cls.checkpoint = cls.run_folder / "checkpoints" / "latest"

    @staticmethod
    def train(name, *settings):
        run = TMP / name
        tool("train", f"--data={TMP / 'data.safetensors'}", f"--out={run}", "--steps=2", "--threads=1",
             *(f"--set={setting}" for setting in settings))
        return run

    def copy(self, name):
        """A checkpoint to spoil."""
        return pathlib.Path(shutil.copytree(self.checkpoint.resolve(), TMP / name))

    def assert_refused(self, code, message, *words):
        found, said = export(*words)
        self.assertEqual(found, code, said)
        self.assertRegex(said, message)
        self.assertNotIn("Traceback", said)
        self.assertFalse((TMP / "refused").exists())

    def test_the_folder(self):
        (TMP / "table.md").write_text("| run | exact |\n")
        self.assertEqual(export(self.run_folder, TMP / "a/b", f"--table={TMP / 'table.md'}"), (0, ""))
        folder = TMP / "a/b"
        self.assertEqual({path.name for path in folder.iterdir()},
                         {"README.md", "config.json", "generation_config.json", "model.safetensors",
                          "modeling_tally.py", "tokenizer.json", "tokenizer_config.json"})
        config = json.loads((folder / "config.json").read_text())
        tensors = safetensors.numpy.load_file(folder / "model.safetensors")
        self.assertEqual({name: list(t.shape) for name, t in tensors.items()},
                         {name: shape for name, (_, shape) in config["tensors"].items()})
        self.assertEqual((folder / "model.safetensors").read_bytes(),
                         (self.checkpoint / "model.safetensors").read_bytes())
        self.assertEqual(config["architecture"]["attention"]["log_power"], 0.5)
        self.assertIs(config["architecture"]["gated"], True)
        vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
        self.assertEqual([vocabulary[c] for c in "0+=x "], [4, 14, 17, 16, 0])
        card = (folder / "README.md").read_text()
        for row in ("| parameters | 43,936 |", "| task | addition |", "| step | 2 |", "| run | exact |",
                    "| first operand in training | 1..3 digits |"):
            self.assertIn(row + "\n", card)
        ast.parse((folder / "modeling_tally.py").read_text())
        self.assertEqual(export(self.checkpoint, TMP / "of_a_checkpoint"), (0, ""))
        self.assertEqual(list((TMP / "a").iterdir()), [folder])  # nothing temporary is left

    def test_what_is_not_covered_is_refused(self):
        for setting, message in {
                "model.attention.local=true": "attention.local is true; modeling_tally.py covers false",
                "model.attention.shift_clip=2": "attention.shift_clip is 2; modeling_tally.py covers 0",
                "model.positions.table=LEARNED_RAND": "positions.table is LEARNED_RAND; modeling_tally.py covers NO_T",
                "model.recurrences_per_digit=1": "recurrences_per_digit is 1; modeling_tally.py covers 0",
                "model.state.handed_on=NORMED": "state.handed_on is NORMED; modeling_tally.py covers RESIDUAL"}.items():
            with self.subTest(setting=setting):
                run = self.train(setting.replace("=", "_"), setting)
                self.assert_refused(65, f"config.json: model.{message}", run, TMP / "refused")

    def test_wrong_input(self):
        self.assert_refused(66, "found no checkpoint, expected a run", TMP / "none", TMP / "refused")
        self.assert_refused(66, "found no checkpoint", TMP, TMP / "refused")
        self.assert_refused(66, "none.md: No such file", self.run_folder, TMP / "refused", f"--table={TMP / 'none.md'}")
        self.assert_refused(2, "found 1 arguments, expected RUN FOLDER", self.run_folder)
        self.assert_refused(2, "found --tabel=x", self.run_folder, TMP / "refused", "--tabel=x")
        self.assert_refused(73, "lines.txt: is there already", self.run_folder, TMP / "lines.txt")
        self.assert_refused(73, "Not a directory|File exists", self.run_folder, TMP / "lines.txt" / "refused")

    def test_damaged_checkpoints(self):
        short = self.copy("short")
        (short / "model.safetensors").write_bytes((short / "model.safetensors").read_bytes()[:-1])
        self.assert_refused(65, r"model.safetensors: has 177\d{3} bytes, expected 177\d{3} as in DONE", short,
                            TMP / "refused")
        for name, old, new, message in [("unknown", "format: 1", "magic: 1", "model.magic is not known"),
                                        ("newer", "format: 1", "format: 9", "model.format is 9; .* covers 1"),
                                        ("broken", "hidden_size: 64", "hidden_size? 64", "line 2: found .hidden_size"),
                                        ("large", "vocabulary_size: 19", "vocabulary_size: 20",
                                         "tokenizer.json: expected a list of 20 tokens"),
                                        ("other", "\"tally\"", "\"tulip\"", "found no model under tally")]:
            with self.subTest(name):
                spoilt = self.copy(name)
                text = (spoilt / "config.json").read_text()
                self.assertIn(old, text)
                (spoilt / "config.json").write_text(text.replace(old, new))
                (spoilt / "DONE").write_text("")
                self.assert_refused(65, message, spoilt, TMP / "refused")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
