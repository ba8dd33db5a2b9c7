"""The `anthropic` package."""

import asyncio
import json

import anthropic
import httpx2
from anthropic import Anthropic, AsyncAnthropic, beta_tool
from pydantic import BaseModel

from harness import GATEWAY, IMAGE, KEY, MODELS, check, eventually, fault, manage, raised, reply, requests, run

client = Anthropic(api_key=KEY, base_url=GATEWAY, max_retries=0)

HI = [{"role": "user", "content": "Hi"}]
WEATHER = {
    "name": "get_weather",
    "description": "Weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@check("a plain message has text, stop reason, model, usage and request id")
def plain(vendor):
    reply(vendor, {"text": "Hello there", "usage": {"input": 11, "output": 7}})
    answer = client.messages.create(model=MODELS[vendor], max_tokens=100, system="Be brief.", messages=HI)
    assert [block.text for block in answer.content] == ["Hello there"]
    assert (answer.stop_reason, answer.model, answer.role) == ("end_turn", MODELS[vendor], "assistant")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    assert answer._request_id.startswith("req_")


@check("a stream has the same text, its id, and an input count in its first event")
def streamed(vendor):
    script = {"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": {"input": 3, "output": 9}}
    reply(vendor, script)
    with client.messages.stream(model=MODELS[vendor], max_tokens=100, messages=HI) as stream:
        assert stream.response.headers["request-id"].startswith("req_")
        assert stream.response.headers["x-accel-buffering"] == "no"
        events = list(stream)
        final = stream.get_final_message()
    start = next(event for event in events if event.type == "message_start")
    assert start.message.usage.input_tokens > 0
    assert final.content[0].text == script["text"]
    assert (final.usage.input_tokens, final.usage.output_tokens) == (3, 9)


@check("two tools are called at once and their results go back")
def tools(vendor):
    cities = ("Paris", "Rome")
    reply(
        vendor,
        {"toolCalls": [{"id": f"toolu_{c}", "name": "get_weather", "arguments": {"city": c}} for c in cities]},
        {"text": "Sunny in both."},
    )
    messages = [{"role": "user", "content": "Weather in Paris and Rome?"}]
    with client.messages.stream(
        model=MODELS[vendor], max_tokens=100, messages=messages, tools=[WEATHER]
    ) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use"
    uses = [block for block in first.content if block.type == "tool_use"]
    assert [use.input for use in uses] == [{"city": city} for city in cities]
    messages += [
        {"role": "assistant", "content": first.content},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "clear"} for use in uses],
        },
    ]
    second = client.messages.create(model=MODELS[vendor], max_tokens=100, messages=messages, tools=[WEATHER])
    assert second.content[0].text == "Sunny in both."


@beta_tool
def get_weather(city: str) -> str:
    """Weather in a city."""
    return f"clear in {city}"


