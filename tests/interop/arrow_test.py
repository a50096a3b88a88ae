"""The lines in docs/formats/token_dataset.md export data sets of the reference, Arrow streams, to text for tokenize."""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import numpy
import pyarrow
import safetensors.numpy

TMP = pathlib.Path(os.environ["TEST_TMPDIR"])


class ArrowTest(unittest.TestCase):
    def test_exported_rows_have_the_ids_that_were_stored(self):
        page = pathlib.Path("docs/formats/token_dataset.md").read_text()
        script = TMP / "export.py"
        script.write_text(re.search(r"```python\n(import sys, pyarrow\n.*?)```", page, re.DOTALL).group(1))
        for name, flags in (("add_bucket_reverse_all", []), ("add_bucket_reverse_all_p01", ["--spaces"])):
            with self.subTest(data=name):
                rows = json.loads(pathlib.Path(f"tests/data/{name}.ids.json").read_text())
                # As the datasets library writes them: several batches of one column.
                schema = pyarrow.schema([("input_ids", pyarrow.list_(pyarrow.int64()))])
                with pyarrow.OSFile(str(TMP / "data.arrow"), "wb") as file:
                    with pyarrow.ipc.new_stream(file, schema) as stream:
                        for begin in range(0, len(rows), 15):
                            stream.write_batch(pyarrow.record_batch([rows[begin:begin + 15]], schema=schema))
                text = subprocess.run([sys.executable, script, TMP / "data.arrow"], check=True, capture_output=True)
                out = TMP / f"{name}.safetensors"
                subprocess.run(["tools/tokenize/tokenize", *flags, f"--out={out}"], input=text.stdout, check=True)
                data = safetensors.numpy.load_file(out)
                self.assertEqual(len(data["offsets"]), len(rows) + 1)
                for i, row in enumerate(rows):
                    found = data["tokens"][data["offsets"][i]:data["offsets"][i + 1]]
                    self.assertEqual(list(found), row[:row.index(3) + 1])
                    self.assertFalse(numpy.any(row[len(found):]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
