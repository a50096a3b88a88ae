#!/usr/bin/env python3
"""Writes a run, or a checkpoint, as a folder that Hugging Face transformers opens:

  AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True)

usage: scripts/export_hugging_face.py RUN FOLDER [--table=FILE]
  --table=FILE   Markdown for the model card, such as `plot table cells.jsonl --out=table.md` writes

FOLDER has config.json, generation_config.json, model.safetensors (the checkpoint's, byte for byte), modeling_tally.py,
tokenizer.json, tokenizer_config.json and README.md, the model card. It is whole or absent. Exit codes are Tally's: 2
usage; 65 a model that modeling_tally.py does not cover, or a damaged checkpoint; 66 no checkpoint; 73 FOLDER cannot be
made. A script, since all that it needs stands in the checkpoint's files.
"""
import json
import os
import pathlib
import re
import shutil
import struct
import sys
import tempfile

MODEL_CODE = pathlib.Path(__file__).resolve().parent / "hugging_face" / "modeling_tally.py"
USAGE, BAD_INPUT, MISSING, CANNOT_CREATE = 2, 65, 66, 73

# The fields of ModelConfig that modeling_tally.py reads, and what it knows of them: values, or None for any. What is
# not here must be a field of training alone.
COVERED = {
    "vocabulary_size": None, "hidden_size": None, "intermediate_size": None, "layers": None, "recurrences": None,
    "norm_scheme": None, "norm_epsilon": None, "injection": None, "initial_state": None, "head": None,
    "output_adapter": None, "norm": None, "nonlinearity": None, "gated": None, "sub_normalization": None,
    "linear_bias": None, "output_bias": None, "embedding_norm": None, "final_norm": None, "embedding_size": None,
    "tied": None, "matrix_rank": [0], "separate_blocks": None, "recurrences_per_digit": [0], "recurrence_operand": None, "format": [1],
    "positions.table": ["NO_TABLE", "ABACUS", "COUPLED", "COUPLED_LEVELS", "LEARNED", "SINUSOIDAL",
                        "SCALED_SINUSOIDAL"],
    "positions.table_rows": None, "positions.test_offset": None, "positions.segments": None,
    "attention.heads": None, "attention.relative_clip": None, "attention.unit_norm": None,
    "attention.log_position": None, "attention.log_power": None, "attention.position": None,
    "attention.packing": None, "attention.ids": ["DIGIT_WEIGHT", "DIGIT_WEIGHT_AND_OPERAND"],
    "attention.second_clip": None, "attention.shift_clip": [0], "attention.key_clip": [0], "attention.local": [False],
    "attention.recurrence_counts": None, "attention.key_value_heads": [0], "attention.content": [True],
    "attention.input_bias": None, "attention.output_bias": None,
    "attention.sub_normalization": None,
    "state.handed_on": ["RESIDUAL"], "state.variables": [0], "state.values": None,
}
TRAINING = {
    "backprop_recurrences", "initialisation", "initialisation_deviation", "positions.max_offset",
    "positions.offset_per_sample", "attention.initial_log_temperature", "attention.random_positions",
    "attention.logit_jitter", "attention.far_key_bias_jitter",
}


def fail(code, message):
    print(f"export_hugging_face.py: {message}", file=sys.stderr)
    sys.exit(code)


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        return fail(MISSING, f"{path}: {error.strerror}")


def checkpoint_of(run):
    """The folder of the checkpoint that `run` means, with all the files that its DONE lists."""
    folder = run / "checkpoints" / "latest" if (run / "checkpoints").exists() else run
    if not (folder / "DONE").is_file():
        fail(MISSING, f"{run}: found no checkpoint, expected a run or a checkpoint of Tally with a file DONE")
    for size, name in re.findall(r"^[0-9a-f]{16} (\d+) (.+)$", read(folder / "DONE").decode(), re.MULTILINE):
        found = len(read(folder / name))
        if found != int(size):
            fail(BAD_INPUT, f"{folder / name}: has {found} bytes, expected {size} as in DONE")
    return folder


