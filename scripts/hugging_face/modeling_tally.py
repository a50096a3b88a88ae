"""A model of Tally in plain PyTorch, for transformers: AutoModelForCausalLM.from_pretrained(FOLDER,
trust_remote_code=True). scripts/export_hugging_face.py writes the folder; it refuses models that are not covered here.

config.architecture is Tally's ModelConfig, by field; config.tensors the names and shapes of model.safetensors.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

FIRST_DIGIT, LAST_DIGIT, EQUALS = 4, 13, 17  # ids; what has a larger id is an operator, a smaller one a special
NONLINEARITIES = {"GELU": F.gelu, "RELU": F.relu, "SILU": F.silu, "TANH": torch.tanh, "SIGMOID": torch.sigmoid}
FROM_EMBEDDING = "encoder.embedding."


class TallyConfig(PretrainedConfig):
    model_type = "tally"

    def __init__(self, architecture=None, tensors=None, **kwargs):
        self.architecture = architecture or {}
        self.tensors = tensors or {}
        super().__init__(**kwargs)


# --- What a token is within its line, read off ids [batch, seq]; lib/model/positions/position_ids.h ---


def abacus_ids(ids):
    """1, 2, 3, ... within a run of digits, 0 for any other token."""
    index = torch.arange(1, ids.size(1) + 1, device=ids.device).expand_as(ids)
    digit = (ids >= FIRST_DIGIT) & (ids <= LAST_DIGIT)
    return index - torch.cummax(index.masked_fill(digit, 0), 1)[0]


def coupled_ids(ids):
    """The weight of a digit, from 2 on; 1 for operators, 0 for specials."""
    return (abacus_ids(ids) + 1) * (ids >= FIRST_DIGIT)


def number_ids(ids):
    """The index of the number that a token belongs to; 0 for specials."""
    return torch.cumsum(ids > LAST_DIGIT, 1) * (ids >= FIRST_DIGIT)


def segment_ids(ids):
    """0: the first number, 1: all others up to `=`, 2: the answer."""
    part = torch.where(ids == EQUALS, 2, (ids > LAST_DIGIT).long())
    return torch.cummax(part, 1)[0]


def sinusoids(length, width, device):
    """[length, width], sines and cosines in turn."""
    rates = torch.exp(torch.arange(0, width, 2, device=device).float() * (-math.log(10000.0) / width))
    angles = torch.arange(length, device=device).float()[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)


def rotated(x, positions):
    """Rotary embedding of x [..., seq, size], in halves."""
    size = x.size(-1)
    rates = 1 / 10000.0 ** (torch.arange(0, size, 2, device=x.device).float() / size)
    angles = positions[:, None] * rates
    first, second = x.chunk(2, -1)
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], -1)


class TallyForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = TallyConfig
    main_input_name = "input_ids"

    def __init__(self, config):
        super().__init__(config)
        self.shape = config.architecture
        for name, (kind, size) in config.tensors.items():
            self._add(name, torch.zeros(size, dtype=torch.float32 if kind == "F32" else torch.int64))
        self.post_init()

    def _add(self, path, tensor):
        """Puts a tensor where its dotted name says."""
        *folders, name = path.split(".")
        module = self
        for folder in folders:
            if folder not in module._modules:
                module.add_module(folder, nn.Module())
            module = module._modules[folder]
        if tensor.is_floating_point():
            module.register_parameter(name, nn.Parameter(tensor))
        else:
            module.register_buffer(name, tensor)

    def _init_weights(self, module):
        """Every tensor comes from the file."""

    def tensor(self, path):
        return self.get_parameter(path) if path in self.config.tensors else None

    def linear(self, x, path):
        return F.linear(x, self.tensor(path + ".weight"), self.tensor(path + ".bias"))

    def norm(self, x, path):
        epsilon, kind = self.shape["norm_epsilon"], self.shape["norm"]
        if kind == "LAYER_NORM":
            return F.layer_norm(x, x.shape[-1:], self.tensor(path + ".weight"), self.tensor(path + ".bias"), epsilon)
        scale = self.tensor(path + ".learnable_scale")
        if kind == "RMS_NORM":
            return x * (x.square().mean(-1, keepdim=True) + epsilon).rsqrt() * scale
        return x * scale / x.norm(2, -1, keepdim=True).clamp_min(epsilon)

    # --- Before and after the block ---

    def position_vectors(self, ids):
        positions, table = self.shape["positions"], self.tensor(FROM_EMBEDDING + "pos_embedding.embedding.weight")
        kind, tokens = positions["table"], ids.size(1)
        if kind in ("SINUSOIDAL", "SCALED_SINUSOIDAL"):
            scale = self.tensor(FROM_EMBEDDING + "pos_embedding.scale_factor")
            vectors = sinusoids(tokens, self.shape["embedding_size"] or self.shape["hidden_size"], ids.device)
            return vectors if scale is None else scale * vectors
        if kind == "LEARNED":
            rows = torch.arange(tokens, device=ids.device)
        else:
            rows = self.shifted(abacus_ids(ids) if kind == "ABACUS" else coupled_ids(ids))
        if rows.max() >= table.size(0):
            raise ValueError(f"the line needs row {rows.max().item()} of a position table that has {table.size(0)}")
        vectors = F.embedding(rows, table)
        if kind != "COUPLED_LEVELS":
            return vectors
        numbers = self.tensor(FROM_EMBEDDING + "pos_embedding.second.weight")
        return vectors + F.embedding(self.shifted(number_ids(ids)), numbers)

    def shifted(self, places):
        return places + places.gt(0) * self.shape["positions"]["test_offset"]

    def embedded(self, ids):
        x = F.embedding(ids, self.tensor(FROM_EMBEDDING + "word_embedding.weight"))
        if self.shape["positions"]["table"] != "NO_TABLE":
            x = x + self.position_vectors(ids)
        if self.shape["positions"]["segments"]:
            x = x + F.embedding(segment_ids(ids), self.tensor(FROM_EMBEDDING + "segment_embedding.weight"))
        if self.shape["embedding_norm"]:
            x = self.norm(x, FROM_EMBEDDING + "norm")
        return x if self.tensor("encoder.adapter.weight") is None else self.linear(x, "encoder.adapter")

    def logits(self, x):
        if self.shape["head"] == "FFN":
            x = self.feed_forward(x, "encoder.head")
        elif self.shape["head"] == "LINEAR":
            x = self.linear(x, "encoder.head")
        if self.shape["final_norm"]:
            x = self.norm(x, "encoder.final_norm")
        adapter = self.tensor("adapter.weight")
        return self.linear(x if adapter is None else x @ adapter, "decoder")

    # --- The block ---

    def feed_forward(self, x, path):
        x, act = self.linear(x, path + ".dense_in"), NONLINEARITIES[self.shape["nonlinearity"]]
        if self.shape["gated"]:
            x, gate = x.chunk(2, -1)
            x = x * act(gate)
        else:
            x = act(x)
        return self.linear(self.norm(x, path + ".norm") if self.shape["sub_normalization"] else x, path + ".dense_out")

    def residual(self, x, path, branch):
        scheme = self.shape["norm_scheme"]
        before = scheme in ("PRE", "SANDWICH", "SHAPED")
        added, skip = branch(self.norm(x, path + ".norm") if before else x), x
        if scheme == "DEEPNORM":
            skip = x * (2 * self.shape["layers"] * self.shape["recurrences"]) ** 0.25
        elif scheme == "SHAPED":
            skip, added = x * math.sqrt(1 - 0.214 ** 2), added * 0.214
        y = skip + added
        if scheme in ("POST", "DEEPNORM"):
            return self.norm(y, path + ".norm")
        return self.norm(y, path + ".norm2") if scheme == "SANDWICH" else y

    def row_scale(self, tokens, device):
        """The factor on the logits of each query, [seq, 1]."""
        attention = self.shape["attention"]
        if not attention["log_position"]:
            return torch.ones(tokens, 1, device=device)
        return 4 * (torch.arange(2, tokens + 2, device=device).float().log() / 4)[:, None] ** attention["log_power"]

    def relative_bias(self, ids, path):
        """[batch, heads, seq, seq]: a learned number for each clipped difference of ids."""
        attention = self.shape["attention"]

        def column(x, clip):
            return (x[:, :, None] - x[:, None]).clamp(-clip, clip) + clip

        columns = column(coupled_ids(ids), attention["relative_clip"])
        if attention["ids"] == "DIGIT_WEIGHT_AND_OPERAND":
            second = attention["second_clip"]
            columns = columns * (2 * second + 1) + column(number_ids(ids), second)
        return self.tensor(path + "attn.relative_bias")[:, columns].transpose(0, 1)

    def fire_bias(self, tokens, path):
        """[heads, seq, seq]; arXiv 2310.04418."""
        path += "attn.rotary_emb."
        slope = self.tensor(path + "c")
        keys = torch.arange(tokens, device=slope.device).float()
        queries = keys[:, None]
        longest = torch.maximum(queries, (self.tensor(path + "L_multiplier") * self.tensor(path + "init_L")).abs())
        distance = (slope * (queries - keys)).abs().log1p() / ((slope * longest).abs().log1p() + 1e-6)
        hidden = F.relu(self.linear(distance[..., None], path + "mlp.0"))
        return self.linear(hidden, path + "mlp.2").permute(2, 0, 1)

    def alibi_bias(self, tokens, device):
        heads = self.shape["attention"]["heads"]
        slopes = torch.exp2(torch.arange(1, heads + 1, device=device) * (-8.0 / heads))[:, None, None]
        place = torch.arange(tokens, device=device).float()
        return slopes * (place - place[:, None])

    def bias(self, ids, path):
        """What is added to the logits of attention, without the causal mask; None where nothing is."""
        attention, tokens = self.shape["attention"], ids.size(1)
        total = self.relative_bias(ids, path) if attention["relative_clip"] else None
        if attention["position"] in ("FIRE", "ALIBI"):
            fire = attention["position"] == "FIRE"
            term = self.fire_bias(tokens, path) if fire else self.alibi_bias(tokens, ids.device)
            total = term if total is None else total + term
        return total

    def projected(self, x, path):
        """Queries, keys and values, each [batch, heads, seq, size]."""
        attention, by_head = self.shape["attention"], self.shape["attention"]["packing"] == "BY_HEAD"
        heads = attention["heads"]
        path += "attn." if by_head else "attn.attn."
        x = F.linear(x, self.tensor(path + "in_proj_weight"), self.tensor(path + "in_proj_bias"))
        x = x.unflatten(-1, (heads, 3, -1) if by_head else (3, heads, -1))
        return x.permute((3, 0, 2, 1, 4) if by_head else (2, 0, 3, 1, 4)).unbind(0), path

    def attention(self, x, ids, path):
        shape, tokens = self.shape["attention"], x.size(1)
        (q, k, v), projection = self.projected(x, path)
        if shape["position"] == "ROPE":
            place = torch.arange(tokens, device=x.device).float()
            q, k = rotated(q, place), rotated(k, place)
        if shape["unit_norm"]:
            q, k = (t * (t.square().sum(-1, keepdim=True) + 1e-12).rsqrt() for t in (q, k))
            logits = q @ k.transpose(-1, -2) * self.tensor(path + "attn.log_temperature").exp()[:, None, None]
        else:
            logits = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))
        bias = self.bias(ids, path)
        logits = (logits if bias is None else logits + bias) * self.row_scale(tokens, x.device)
        future = torch.ones(tokens, tokens, dtype=torch.bool, device=x.device).triu(1)
        y = (logits.masked_fill(future, -math.inf).softmax(-1) @ v).transpose(1, 2).flatten(2)
        if shape["sub_normalization"]:
            y = self.norm(y, path + "attn.norm")
        return self.linear(y, projection + "out_proj")

    def injected(self, state, embedding, path):
        kind = self.shape["injection"]
        if kind == "ADD":
            return state + embedding
        if kind == "NO_INJECTION":
            return state
        both = torch.cat([state, embedding], -1)
        if kind == "LINEAR_INJECTION":
            return self.linear(both, path + "adapter")
        return self.feed_forward(both, path + "ffn")

    def block(self, state, embedding, ids, path, layers):
        x = self.injected(state, embedding, path)
        for layer in range(layers):
            inner = f"{path}layers.{layer}."
            x = self.residual(x, inner + "residual1", lambda y, inner=inner: self.attention(y, ids, inner))
            x = self.residual(x, inner + "residual2", lambda y, inner=inner: self.feed_forward(y, inner + "ffn"))
        return x

    def initial_state(self, embedding):
        kind = self.shape["initial_state"]
        if kind == "EMBEDDING":
            return embedding
        if kind == "ZERO":
            return torch.zeros_like(embedding)
        drawn = torch.randn_like(embedding) * (0.02 if kind == "EMBED" else 1)
        return F.layer_norm(drawn, drawn.shape[-1:], eps=0) if kind == "UNIT" else drawn

    # --- transformers' interface ---

    def forward(self, input_ids, attention_mask=None, labels=None, initial_state=None, recurrences=None, **kwargs):
        """Logits [batch, seq, vocabulary], and with `labels` [batch, seq] their mean loss, -100 left out. initial_state
        [batch, seq, hidden]: what else is zero, or drawn anew, as the model was trained; recurrences: as many times is
        the block applied. Padding may stand behind lines, not before them: a token's place counts."""
        if attention_mask is not None and (attention_mask[:, 1:] > attention_mask[:, :-1]).any():
            raise ValueError("found padding before a line, expected it behind: tokenizer.padding_side is \"right\"")
        embedding = self.embedded(input_ids)
        state = self.initial_state(embedding) if initial_state is None else initial_state
        for _ in range(recurrences or self.shape["recurrences"]):
            if self.shape["separate_blocks"]:
                for i in range(self.shape["layers"]):
                    state = self.block(state, embedding, input_ids, f"encoder.recurrent_blocks.{i}._orig_mod.", 1)
            else:
                path = "encoder.recurrent_block._orig_mod."
                state = self.block(state, embedding, input_ids, path, self.shape["layers"])
        logits, loss = self.logits(state), None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        return CausalLMOutput(loss=loss, logits=logits)

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **kwargs):
        """Every token is computed again for each new one: there is no cache."""
        return {"input_ids": input_ids, "attention_mask": attention_mask}
