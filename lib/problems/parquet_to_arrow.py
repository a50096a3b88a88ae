"""Writes the column of problems of a Parquet file as an Arrow stream: Tally starts this to read such files.

usage: python3 parquet_to_arrow.py < x.parquet > x.arrow    standard input: a file, not a pipe

The column is input_ids, lists of integers, or else text; both without a dictionary and without nulls. The stream ends
with Arrow's mark only where the whole file was read. Exit code 3: there is no pyarrow. 65: the file is not what it
should be; one line on standard error says why.
"""
import os
import signal
import sys

NO_PYARROW, BAD_INPUT = 3, 65  # exit codes
ROWS = 1024  # at a time: memory holds so many, and one row group

signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def fail(code, message):
    print(str(message).strip().split("\n")[0], file=sys.stderr, flush=True)
    os._exit(code)  # nothing that is open shall write an end


try:
    import pyarrow
    import pyarrow.parquet
except Exception as error:  # also what a package for another numpy raises
    fail(NO_PYARROW, f"{type(error).__name__}: {error}")


def type_to_write(name, kind):
    """The type in which the column `name` is written; None where it cannot hold problems."""
    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if name == "input_ids" and lists and types.is_integer(kind.value_type):
        return pyarrow.large_list(pyarrow.int64())
    if name == "text" and (types.is_string(kind) or types.is_large_string(kind)):
        return pyarrow.large_string()
    return None


def column_of(schema):
    """Name and type of the column of problems."""
    for name in ("input_ids", "text"):
        index = schema.get_field_index(name)
        kind = type_to_write(name, schema.field(index).type) if index >= 0 else None
        if kind is not None:
            return name, kind
    fail(BAD_INPUT, f"found the columns {', '.join(schema.names)}, expected input_ids, lists of integers, or text")


def has_null(value):
    return value is None or (isinstance(value, list) and None in value)


def as_written(column, kind):
    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pyarrow.types.is_fixed_size_list(column.type):
        return pyarrow.array(column.to_pylist(), kind)
    return column.cast(kind)


def write_stream(file, out):
    name, kind = column_of(file.schema_arrow)
    row = 0
    stream = pyarrow.ipc.new_stream(out, pyarrow.schema([(name, kind)]))
    for batch in file.iter_batches(ROWS, columns=[name]):
        column = as_written(batch.column(0), kind)
        if column.null_count or (name == "input_ids" and column.flatten().null_count):
            place = next(i for i, value in enumerate(column.to_pylist()) if has_null(value))
            fail(BAD_INPUT, f"row {row + place + 1}: found a null in {name}, expected none")
        stream.write_batch(pyarrow.record_batch([column], [name]))
        row += len(column)
    stream.close()  # in no `with`, which writes the mark of the end after an error too
    out.flush()


try:
    opened = pyarrow.parquet.ParquetFile(open(0, "rb", closefd=False))
except (pyarrow.ArrowException, OSError) as error:
    fail(BAD_INPUT, f"found no whole Parquet file (is it truncated?): {error}")
try:
    write_stream(opened, sys.stdout.buffer)
except (pyarrow.ArrowException, OSError) as error:
    fail(BAD_INPUT, f"damaged, or not to be read by pyarrow {pyarrow.__version__}: {error}")