def read_text_format(text, source):
    """A message in protobuf's text format, one field or brace a line, as {field: value or message}."""
    stack = [{}]
    for number, line in enumerate(text.splitlines(), 1):
        field = re.fullmatch(r"\s*(\w+): (.+)", line)
        opened = re.fullmatch(r"\s*(\w+) \{", line)
        if field:
            value = {"true": True, "false": False}.get(field[2], field[2])
            if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?(e[-+]\d+)?", value):
                value = json.loads(value)
            stack[-1][field[1]] = value
        elif opened:
            stack.append(stack[-1].setdefault(opened[1], {}))
        elif line.strip() == "}" and len(stack) > 1:
            stack.pop()
        else:
            fail(BAD_INPUT, f"{source}: tally.model, line {number}: found \"{line}\", expected a field")
    return stack[0]


def fields(message, path=""):
    for name, value in message.items():
        if isinstance(value, dict):
            yield from fields(value, f"{path}{name}.")
        else:
            yield path + name, value


def check_covered(architecture, source):
    """Ends the script for a model that modeling_tally.py would compute otherwise than Tally."""
    found = dict(fields(architecture))
    for name, value in found.items():
        if name not in COVERED and name not in TRAINING:
            fail(BAD_INPUT, f"{source}: model.{name} is not known to modeling_tally.py")
        known = COVERED.get(name)
        if known is not None and value not in known:
            expected = ", ".join(str(k).lower() if isinstance(k, bool) else str(k) for k in known)
            shown = str(value).lower() if isinstance(value, bool) else value
            fail(BAD_INPUT, f"{source}: model.{name} is {shown}; modeling_tally.py covers {expected}")
    for name in COVERED.keys() - found.keys():
        fail(BAD_INPUT, f"{source}: model.{name} is missing, expected every field")


def read_model(folder):
    """config.json, and the model of it by field."""
    source = folder / "config.json"
    try:
        config = json.loads(read(source))
        text = config["tally"]["model"]
    except (ValueError, KeyError, TypeError):
        fail(BAD_INPUT, f"{source}: found no model under tally, expected a checkpoint of Tally")
    architecture = read_text_format(text, source)
    check_covered(architecture, source)
    return config, architecture


def read_tensors(path):
    """{name: [type, shape]} of a safetensors file."""
    data = read(path)
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        tensors = {name: [entry["dtype"], entry["shape"]] for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, struct.error, KeyError, TypeError):
        fail(BAD_INPUT, f"{path}: expected a safetensors file")
    for name, (kind, _) in tensors.items():
        if kind not in ("F32", "I64"):
            fail(BAD_INPUT, f"{path}: {name} is {kind}, expected F32 or I64")
    return tensors


def read_tokens(path, size):
    """The vocabulary's tokens in order of id."""
    try:
        tokens = json.loads(read(path))["tokens"]
    except (ValueError, KeyError, TypeError):
        tokens = None
    if not isinstance(tokens, list) or len(tokens) != size:
        fail(BAD_INPUT, f"{path}: expected a list of {size} tokens")
    return tokens


# --- The files ---


def model_config(config, architecture, tensors, tokens):
    return {
        "architectures": ["TallyForCausalLM"],
        "auto_map": {"AutoConfig": "modeling_tally.TallyConfig",
                     "AutoModelForCausalLM": "modeling_tally.TallyForCausalLM"},
        "model_type": "tally",
        "torch_dtype": "float32",
        "vocab_size": len(tokens),
        "hidden_size": architecture["hidden_size"],
        "num_hidden_layers": architecture["layers"],
        "num_attention_heads": architecture["attention"]["heads"],
        "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3,
        "tie_word_embeddings": False,
        "use_cache": False,
        "architecture": architecture,
        "tensors": tensors,
        "trained_on": {key: value for key, value in config["tally"].items() if key != "model"},
    }


def tokenizer(tokens):
    """One token a character. A space is padding, as Tally reads it; so the last token of the vocabulary, which is a
    space, has a name that no text has."""
    names = ["[SPACE]" if token == " " else token for token in tokens]
    special = [{"id": i, "content": names[i], "special": True, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False} for i in range(4)]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {**{name: i for i, name in enumerate(names)}, " ": 0},
                  "unk_token": "[UNK]"},
    }


TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "[BOS]",
    "eos_token": "[EOS]", "padding_side": "right", "clean_up_tokenization_spaces": False,
    "model_max_length": 1000000, "model_input_names": ["input_ids", "attention_mask"],
}


def last_metrics(run):
    """The last line of the run's metrics, {} of a checkpoint without a run."""
    path = run / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return json.loads(lines[-1]) if lines else {}


