"""Ready-made first calls with a key, in both formats."""

from typing import TypedDict

_CURL = """curl {base_url}/chat/completions \\
  -H "Authorization: Bearer {secret}" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "model": "{model}",
    "messages": [{{"role": "user", "content": "Hello"}}]
  }}'
"""

_PYTHON = """from openai import OpenAI

client = OpenAI(
    base_url="{base_url}",
    api_key="{secret}",
)

response = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(response.choices[0].message.content)
"""

_NODE = """import OpenAI from "openai";

const client = new OpenAI({{
  baseURL: "{base_url}",
  apiKey: "{secret}",
}});

const response = await client.chat.completions.create({{
  model: "{model}",
  messages: [{{ role: "user", content: "Hello" }}],
}});
console.log(response.choices[0].message.content);
"""

_CURL_ANTHROPIC = """curl {base_url}/v1/messages \\
  -H "x-api-key: {secret}" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "model": "{model}",
    "max_tokens": 1024,
    "messages": [{{"role": "user", "content": "Hello"}}]
  }}'
"""

_PYTHON_ANTHROPIC = """import anthropic

client = anthropic.Anthropic(
    base_url="{base_url}",
    api_key="{secret}",
)

message = client.messages.create(
    model="{model}",
    max_tokens=1024,
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(message.content[0].text)
"""

_NODE_ANTHROPIC = """import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({{
  baseURL: "{base_url}",
  apiKey: "{secret}",
}});

const message = await client.messages.create({{
  model: "{model}",
  max_tokens: 1024,
  messages: [{{ role: "user", content: "Hello" }}],
}});
console.log(message.content[0].text);
"""

_ALL = (
    ("curl", "curl", _CURL),
    ("python", "Python", _PYTHON),
    ("node", "Node", _NODE),
    ("curl-anthropic", "curl, Anthropic", _CURL_ANTHROPIC),
    ("python-anthropic", "Python, Anthropic", _PYTHON_ANTHROPIC),
    ("node-anthropic", "Node, Anthropic", _NODE_ANTHROPIC),
)


class Snippet(TypedDict):
    id: str
    label: str
    code: str


def snippets(*, base_url: str, secret: str, model: str) -> list[Snippet]:
    return [
        {"id": name, "label": label, "code": template.format(base_url=base_url, secret=secret, model=model)}
        for name, label, template in _ALL
    ]
