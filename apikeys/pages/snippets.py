"""Ready-made first calls for a new key."""

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


class Snippet(TypedDict):
    id: str
    label: str
    code: str


def snippets(*, base_url: str, secret: str, model: str) -> list[Snippet]:
    templates = (("curl", "curl", _CURL), ("python", "Python", _PYTHON), ("node", "Node", _NODE))
    return [
        {"id": name, "label": label, "code": template.format(base_url=base_url, secret=secret, model=model)}
        for name, label, template in templates
    ]