def facts(config, architecture, tensors, metrics):
    """Rows of the model card's table."""
    trained, count = config["tally"], 0
    for kind, shape in tensors.values():
        size = 1
        for axis in shape:
            size *= axis
        count += size if kind == "F32" and shape else 0
    yield "parameters", f"{count:,}"
    yield "layers x recurrences", f"{architecture['layers']} x {architecture['recurrences']}"
    for task in trained.get("tasks", [trained]):
        yield "task", task.get("task", "not recorded")
        yield "digits are reversed in", task.get("digit_order", "not recorded")
        for key, name in (("trained_first", "first operand"), ("trained_second", "second operand")):
            if key in task:
                yield f"{name} in training", f"{task[key][0]}..{task[key][1]} digits"
    yield "step", f"{trained.get('step', 0):,}"
    for key, name in (("problems", "problems seen"), ("seconds", "seconds of training"), ("loss", "last loss"),
                      ("exact", "exact answers in training, last"), ("validation_exact", "exact answers, validation")):
        if key in metrics:
            yield name, f"{metrics[key]:,}"


def model_card(rows, name, table):
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation", "tags:", "- arithmetic",
             "- length-generalisation", "---", "", f"# {name}", "", "A small transformer that does arithmetic, trained "
             "with Tally.", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows)]
    if table:
        lines += ["", "## Exact answers", "", table.strip()]
    return "\n".join([*lines, "", "## Use", "", "```python", "from transformers import AutoModelForCausalLM, "
                      "AutoTokenizer", "", "tokenizer = AutoTokenizer.from_pretrained(FOLDER, trust_remote_code=True)",
                      "model = AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True)",
                      "ids = tokenizer(\"321+54=\", return_tensors=\"pt\").input_ids", "print(tokenizer.decode("
                      "model.generate(ids, max_new_tokens=10)[0], skip_special_tokens=True))", "```", "",
                      "Numbers are written as in training: the table says which have their least significant digit "
                      "first."]) + "\n"


def write_all(folder, texts, tensors_from):
    """Puts texts {name: text}, model.safetensors and the model's code into `folder`, whole or not at all."""
    if folder.exists():
        fail(CANNOT_CREATE, f"{folder}: is there already, expected a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        fail(CANNOT_CREATE, f"{folder}: {error.strerror}")
    try:
        for name, text in texts.items():
            (work / name).write_text(text, encoding="utf-8")
        shutil.copyfile(tensors_from, work / "model.safetensors")
        shutil.copyfile(MODEL_CODE, work / MODEL_CODE.name)
        work.chmod(0o755)
        os.rename(work, folder)
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        fail(CANNOT_CREATE, f"{folder}: {error.strerror}")


def parse(words):
    """run, folder, text of the table or None."""
    flags = [word for word in words if word.startswith("--")]
    if "--help" in flags:
        print(__doc__.strip())
        sys.exit(0)
    unknown = [flag for flag in flags if not flag.startswith("--table=")]
    paths = [pathlib.Path(word) for word in words if not word.startswith("--")]
    if unknown or len(paths) != 2:
        fail(USAGE, f"found {unknown[0] if unknown else f'{len(paths)} arguments'}, expected RUN FOLDER "
             "[--table=FILE]; --help says more")
    table = read(pathlib.Path(flags[-1][len("--table="):])).decode(errors="replace") if flags else None
    return paths[0], paths[1], table


def main():
    run, folder, table = parse(sys.argv[1:])
    checkpoint = checkpoint_of(run)
    config, architecture = read_model(checkpoint)
    tensors = read_tensors(checkpoint / "model.safetensors")
    tokens = read_tokens(checkpoint / "tokenizer.json", architecture["vocabulary_size"])
    rows = list(facts(config, architecture, tensors, last_metrics(run)))
    texts = {name: json.dumps(value, indent=1, ensure_ascii=False) + "\n" for name, value in {
        "config.json": model_config(config, architecture, tensors, tokens),
        "generation_config.json": {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "use_cache": False},
        "tokenizer.json": tokenizer(tokens),
        "tokenizer_config.json": TOKENIZER_CONFIG,
    }.items()}
    write_all(folder, {**texts, "README.md": model_card(rows, run.resolve().name, table)},
              checkpoint / "model.safetensors")


if __name__ == "__main__":
    main()
