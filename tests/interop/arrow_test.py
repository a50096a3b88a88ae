"""tokenize reads what pyarrow writes: data sets as Hugging Face `datasets` and the reference store them, and Parquet."""

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
import pyarrow.parquet
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


def tokenize(*words, **variables):
    return subprocess.run(["tools/tokenize/tokenize", *map(str, words)], capture_output=True, text=True,
                          env=dict(os.environ, **variables), check=False)


class ReaderTest(unittest.TestCase):
    def check(self, path, rows, flags=()):
        out = TMP / "tokens.safetensors"
        result = tokenize(f"--in={path}", f"--out={out}", *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        data = safetensors.numpy.load_file(out)
        self.assertEqual(len(data["offsets"]), len(rows) + 1)
        for i, row in enumerate(rows):
            found = data["tokens"][data["offsets"][i]:data["offsets"][i + 1]]
            self.assertEqual(list(found), row[:row.index(3) + 1])
            self.assertFalse(numpy.any(row[len(found):]))

    def check_refused(self, path, message, code=65, **variables):
        out = TMP / "refused.safetensors"
        result = tokenize(f"--in={path}", f"--out={out}", **variables)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(message, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertFalse(out.exists())


class ArrowTest(ReaderTest):

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
        ]
        for write, message in cases:
            with self.subTest(message=message):
                write()
                self.check_refused(path, message)

    @staticmethod
    def compressed(file, schema):
        return pyarrow.ipc.new_stream(file, schema, options=pyarrow.ipc.IpcWriteOptions(compression="zstd"))


def write_parquet(path, schema, *columns, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(list(columns), schema=schema), path, row_group_size=15, **options)


class ParquetTest(ReaderTest):
    rows = recorded_rows("add_bucket_reverse_all")
    lines = pathlib.Path("tests/data/add_bucket_reverse_all.txt").read_text().splitlines()

    def test_ids_in_every_packing_and_several_row_groups(self):
        path = TMP / "ids.parquet"
        for codec, version in (("none", "1.0"), ("snappy", "1.0"), ("zstd", "2.0")):
            with self.subTest(codec=codec, pages=version):
                write_parquet(path, ids_schema(), self.rows, compression=codec, data_page_version=version)
                self.check(path, self.rows)
        self.assertGreater(pyarrow.parquet.ParquetFile(path).num_row_groups, 1)

    def test_other_types_and_columns(self):
        path, long = TMP / "other.parquet", max(map(len, self.rows))
        padded = [row + [0] * (long - len(row)) for row in self.rows]
        for kind in (pyarrow.large_list(pyarrow.uint8()), pyarrow.list_(pyarrow.int32(), long)):
            with self.subTest(kind=kind):
                write_parquet(path, pyarrow.schema([("name", pyarrow.string()), ("input_ids", kind)]),
                              ["x"] * len(padded), padded)
                self.check(path, self.rows)
        for kind in (pyarrow.string(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())):
            with self.subTest(kind=kind):
                write_parquet(path, pyarrow.schema([("text", kind)]), self.lines)
                self.check(path, self.rows)

    def test_from_an_archive_a_pipe_and_a_folder_of_splits(self):
        folder = TMP / "published" / "data"
        for i, part in enumerate((self.rows[:20], self.rows[20:])):
            write_parquet(folder / f"train-0000{i}-of-00002.parquet", ids_schema(), part)
        write_parquet(folder / "test-00000-of-00001.parquet", ids_schema(), self.rows[:3])
        self.check(folder.parent, self.rows)
        self.check(folder.parent, self.rows[:3], ["--split=test"])
        with zipfile.ZipFile(TMP / "published.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
        self.check(TMP / "published.zip", self.rows)
        packed = TMP / "packed.gz"
        packed.write_bytes(gzip.compress((folder / "train-00001-of-00002.parquet").read_bytes()))
        self.check(packed, self.rows[20:])
        out = TMP / "piped.safetensors"
        subprocess.run(f"cat {packed} | tools/tokenize/tokenize --out={out}", shell=True, check=True)
        self.assertEqual(out.read_bytes(), (TMP / "tokens.safetensors").read_bytes())

    def test_refuses_by_row_or_name(self):
        path, text = TMP / "bad.parquet", pyarrow.schema([("text", pyarrow.string())])
        cases = [
            (ids_schema(), [*self.rows[:16], None], "row 17: found a null in input_ids, expected none"),
            (ids_schema(), [*self.rows[:16], [5, None, 3]], "row 17: found a null in input_ids, expected none"),
            (ids_schema(), [*self.rows[:16], [5, 9]], "bad.parquet:17: found no EOS"),
            (text, ["1+1=2", None], "row 2: found a null in text, expected none"),
            (text, ["1+1=2", "1+1=3"], "bad.parquet:2: "),
            (text, [], "bad.parquet: found no line, expected problems"),
            (pyarrow.schema([("ids", pyarrow.int64())]), [1], "found the columns ids, expected input_ids"),
            (pyarrow.schema([("text", pyarrow.int64())]), [1], "found the columns text, expected input_ids"),
        ]
        for schema, column, message in cases:
            with self.subTest(message=message):
                write_parquet(path, schema, column)
                self.check_refused(path, message)

    def test_half_a_file_and_a_damaged_one(self):
        path = TMP / "whole.parquet"
        write_parquet(path, ids_schema(), self.rows, compression="zstd")
        whole, torn = path.read_bytes(), TMP / "torn.parquet"
        for length in (4, len(whole) // 2, len(whole) - 1):
            torn.write_bytes(whole[:length])
            self.check_refused(torn, "torn.parquet: found no whole Parquet file (is it truncated?): ")
        group = pyarrow.parquet.ParquetFile(path).metadata.row_group(1).column(0)
        begin = group.dictionary_page_offset or group.data_page_offset
        damaged = whole[:begin] + bytes(group.total_compressed_size) + whole[begin + group.total_compressed_size:]
        torn.write_bytes(damaged)
        self.check_refused(torn, "torn.parquet: damaged, or not to be read by pyarrow ")

    def test_a_process_that_is_killed_or_has_no_pyarrow(self):
        path, python = TMP / "killed.parquet", TMP / "python"
        write_parquet(path, ids_schema(), self.rows * 2000)
        python.write_text(f"#!/bin/sh\n{sys.executable} \"$@\" | head -c 100000\nkill -KILL $$\n")
        python.chmod(0o755)
        self.check_refused(path, "has ended with code 137 before it had read all", 74, TALLY_PYTHON=str(python))
        python.write_text(f"#!/bin/sh\nexec {sys.executable} -I -S \"$@\"\n")
        self.check_refused(path, "cannot read without pyarrow (ModuleNotFoundError", TALLY_PYTHON=str(python))
        self.check_refused(path, "/no/python: No such file", 66, TALLY_PYTHON="/no/python")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