def runs_a_tool(vendor, **options):
    reply(
        vendor,
        {"toolCalls": [{"id": "toolu_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
        {"text": "Sunny."},
    )
    runner = client.beta.messages.tool_runner(
        model=MODELS[vendor],
        max_tokens=100,
        messages=[{"role": "user", "content": "Weather in Paris?"}],
        tools=[get_weather],
        **options,
    )
    assert runner.until_done().content[0].text == "Sunny."
    assert "clear in Paris" in json.dumps(requests(vendor)[-1]["json"])


@check("the tool runner comes to its end as it is and without a thread, though threads are Anthropic's alone")
def tool_runner(vendor):
    runs_a_tool(vendor)
    sent = [one["json"].get("thread") for one in requests(vendor)]
    if vendor == "anthropic":
        assert sent[0] == {"type": "create"} and sent[1]["previous_message_id"].startswith("msg_")
    else:
        assert sent == [None, None]
    runs_a_tool(vendor, thread=False)


@check("a thread of messages is refused at its first turn where no model of Anthropic answers")
def threads():
    for model in (MODELS["openai"], MODELS["gemini"]):
        error = raised(
            anthropic.BadRequestError,
            lambda: client.beta.messages.create(
                model=model,
                max_tokens=100,
                messages=HI,
                betas=["message-threads-2026-08-12"],
                extra_body={"thread": {"type": "create"}},
            ),
        )
        details = error.body["error"]["details"]
        assert details["error_code"] == "thread_unsupported_request"
        assert details["unsupported"]
    assert not requests("openai") and not requests("gemini")


@check("tokens are counted for every vendor")
def counted(vendor):
    if vendor == "anthropic":
        assert client.messages.count_tokens(model=MODELS[vendor], messages=HI).input_tokens > 0
        return
    words = [{"role": "user", "content": "word " * 200}]
    assert 150 < client.messages.count_tokens(model=MODELS[vendor], messages=words).input_tokens < 400


@check("the base URL that the openai package has works too, with tags in its path")
def base_urls():
    for base in (f"{GATEWAY}/v1", f"{GATEWAY}/t/client=acme/v1", f"{GATEWAY}/t/client=acme"):
        other = Anthropic(api_key=KEY, base_url=base, max_retries=0)
        reply("anthropic", {"text": "Found"})
        answer = other.messages.create(model=MODELS["anthropic"], max_tokens=100, messages=HI)
        assert answer.content[0].text == "Found"


class Place(BaseModel):
    city: str


@check("parse returns a class by its schema")
def parsed(vendor):
    reply(vendor, {"text": '{"city":"Paris"}'})
    answer = client.messages.parse(model=MODELS[vendor], max_tokens=100, messages=HI, output_format=Place)
    assert answer.parsed_output == Place(city="Paris")


@check("a picture goes along")
def picture(vendor):
    source = {"type": "base64", "media_type": "image/png", "data": IMAGE}
    client.messages.create(
        model=MODELS[vendor],
        max_tokens=100,
        messages=[
            {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "What?"}]}
        ],
    )
    assert IMAGE in json.dumps(requests(vendor)[-1]["json"])


@check("length and refusal are stop reasons of Anthropic's")
def endings(vendor):
    reply(vendor, {"text": "Half an", "finish": "length"}, {"text": "", "finish": "content-filter"})
    first = client.messages.create(model=MODELS[vendor], max_tokens=100, messages=HI)
    assert first.stop_reason == "max_tokens"
    second = client.messages.create(model=MODELS[vendor], max_tokens=100, messages=HI)
    assert second.stop_reason == "refusal"


@check("models are listed in Anthropic's form")
def models():
    listed = list(client.models.list())
    assert {"gpt-6-sol", "claude-sonnet-4-6"} <= {model.id for model in listed}
    assert all(model.type == "model" and model.display_name and model.created_at for model in listed)


@check("each refusal is the package's class for it, with type and request id")
def refusals():
    def asks(**other):
        return lambda: client.messages.create(**{"model": MODELS["openai"], "max_tokens": 50, "messages": HI, **other})

    wrong = Anthropic(api_key="gw_live_" + "x" * 40, base_url=GATEWAY, max_retries=0)
    error = raised(
        anthropic.AuthenticationError,
        lambda: wrong.messages.create(model=MODELS["openai"], max_tokens=50, messages=HI),
    )
    assert error.body["error"]["type"] == "authentication_error" and error.request_id.startswith("req_")
    error = raised(anthropic.NotFoundError, asks(model="gpt-nope"))
    assert (error.type, error.body["error"]["code"]) == ("not_found_error", "model_not_found")
    assert error.request_id == error.body["request_id"]
    error = raised(anthropic.BadRequestError, asks(messages="Hi"))
    assert (error.type, error.body["error"]["param"]) == ("invalid_request_error", "messages")
    error = raised(anthropic.NotFoundError, lambda: client.messages.batches.list())
    assert "Send each message to POST /v1/messages" in error.message


def counting(**options):
    sent = []
    transport = httpx2.Client(event_hooks={"request": [lambda request: sent.append(request.url.path)]})
    return Anthropic(api_key=KEY, base_url=GATEWAY, http_client=transport, **options), sent


@check("a budget is asked once, a provider's fault again")
def retried():
    manage("POST", "/v1/budgets", {"name": "Small", "scope": {"client_id": "py-small"}, "limit_usd": "0.000000001"})
    many, sent = counting(max_retries=3, default_headers={"X-Client-ID": "py-small"})
    error = raised(
        anthropic.APIStatusError,
        lambda: many.messages.create(model=MODELS["openai"], max_tokens=50, messages=HI),
    )
    assert (error.status_code, error.type, len(sent)) == (402, "billing_error", 1)
    assert error.body["error"]["details"]["name"] == "Small"
    fault("anthropic", *[{"kind": "status", "status": 500}] * 2)
    many, sent = counting(max_retries=4, default_headers={"X-Gateway-Fallback": "none"})
    reply("anthropic", {"text": "at last"})
    answer = many.messages.create(model="claude-haiku-4-5", max_tokens=50, messages=HI)
    assert answer.content[0].text == "at last"
    assert len(sent) + len(requests("anthropic")) > 3


@check("a stream that breaks is an exception after the events that came")
def broken(vendor):
    reply(vendor, {"text": "A long answer in pieces", "chunks": 10})
    fault(vendor, {"kind": "cut", "afterEvents": 5})
    texts = []

    def read():
        with client.messages.stream(
            model=MODELS[vendor], max_tokens=50, messages=HI, extra_headers={"X-Gateway-Fallback": "none"}
        ) as stream:
            texts.extend(stream.text_stream)

    error = raised(anthropic.APIStatusError, read)
    assert error.body["type"] == "error" and error.body["error"]["code"] == "provider_error"


@check("a cancelled task stops the provider")
async def cancelled(vendor):
    reply(vendor, {"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50})
    async with AsyncAnthropic(api_key=KEY, base_url=GATEWAY, max_retries=0) as many:
        began = asyncio.Event()

        async def read():
            async with many.messages.stream(model=MODELS[vendor], max_tokens=100, messages=HI) as stream:
                async for _ in stream.text_stream:
                    began.set()

        task = asyncio.create_task(read())
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    eventually(lambda: requests(vendor)[-1]["aborted"])


run()
