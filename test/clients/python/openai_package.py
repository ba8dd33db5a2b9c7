"""The `openai` package."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import httpx
import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from harness import GATEWAY, IMAGE, KEY, MODELS, check, eventually, fault, manage, raised, reply, requests, run

client = OpenAI(api_key=KEY, base_url=f"{GATEWAY}/v1", max_retries=0)

HI = [{"role": "user", "content": "Hi"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@check("a plain chat completion has text, finish reason, model and usage")
def plain(vendor):
    reply(vendor, {"text": "Hello there", "usage": {"input": 11, "output": 7}})
    answer = client.chat.completions.create(
        model=MODELS[vendor], messages=[{"role": "system", "content": "Be brief."}, *HI]
    )
    assert answer.choices[0].message.content == "Hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == MODELS[vendor]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (11, 7, 18)
    assert answer._request_id.startswith("req_")


@check("a stream has the same text, and usage only when it is asked for")
def streamed(vendor):
    script = {"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": {"input": 3, "output": 9}}
    reply(vendor, script, script)
    with client.chat.completions.stream(
        model=MODELS[vendor], messages=HI, stream_options={"include_usage": True}
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == script["text"]
    assert (final.usage.prompt_tokens, final.usage.completion_tokens) == (3, 9)
    chunks = list(client.chat.completions.create(model=MODELS[vendor], messages=HI, stream=True))
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == script["text"]
    assert chunks[-1].choices[0].finish_reason == "stop"


@check("a stream asks proxies not to gather it")
def unbuffered(vendor):
    with client.chat.completions.with_streaming_response.create(
        model=MODELS[vendor], messages=HI, stream=True
    ) as answer:
        assert answer.headers["x-accel-buffering"] == "no"
        answer.read()


@check("two tools are called at once and their results go back")
def tools(vendor):
    cities = ("Paris", "Rome")
    reply(
        vendor,
        {"toolCalls": [{"id": f"call_{c}", "name": "get_weather", "arguments": {"city": c}} for c in cities]},
        {"text": "Sunny in both."},
    )
    messages = [{"role": "user", "content": "Weather in Paris and Rome?"}]
    first = client.chat.completions.create(model=MODELS[vendor], messages=messages, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    messages.append(first.choices[0].message)
    for call, city in zip(first.choices[0].message.tool_calls, cities, strict=True):
        assert call.function.arguments.replace(" ", "") == f'{{"city":"{city}"}}'
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "clear"})
    second = client.chat.completions.create(model=MODELS[vendor], messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "Sunny in both."


@check("a tool's arguments arrive in pieces in a stream")
def streamed_tool(vendor):
    with client.chat.completions.stream(
        model=MODELS[vendor],
        messages=HI,
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    ) as stream:
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert call.function.arguments.replace(" ", "") == '{"city":"Paris"}'


class Place(BaseModel):
    city: str


class Trip(BaseModel):
    places: list[Place]
    mood: Literal["good", "bad"]


@check("parse returns nested classes, by chat and by responses")
def parsed(vendor):
    text = '{"places":[{"city":"Paris"},{"city":"Rome"}],"mood":"good"}'
    trip = Trip(places=[Place(city="Paris"), Place(city="Rome")], mood="good")
    reply(vendor, {"text": text}, {"text": text})
    answer = client.chat.completions.parse(model=MODELS[vendor], messages=HI, response_format=Trip)
    assert answer.choices[0].message.parsed == trip
    assert client.responses.parse(model=MODELS[vendor], input="Hi", text_format=Trip).output_parsed == trip


@check("responses answer plain and streamed, with usage")
def responses(vendor):
    script = {"text": "Hello there", "usage": {"input": 11, "output": 7}}
    reply(vendor, script, script)
    answer = client.responses.create(model=MODELS[vendor], instructions="Be brief.", input="Hi")
    assert (answer.output_text, answer.status) == ("Hello there", "completed")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    with client.responses.stream(model=MODELS[vendor], input="Hi") as stream:
        numbers = [event.sequence_number for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "Hello there"
    assert numbers == sorted(set(numbers))


@check("responses call a tool and go on with its result")
def response_tools(vendor):
    reply(
        vendor,
        {"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
        {"text": "Sunny."},
    )
    tool = {"type": "function", "strict": False, **WEATHER["function"]}
    history = [{"role": "user", "content": "Weather in Paris?"}]
    first = client.responses.create(model=MODELS[vendor], input=history, tools=[tool])
    call = next(item for item in first.output if item.type == "function_call")
    history += [*first.output, {"type": "function_call_output", "call_id": call.call_id, "output": "clear"}]
    assert client.responses.create(model=MODELS[vendor], input=history, tools=[tool]).output_text == "Sunny."


@check("embeddings come as numbers, whichever way the package asks for them")
def embeddings():
    whole = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
    assert [item.index for item in whole.data] == [0, 1]
    plain_numbers = client.embeddings.create(
        model="text-embedding-3-small", input=["one", "two"], encoding_format="float"
    )
    for packed, plain_one in zip(whole.data, plain_numbers.data, strict=True):
        assert all(abs(a - b) < 1e-6 for a, b in zip(packed.embedding, plain_one.embedding, strict=True))


@check("models are listed and found")
def models():
    ids = [model.id for model in client.models.list()]
    assert ids[0] == "auto" and {"gpt-6-sol", "claude-sonnet-4-6", "gemini-3.5-flash"} <= set(ids)
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"


@check("pictures go along, by address and as data")
def pictures(vendor):
    client.chat.completions.create(
        model=MODELS[vendor],
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
                    {"type": "text", "text": "What is this?"},
                ],
            }
        ],
    )
    assert IMAGE in str(requests(vendor)[-1]["json"])


@check("length and filter are the package's own exceptions when it parses, and a refusal is a refusal")
def endings(vendor):
    reply(vendor, {"text": '{"pla', "finish": "length"})
    raised(openai.LengthFinishReasonError, lambda: client.chat.completions.parse(
        model=MODELS[vendor], messages=HI, response_format=Trip
    ))
    reply(vendor, {"text": "", "finish": "content-filter"})
    raised(openai.ContentFilterFinishReasonError, lambda: client.chat.completions.parse(
        model=MODELS[vendor], messages=HI, response_format=Trip
    ))


@check("old code that changes its model to o4-mini only is answered")
def fitted():
    reply("openai", {"text": "Fitted"})
    raw = client.chat.completions.with_raw_response.create(
        model="o4-mini", messages=HI, max_tokens=2000, temperature=0.3
    )
    assert raw.parse().choices[0].message.content == "Fitted"
    assert raw.headers["x-gateway-dropped-params"] == "temperature"
    sent = requests("openai")[-1]["json"]
    assert sent["max_completion_tokens"] == 2000
    assert "max_tokens" not in sent and "temperature" not in sent


@check("fields that would change the account or the route reach no provider")
def routing_fields():
    fields = {
        "api_base": "http://127.0.0.1:9",
        "base_url": "http://127.0.0.1:9",
        "api_key": "sk-other",
        "user_config": {"a": 1},
        "provider": {"order": ["x"]},
        "route": "fallback",
        "models": ["x"],
    }
    client.chat.completions.create(model="gpt-4o", messages=HI, extra_body=fields)
    client.responses.create(model="gpt-4o", input="Hi", extra_body=fields)
    client.embeddings.create(model="text-embedding-3-small", input="Hi", extra_body=fields)
    seen = requests("openai")
    assert len(seen) == 3
    assert not [name for one in seen for name in fields if name in one["json"]]


@check("each refusal is the package's class for it, with code, param and request id")
def refusals():
    wrong = OpenAI(api_key="gw_live_" + "x" * 40, base_url=f"{GATEWAY}/v1", max_retries=0)
    error = raised(openai.AuthenticationError, lambda: wrong.models.list())
    assert (error.code, error.status_code) == ("invalid_api_key", 401)
    assert "Incorrect API key provided" in error.message
    error = raised(openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-nope", messages=HI))
    assert error.code == "model_not_found" and error.request_id.startswith("req_")
    error = raised(openai.BadRequestError, lambda: client.chat.completions.create(model="gpt-4o", messages="Hi"))
    assert (error.code, error.param, error.type) == ("invalid_request", "messages", "invalid_request_error")
    error = raised(openai.NotFoundError, lambda: client.completions.create(model="gpt-4o", prompt="Hi"))
    assert "Use POST /v1/chat/completions" in error.message


def counting(**options):
    """A client that counts what it sends."""
    sent = []
    transport = httpx.Client(event_hooks={"request": [lambda request: sent.append(request.url.path)]})
    return OpenAI(api_key=options.pop("key", KEY), base_url=f"{GATEWAY}/v1", http_client=transport, **options), sent


@check("a budget and a pause are asked once, whatever the package's retries")
def asked_once():
    manage("POST", "/v1/budgets", {"name": "Tiny", "scope": {"client_id": "py-tiny"}, "limit_usd": "0.000000001"})
    many, sent = counting(max_retries=3, default_headers={"X-Client-ID": "py-tiny"})
    error = raised(openai.APIStatusError, lambda: many.chat.completions.create(model="gpt-4o", messages=HI))
    assert (error.status_code, error.code, len(sent)) == (402, "budget_exceeded", 1)
    assert error.body["details"]["name"] == "Tiny"
    one = OpenAI(api_key=KEY, base_url=f"{GATEWAY}/v1", default_headers={"X-Scenario-ID": "py-paused"})
    one.chat.completions.create(model="gpt-4o", messages=HI)
    manage("POST", "/v1/scenarios/py-paused/pause", {"reason": "the bar"})
    many, sent = counting(max_retries=3, default_headers={"X-Scenario-ID": "py-paused"})
    error = raised(openai.APIStatusError, lambda: many.chat.completions.create(model="gpt-4o", messages=HI))
    assert (error.status_code, error.code, len(sent)) == (423, "scenario_paused", 1)


@check("a rate limit is brought through by the package's own retries, after Retry-After")
def rate_limited():
    made = manage(
        "POST", "/v1/keys", {"name": "One at a time", "role": "member", "rate_limit": {"concurrent": 1}}
    )
    none, _ = counting(key=made["key"], max_retries=0)
    many, sent = counting(key=made["key"], max_retries=5)
    reply("openai", {"text": "slow", "chunks": 4, "chunkDelayMs": 200}, {"text": "second"})
    first = none.chat.completions.create(model="gpt-4o", messages=HI, stream=True)
    next(iter(first))
    error = raised(openai.RateLimitError, lambda: none.chat.completions.create(model="gpt-4o", messages=HI))
    assert error.code == "rate_limited" and int(error.response.headers["retry-after"]) >= 1
    assert error.response.headers["x-should-retry"] == "true"
    with ThreadPoolExecutor() as pool:
        second = pool.submit(lambda: many.chat.completions.create(model="gpt-4o", messages=HI))
        list(first)
        assert second.result().choices[0].message.content == "second"
    assert len(sent) >= 2


@check("a provider's fault is retried by the package as x-should-retry says")
def provider_fault():
    # A model of its own: what fails here cools down here.
    fault("openai", *[{"kind": "status", "status": 500}] * 2)
    many, sent = counting(max_retries=4, default_headers={"X-Gateway-Fallback": "none"})
    reply("openai", {"text": "at last"})
    answer = many.chat.completions.create(model="gpt-5.4-mini", messages=HI)
    assert answer.choices[0].message.content == "at last"
    assert len(sent) + len(requests("openai")) > 3


@check("a stream that breaks is an exception after the events that came")
def broken(vendor):
    reply(vendor, {"text": "A long answer in pieces", "chunks": 10})
    fault(vendor, {"kind": "cut", "afterEvents": 4})
    texts = []

    def read():
        for chunk in client.chat.completions.create(
            model=MODELS[vendor], messages=HI, stream=True, extra_headers={"X-Gateway-Fallback": "none"}
        ):
            texts.append(chunk.choices[0].delta.content)

    error = raised(openai.APIError, read)
    assert texts and error.code == "provider_error"


@check("a closed stream stops the provider")
def closed(vendor):
    reply(vendor, {"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50})
    stream = client.chat.completions.create(model=MODELS[vendor], messages=HI, stream=True)
    for _ in stream:
        break
    stream.close()
    eventually(lambda: requests(vendor)[-1]["aborted"])


@check("a cancelled task stops the provider")
async def cancelled(vendor):
    reply(vendor, {"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50})
    async with AsyncOpenAI(api_key=KEY, base_url=f"{GATEWAY}/v1", max_retries=0) as many:
        began = asyncio.Event()

        async def read():
            async for _ in await many.chat.completions.create(model=MODELS[vendor], messages=HI, stream=True):
                began.set()

        task = asyncio.create_task(read())
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    eventually(lambda: requests(vendor)[-1]["aborted"])


@check("thirty calls at once do not mix")
async def at_once():
    async with AsyncOpenAI(api_key=KEY, base_url=f"{GATEWAY}/v1", max_retries=0) as many:

        async def one(number):
            model = list(MODELS.values())[number % 3]
            words = [{"role": "user", "content": f"number {number};"}]
            if number % 2 == 0:
                answer = await many.chat.completions.create(model=model, messages=words)
                return answer.choices[0].message.content
            stream = await many.chat.completions.create(model=model, messages=words, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        texts = await asyncio.gather(*[one(number) for number in range(30)])
    assert all(f"number {number};" in text for number, text in enumerate(texts)), texts


@check("a time-out of the package's own is its own exception")
def timed_out():
    fault("openai", {"kind": "delay", "ms": 1500})
    began = time.monotonic()
    raised(
        openai.APITimeoutError,
        lambda: client.with_options(timeout=0.5).chat.completions.create(model="gpt-4o", messages=HI),
    )
    assert time.monotonic() - began < 1.5


run()
