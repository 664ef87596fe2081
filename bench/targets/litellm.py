"""LiteLLM's proxy: one worker, the configuration its documentation gives for production.

Neither database nor Redis: what it does without them is the least it costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import installs, wire
from bench.servers import HOME, Command, running
from bench.targets import HOST, Options, Target, Upstream
from tests.services import free_port

KEY = "sk-bench-1234"
PATHS = {wire.OPENAI: "/v1/chat/completions", wire.ANTHROPIC: "/v1/messages"}
# Without `use_chat_completions_…` it would ask an OpenAI upstream's Responses API for Anthropic callers.
CONFIGURATION = """\
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {base_url}
      api_key: none
litellm_settings:
  request_timeout: 600
  set_verbose: false
  use_chat_completions_url_for_anthropic_messages: true
general_settings:
  master_key: {key}
"""


@contextmanager
def start(upstream: Upstream, options: Options) -> Iterator[Target]:
    environment = installs.litellm()
    configuration = HOME / "litellm.yaml"
    configuration.write_text(CONFIGURATION.format(model=wire.MODEL, base_url=upstream.base_url, key=KEY))
    port = free_port()
    command = [f"{environment}/bin/litellm", "--config", f"{configuration}", "--host", HOST]
    command += ["--port", f"{port}", "--num_workers", "1"]
    # The last one keeps the start from fetching its price list.
    variables = {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ready = f"http://{HOST}:{port}/health/liveliness"
    with running(Command("litellm", command, variables, options.on, ready)) as server:
        headers = {"Authorization": f"Bearer {KEY}"}
        yield Target("litellm", installs.LITELLM, port, PATHS, headers, server=server)
