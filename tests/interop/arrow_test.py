"""tokenize reads what pyarrow writes: data sets as Hugging Face `datasets` and the reference store them."""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import unittest
import zipfile

import numpy
import pyarrow
import safetensors.numpy

TMP = pathlib.Path(os.environ["TEST_TMPDIR"])
RECORDED = [("add_bucket_reverse_all", []), ("add_bucket_reverse_all_p01", ["--spaces"]),
            ("sort_5_4_reverse_all", ["--task=sorting"])]


def recorded_rows(name):
    return json.loads(pathlib.Path(f"tests/data/{name}.ids.json").read_text())


def write_shard(path, columns, schema, *, new=pyarrow.ipc.new_stream):
    """Writes the columns in several record batches, as the library does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pyarrow.OSFile(str(path), "wb") as file, new(file, schema) as stream:
        for begin in range(0, len(columns[0]), 15):
            stream.write_batch(pyarrow.record_batch([column[begin:begin + 15] for column in columns], schema=schema))


def ids_schema(item=pyarrow.int64(), make_list=pyarrow.list_):
    return pyarrow.schema([("input_ids", make_list(item))])


def tokenize(*words):
    return subprocess.run(["tools/tokenize/tokenize", *map(str, words)], capture_output=True, text=True)


class ArrowTest(unittest.TestCase):
    def check(self, path, rows, flags):
        out = TMP / "tokens.safetensors"
        result = tokenize(f"--in={path}", f"--out={out}", *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        data = safetensors.numpy.load_file(out)
        self.assertEqual(len(data["offsets"]), len(rows) + 1)
        for i, row in enumerate(rows):
            found = data["tokens"][data["offsets"][i]:data["offsets"][i + 1]]
            self.assertEqual(list(found), row[:row.index(3) + 1])
            self.assertFalse(numpy.any(row[len(found):]))

    def test_recorded_rows_keep_their_ids(self):
        for name, flags in RECORDED:
            with self.subTest(data=name):
                rows = recorded_rows(name)
                write_shard(TMP / f"{name}.arrow", [rows], ids_schema())
                self.check(TMP / f"{name}.arrow", rows, flags)

    def test_other_integers_lists_columns_and_the_file_format(self):
        rows = recorded_rows("add_bucket_reverse_all")
        for item in (pyarrow.uint8(), pyarrow.int32(), pyarrow.uint64()):
            write_shard(TMP / "a.arrow", [rows], ids_schema(item, pyarrow.large_list))
            self.check(TMP / "a.arrow", rows, [])
        schema = pyarrow.schema([("name", pyarrow.string()), ("facts", pyarrow.struct([("n", pyarrow.int8())])),
                                 *ids_schema(), ("__index_level_0__", pyarrow.int64())])
        columns = [["x"] * len(rows), [{"n": 1}] * len(rows), rows, range(len(rows))]
        write_shard(TMP / "b.arrow", columns, schema, new=pyarrow.ipc.new_file)
        self.check(TMP / "b.arrow", rows, [])

    def test_a_column_of_text(self):
        lines = pathlib.Path("tests/data/add_bucket_reverse_all.txt").read_text().splitlines()
        for text in (pyarrow.string(), pyarrow.large_string()):
            write_shard(TMP / "text.arrow", [lines], pyarrow.schema([("text", text)]))
            self.check(TMP / "text.arrow", recorded_rows("add_bucket_reverse_all"), [])

    def test_a_folder_and_its_zip(self):
        rows = recorded_rows("add_bucket_reverse_all")
        folder = TMP / "set" / "hf_tokenized_dataset"
        shards = [f"data-0000{i}-of-00002.arrow" for i in range(2)]
        write_shard(folder / "train" / shards[0], [rows[:20]], ids_schema())
        write_shard(folder / "train" / shards[1], [rows[20:]], ids_schema())
        (folder / "train" / "state.json").write_text(json.dumps({"_data_files": [{"filename": s} for s in shards]}))
        (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
        (TMP / "set" / "lines.txt").write_text("1+1=2\n")
        self.check(TMP / "set", rows, [])
        with zipfile.ZipFile(TMP / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((TMP / "set").rglob("*")):
                archive.write(path, path.relative_to(TMP))
        self.check(TMP / "set.zip", rows, [])
        shard = folder / "train" / shards[1]
        (TMP / "shard.gz").write_bytes(gzip.compress(shard.read_bytes()))
        self.check(TMP / "shard.gz", rows[20:], [])
        shard.unlink()
        self.assertIn(f"state.json: lists {shards[1]}, which is not there",
                      tokenize(f"--in={TMP / 'set'}", f"--out={TMP / 'x'}").stderr)

    def test_refuses_what_it_does_not_read_by_name(self):
        rows = recorded_rows("add_bucket_reverse_all")
        path = TMP / "refused.arrow"
        cases = [
            (lambda: write_shard(path, [rows], pyarrow.schema([("ids", pyarrow.list_(pyarrow.int64()))])),
             "found the columns ids, expected input_ids"),
            (lambda: write_shard(path, [[None, *rows]], ids_schema()), "found nulls in input_ids"),
            (lambda: write_shard(path, [rows], ids_schema(), new=self.compressed), "found a compressed record batch"),
            (lambda: path.write_bytes(b"PAR1" + bytes(100)), "found Parquet, which is not read"),
        ]
        for write, message in cases:
            with self.subTest(message=message):
                write()
                result = tokenize(f"--in={path}", f"--out={TMP / 'x'}")
                self.assertEqual(result.returncode, 65)
                self.assertIn(message, result.stderr)
                self.assertFalse((TMP / "x").exists())

    @staticmethod
    def compressed(file, schema):
        return pyarrow.ipc.new_stream(file, schema, options=pyarrow.ipc.IpcWriteOptions(compression="zstd"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
