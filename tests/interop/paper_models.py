"""Records the models of the paper's pretraining commands, as the reference's own code builds them.

usage: paper_models.py REFERENCE [OUT]    REFERENCE: a checkout of mcleish7/arithmetic; OUT: without it, standard output

Each command of shells/*.sh that runs pretrain.py is composed by Hydra from the reference's configuration, and its model
built. The record, tests/parity/paper_models.json, holds for each command's name its settings, its count of parameters as
the reference logs it, how many of these are trained, and its tensors; equal lists of tensors are stored once.

Needs torch, transformers, safetensors, omegaconf, hydra-core and einops. The record was made with torch 2.11.0,
transformers 4.40.2, omegaconf 2.3.1, hydra-core 1.3.8 and einops 0.8.2 from PyPI.
"""

import json
import pathlib
import shlex
import subprocess
import sys
import types

SHELLS = ("addition_lt", "addition_ff", "multiplication", "sorting", "bitwise_or")
# Ids of "=" and sizes of the vocabularies, by tokenizer_type.
EQUALS = 17
VOCABULARY = {"pad": 19, "sort": 118}


def commands(reference):
    """(shell, processes, overrides) of every command that trains, in their order."""
    for shell in SHELLS:
        text = (reference / "shells" / f"{shell}.sh").read_text().replace("\\\n", " ")
        for line in text.splitlines():
            words = shlex.split(line)
            if "pretrain.py" in words:
                script = words.index("pretrain.py")
                processes = [int(word.partition("=")[2]) for word in words[:script] if word.startswith("--nproc")]
                yield shell, sum(processes) or 1, [word.replace("$cramming_base_dir", "/base")
                                                   for word in words[script + 1:]]


def import_architectures(reference):
    """The reference's architectures alone: the package's own __init__ imports the training stack."""
    for name in ("cramming", "cramming.architectures"):
        module = types.ModuleType(name)
        module.__path__ = [str(reference / name.replace(".", "/"))]
        sys.modules[name] = module
    from cramming.architectures.crammed_depthrecurrent import construct_crammed_recurrent
    return construct_crammed_recurrent


def settings(config):
    source = config.data.sources.arithmetic
    return {
        "data": source.tokenized_dataset_path.split("/")[1],
        "vocabulary": VOCABULARY[source.tokenizer_type],
        "budget_hours": config.budget,
        "batch_size": config.train.batch_size,
        "microbatch_size": config.impl.microbatch_size,
        "batch_size_ramp": config.train.batch_size_ramp,
        "scheduler": config.train.scheduler,
        "warmup": config.train.warmup_steps,
        "cooldown": config.train.cooldown_steps,
        "optimizer": config.train.optim.type,
        "lr": config.train.optim.lr,
        "betas": list(config.train.optim.betas),
        "eps": config.train.optim.eps,
        "weight_decay": config.train.optim.weight_decay,
        "gradient_clipping": config.train.gradient_clipping,
        "alpha": config.arch.alpha,
        "loss_reduction": config.arch.loss_reduction,
        "throttle": config.arch.throttle,
        "mask_before_equals": config.arch.mask_before_equals,
        "layers": config.arch.layers_in_recurrent_block,
        "recurrences": config.arch.maximal_recurrence,
        "pos_embedding": config.arch.embedding.pos_embedding,
        "max_seq_length": config.arch.embedding.max_seq_length,
        "max_abacus_len": config.arch.embedding.max_abacus_len,
        "rotary_embedding": config.arch.attention.rotary_embedding,
        "num_attention_heads": config.arch.attention.num_attention_heads,
        "init": config.arch.init.type,
    }


def record(reference):
    import hydra

    construct = import_architectures(reference)
    models, lists = {}, []
    with hydra.initialize_config_dir(str(reference / "cramming" / "config"), version_base="1.3"):
        for shell, processes, overrides in commands(reference):
            config = hydra.compose("cfg_pretrain", overrides)
            row = settings(config)
            model = construct(config.arch, row["vocabulary"], EQUALS)
            tensors = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
            if tensors not in lists:
                lists.append(tensors)
            parameters = list(model.parameters())
            models[config.name] = {
                "shell": shell,
                "processes": processes,
                **row,
                "parameters": sum(p.numel() for p in parameters),
                "trained": sum(p.numel() for p in parameters if p.requires_grad),
                "tensors": lists.index(tensors),
            }
    commit = subprocess.run(["git", "-C", reference, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return {"reference": commit.stdout.strip(), "models": models, "tensors": lists}


def text_of(value):
    """JSON with a line for each model and each tensor."""
    def lines(mapping, indent):
        return ",\n".join(f"{indent}{json.dumps(name)}: {json.dumps(entry)}" for name, entry in mapping.items())

    lists = ",\n".join("{\n" + lines(tensors, "  ") + "\n}" for tensors in value["tensors"])
    return (f'{{"reference": "{value["reference"]}",\n"models": {{\n{lines(value["models"], "  ")}\n}},\n'
            f'"tensors": [\n{lists}\n]}}\n')


def main():
    reference = pathlib.Path(sys.argv[1]).resolve()
    out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "/dev/stdout")
    out.write_text(text_of(record(reference)))


if __name__ == "__main__":
    main()
