"""llama.cpp's own HTTP server with a tiny random model: a real engine for real input.

The model's weights are random, its output layer prefers letters and blanks: whatever is asked, it
babbles readable text until `max_tokens`.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gguf
import httpx
import numpy as np

MODEL = "tiny-random-llama"
CONTEXT = 4096
_EMBEDDING, _HEADS, _FEED_FORWARD = 32, 4, 64
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# After the special tokens, 256 bytes and the blank come the letters.
TOKEN_Z = 3 + 256 + 1 + _LETTERS.index("z")
_TEMPLATE = """\
{% for message in messages %}{{ message.role }}: {{ message.content or "" }}
{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"""


@dataclass(frozen=True)
class LlamaServer:
    base_url: str
    model: str


@contextmanager
def llama_server(directory: Path) -> Iterator[LlamaServer]:
    path = directory / "tiny.gguf"
    write_tiny_gguf(path)
    port = _free_port()
    command = [sys.executable, "-m", "tests.engines.llama", "--model", str(path), "--port", str(port)]
    with (directory / "llama.log").open("w+") as log:
        # It watches its standard input: when we die, however we die, it goes too.
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", server, Path(log.name))
            yield LlamaServer(f"http://127.0.0.1:{port}", MODEL)
        finally:
            server.kill()
            server.communicate()


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
    special = ["<unk>", "<s>", "</s>"]
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    words = ["▁", *_LETTERS, *(f"▁{letter}" for letter in _LETTERS)]
    tokens = [*special, *byte_tokens, *words]
    kind = gguf.TokenType
    kinds = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL]
    kinds += [kind.BYTE] * len(byte_tokens) + [kind.NORMAL] * len(words)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(_TEMPLATE)
    return tokens


def _weights(tokens: list[str]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1011)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * 0.1).astype(np.float32)

    embedding = matrix(len(tokens), _EMBEDDING)
    output = matrix(len(tokens), _EMBEDDING)
    # One dimension is always on; through it the output layer tells letters from the rest.
    embedding[:, 0] = 2.0
    output[:, 0] = [1.5 if token.strip("▁") in _LETTERS else -3.0 for token in tokens]
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


def _wait_until_healthy(base_url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{base_url}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"llama.cpp's server did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_ctx = CONTEXT
    params.n_parallel = 2
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.use_jinja = True
    params.endpoint_slots = True
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    sys.stdin.read()
    del server
    os._exit(0)


if __name__ == "__main__":
    main()
