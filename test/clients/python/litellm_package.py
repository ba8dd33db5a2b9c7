"""The SDK of `litellm`, which calls a gateway as it calls the vendors."""

import json

import litellm
from litellm import completion, embedding

from harness import GATEWAY, KEY, MODELS, check, fault, manage, raised, reply, requests, run

litellm.telemetry = False

HI = [{"role": "user", "content": "Hi"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

# How LiteLLM names a vendor's dialect, and the base URL it wants there.
WAYS = {"openai": f"{GATEWAY}/v1", "anthropic": GATEWAY}


def ask(way, model, **options):
    return completion(
        model=f"{way}/{model}",
        api_base=WAYS[way],
        **{"api_key": KEY, "messages": HI, "max_retries": 0, "num_retries": 0, **options},
    )


@check("a completion has text and usage, by OpenAI's dialect and by Anthropic's")
def plain(vendor):
    for way in WAYS:
        reply(vendor, {"text": "Hello there", "usage": {"input": 11, "output": 7}})
        answer = ask(way, MODELS[vendor])
        assert answer.choices[0].message.content == "Hello there", way
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7), way


@check("a stream has the same text")
def streamed(vendor):
    for way in WAYS:
        reply(vendor, {"text": "Grüße, 世界 🌍!", "chunks": 7})
        chunks = list(ask(way, MODELS[vendor], stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Grüße, 世界 🌍!", way


@check("a tool is called and its result goes back")
def tools(vendor):
    for way in WAYS:
        reply(
            vendor,
            {"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
            {"text": "Sunny."},
        )
        first = ask(way, MODELS[vendor], tools=[WEATHER]).choices[0]
        call = first.message.tool_calls[0]
        assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"}), way
        messages = [*HI, first.message, {"role": "tool", "tool_call_id": call.id, "content": "clear"}]
        second = ask(way, MODELS[vendor], messages=messages, tools=[WEATHER])
        assert second.choices[0].message.content == "Sunny.", way


@check("embeddings come")
def embedded():
    answer = embedding(
        model="openai/text-embedding-3-small", input=["one", "two"], api_base=f"{GATEWAY}/v1", api_key=KEY
    )
    assert len(answer.data) == 2


@check("each refusal is LiteLLM's class for it, as with the vendor itself")
def refusals():
    wrong = "gw_live_" + "x" * 40
    for way in WAYS:
        raised(litellm.AuthenticationError, lambda: ask(way, "gpt-4o", api_key=wrong))
        raised(litellm.NotFoundError, lambda: ask(way, "gpt-nope"))
    fault("openai", {"kind": "status", "status": 400})
    raised(litellm.BadRequestError, lambda: ask("openai", "gpt-4o"))
    manage("POST", "/v1/budgets", {"name": "Least", "scope": {"client_id": "py-least"}, "limit_usd": "0.000000001"})
    error = raised(
        litellm.APIError, lambda: ask("openai", "gpt-4o", extra_headers={"X-Client-ID": "py-least"}, num_retries=2)
    )
    assert error.status_code == 402 and "Least" in str(error)
    assert len(requests("openai")) == 1


@check("what LiteLLM adds for its own use reaches no provider")
def own_fields():
    ask("openai", "gpt-4o", metadata={"trace": "x"}, extra_body={"api_base": "http://127.0.0.1:9", "user_config": {}})
    sent = requests("openai")[-1]["json"]
    assert "api_base" not in sent and "user_config" not in sent


run()
