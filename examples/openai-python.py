"""OpenAI's package for Python, against the gateway: two settings differ, the rest stays as it is."""

import os
import sys

from openai import OpenAI

try:
    url, key = os.environ["GATEWAY_URL"].rstrip("/").removesuffix("/v1"), os.environ["GATEWAY_KEY"]
except KeyError as missing:
    sys.exit(f"Set {missing}: GATEWAY_URL such as http://127.0.0.1:8787, GATEWAY_KEY such as gw_test_…")

client = OpenAI(
    api_key=key,
    base_url=f"{url}/v1",
    # Tags say which client, project or scenario a call is for. Budgets and invoices count by them.
    default_headers={"X-Client-ID": "acme", "X-Scenario-ID": "examples"},
)

# `auto:cost` takes a small model of a provider that is configured. Any model's own name works too, Claude's and Gemini's included.
model = os.environ.get("MODEL", "auto:cost")

# A plain answer. The gateway's headers say which model answered, and what the call cost.
raw = client.chat.completions.with_raw_response.create(
    model=model, messages=[{"role": "user", "content": "Say hello in three words."}]
)
answer = raw.parse()
print(answer.choices[0].message.content)
print(f"{answer.model} at {raw.headers['x-gateway-provider']}")
print(f"${raw.headers['x-gateway-cost-usd']}, {answer.usage.total_tokens} tokens")

# The same as a stream.
stream = client.chat.completions.create(
    model=model, messages=[{"role": "user", "content": "Count to three."}], stream=True
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
