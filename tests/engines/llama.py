"""llama.cpp's own HTTP server with a tiny random model: a real engine for real input.

The weights are random, the output layer prefers letters and blanks: whatever is asked, it babbles
readable text until `max_tokens`. Offered tools by a user's message it calls one, with arguments that
llama.cpp's grammar makes valid.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import httpx
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
MODEL = "tiny-random-llama"
CONTEXT = 4096
_ROOT = Path(__file__).parent.parent.parent
_SLOTS = 2
_START_SECONDS, _STOP_SECONDS = 60, 5
_EMBEDDING, _HEADS, _FEED_FORWARD = 32, 4, 64
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# `<|tools|>` and not `<|call|>`: llama.cpp takes the latter for the end of an answer, whatever its type.
_CONTROL = ["<s>", "<|im_end|>", "<|im_start|>", "<|tools|>"]
_CAPITALS = [f"<0x{ord(letter):02X}>" for letter in _LETTERS.upper()]
# After <unk>, the control tokens, <tool_call>, 256 bytes and the blank come the letters.
TOKEN_Z = 1 + len(_CONTROL) + 1 + 256 + 1 + _LETTERS.index("z")
_QUOTE, _BRACE, _LESS, _GREATER = "<0x22>", "<0x7D>", "<0x3C>", "<0x3E>"
# ChatML with Hermes tool calls. llama.cpp reads the syntax of a call from the template: one that does
# not mention `tools` makes it ignore them, `tool_choice` included.
_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\nTools:' }}
{%- for tool in tools %}{{- '\\n' + (tool | tojson) }}{%- endfor %}
{{- '\\nCall one as <tool_call>{"name": NAME, "arguments": OBJECT}</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.content %}{{- message.content }}{%- endif %}
{%- for call in message.tool_calls or [] %}
{{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson }}
{{- '}</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if tools and messages[-1].role == 'user' %}{{- '<|tools|>' }}{%- endif %}
{%- endif %}
"""


@dataclass
class LlamaServer:
    base_url: str
    model: str
    process: "subprocess.Popen[bytes]" = field(repr=False)

    def stop(self) -> None:
        """Ends the process; harmless when it has ended already."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def llama_server(directory: Path, answer_tokens: int = 20_000) -> Iterator[LlamaServer]:
    """Serves the tiny model, its file and the server's log in `directory`. Who asks for no other length gets
    `answer_tokens`."""
    path, log = directory / "tiny.gguf", directory / "llama.log"
    write_tiny_gguf(path)
    server = _start(path, log, answer_tokens)
    try:
        _wait_until_healthy(server, log)
        yield server
    finally:
        server.stop()


def _start(path: Path, log: Path, answer_tokens: int) -> LlamaServer:
    port = _free_port()
    command = [sys.executable, "-m", "tests.engines.llama", "--model", str(path), "--port", str(port)]
    command += ["--answer-tokens", str(answer_tokens)]
    with log.open("wb") as output:
        # It watches its standard input: when we die, however we die, it goes too.
        process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=output, stderr=output)
    return LlamaServer(f"http://127.0.0.1:{port}", MODEL, process)


def _wait_until_healthy(server: LlamaServer, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if _healthy(server):
            return
        time.sleep(0.05)
    code = server.process.poll()
    how = f"did not answer in {_START_SECONDS} s" if code is None else f"ended with code {code}"
    raise RuntimeError(f"llama.cpp's server {how}:\n{log.read_text(errors='replace')[-3000:]}")


def _healthy(server: LlamaServer) -> bool:
    try:
        return httpx.get(f"{server.base_url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_tiny_gguf(path: Path) -> None:
    """A one-layer LLaMA with a byte-level vocabulary, the same at every call."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(MODEL)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_EMBEDDING)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_EMBEDDING // _HEADS)
    tokens = _add_vocabulary(writer)
    for name, values in _weights(tokens).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter) -> list[str]:
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    words = ["▁", *_LETTERS, *(f"▁{letter}" for letter in _LETTERS)]
    tokens = ["<unk>", *_CONTROL, "<tool_call>", *byte_tokens, *words]
    kind = gguf.TokenType
    kinds = [kind.UNKNOWN, *[kind.CONTROL] * len(_CONTROL), kind.USER_DEFINED]
    kinds += [kind.BYTE] * len(byte_tokens) + [kind.NORMAL] * len(words)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(tokens.index("<unk>"))
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    # With SentencePiece's leading blank, the start of an answer would not match the grammar of a tool call.
    writer.add_add_space_prefix(False)
    writer.add_chat_template(_TEMPLATE)
    return tokens


def _weights(tokens: list[str]) -> dict[str, Matrix]:
    random = np.random.default_rng(1)

    def matrix(rows: int, columns: int) -> Matrix:
        return (random.standard_normal((rows, columns)) * 0.1).astype(np.float32)

    embedding = matrix(len(tokens), _EMBEDDING)
    output = matrix(len(tokens), _EMBEDDING)
    _teach(tokens, embedding, output)
    ones = np.ones(_EMBEDDING, dtype=np.float32)
    square = {
        f"blk.0.attn_{name}.weight": matrix(_EMBEDDING, _EMBEDDING) for name in ("q", "k", "v", "output")
    }
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": ones,
        "output.weight": output,
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **square,
        "blk.0.ffn_gate.weight": matrix(_FEED_FORWARD, _EMBEDDING),
        "blk.0.ffn_up.weight": matrix(_FEED_FORWARD, _EMBEDDING),
        "blk.0.ffn_down.weight": matrix(_EMBEDDING, _FEED_FORWARD),
    }


def _teach(tokens: list[str], embedding: Matrix, output: Matrix) -> None:
    """What follows what, one dimension of the embedding each; all else stays random."""
    embedding[:, 0] = 2.0
    output[:, 0] = [1.5 if token.strip("▁") in _LETTERS else -3.0 for token in tokens]
    # Inside a call: a string is of capitals and ends; so does the call, and the answer after it.
    follows: list[tuple[list[str], dict[str, float]]] = [
        (["<|tools|>"], {"<tool_call>": 10.0}),
        ([_QUOTE], dict.fromkeys(_CAPITALS, 8.0)),
        (_CAPITALS, {**dict.fromkeys(_CAPITALS, 8.0), _QUOTE: 8.4}),
        ([_BRACE], {_LESS: 10.0}),
        ([_GREATER], {"<|im_end|>": 10.0}),
    ]
    for dimension, (before, after) in enumerate(follows, start=1):
        embedding[:, dimension] = [2.0 if token in before else 0.0 for token in tokens]
        output[:, dimension] = [after.get(token, 0.0) for token in tokens]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--answer-tokens", type=int, required=True)
    arguments = parser.parse_args()
    import xllamacpp  # type: ignore[import-untyped]

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_parallel = _SLOTS
    params.n_ctx = CONTEXT * _SLOTS
    # Past the context it forgets its beginning and goes on, so that only a disconnection ends a request
    # for a million tokens: at thousands a second 4,096 would soon be over.
    params.ctx_shift = True
    params.n_predict = arguments.answer_tokens
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_gpu_layers = 0
    params.fit_params = False
    params.warmup = False
    params.ui = False
    params.use_jinja = True
    params.endpoint_slots = True
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    print(f"Listening on {server.listening_address}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
