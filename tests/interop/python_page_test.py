"""The blocks of docs/python.md and the cells of docs/grid.ipynb run, from top to bottom, on a small run. Those that
need torch or transformers run where these are (TALLY_PYTHON), and all else everywhere."""
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path.cwd()
WORK = pathlib.Path(os.environ["TEST_TMPDIR"]) / "page"
COMMANDS = """
datagen --count=2000 --max_digits=3 --seed=1 | tokenize --out=tokens.safetensors
train --data=tokens.safetensors --out=runs/first --steps=30 --set=train.log_every_steps=10
env eval --model=runs/first --rows=1..3 --cols=1..3 --samples=10 --out=cells.jsonl
plot table cells.jsonl --out=table.md
"""


def run(blocks):
    """What the blocks print, and the names that they leave."""
    names = {"__name__": "page"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for number, block in enumerate(blocks):
            exec(compile(block, f"block {number}", "exec"), names)  # pylint: disable=exec-used
    return printed.getvalue(), names


class PythonPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tools = ":".join(str(folder) for folder in (ROOT / "tools").iterdir())
        os.environ.update(PATH=f"{tools}:{os.environ['PATH']}", HF_HUB_OFFLINE="1", HF_HOME=str(WORK / "hugging_face"))
        WORK.mkdir()
        os.chdir(WORK)
        subprocess.run(["bash", "-euo", "pipefail", "-c", COMMANDS], check=True, capture_output=True)
        subprocess.run([sys.executable, ROOT / "scripts/export_hugging_face.py", "runs/first", "exported",
                        "--table=table.md"], check=True)

    def test_the_page(self):
        page = (ROOT / "docs/python.md").read_text()
        blocks = re.findall(r"^```python ?(\w*)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        self.assertEqual([package for package, _ in blocks].count("torch"), 1)
        have = [package for package in ("torch", "transformers") if importlib.util.find_spec(package)]
        printed, names = run([block for package, block in blocks if not package or package in have])
        self.assertEqual(names["grid"].shape, (3, 3))
        self.assertEqual(names["cells"]["samples"].sum(), 90)
        self.assertEqual(names["metrics"].index.tolist(), [10, 20, 30])
        self.assertEqual(len(names["answers"](["1+2=", "10+20="])), 2)
        self.assertEqual(names["logits"].shape, (1, len(names["line"]), 19))
        self.assertRegex(printed, r"\d\+\d+=\d+\[EOS\] answer from token \d")
        self.assertIn("exact", (WORK / "exported/README.md").read_text())
        if "torch" in have:
            self.assertRegex(printed, r"torch.Size\(\[32, \d+\]\) \d+ tokens to learn")

    def test_the_notebook(self):
        notebook = json.loads((ROOT / "docs/grid.ipynb").read_text())
        _, names = run("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
        self.assertEqual(names["grid"].shape, (3, 3))
        self.assertIn("<svg", names["picture"]._repr_svg_())
        self.assertTrue(all(not cell.get("outputs") for cell in notebook["cells"]))  # none are kept in the repository


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
