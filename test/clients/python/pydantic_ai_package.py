"""`pydantic-ai-slim`."""

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from harness import GATEWAY, KEY, MODELS, check, eventually, reply, requests, run

WAYS = {
    "chat": lambda model: OpenAIChatModel(model, provider=OpenAIProvider(api_key=KEY, base_url=f"{GATEWAY}/v1")),
    "responses": lambda model: OpenAIResponsesModel(
        model, provider=OpenAIProvider(api_key=KEY, base_url=f"{GATEWAY}/v1")
    ),
    "messages": lambda model: AnthropicModel(model, provider=AnthropicProvider(api_key=KEY, base_url=GATEWAY)),
}


class Place(BaseModel):
    """A place on earth."""

    city: str


@check("an agent answers with text and usage, by chat, responses and messages")
async def answered(vendor):
    for way, make in WAYS.items():
        reply(vendor, {"text": "Hello there", "usage": {"input": 11, "output": 7}})
        result = await Agent(make(MODELS[vendor]), instructions="Be brief.").run("Hi")
        assert result.output == "Hello there", way
        assert (result.usage.input_tokens, result.usage.output_tokens) == (11, 7), way


@check("an agent streams text")
async def streamed(vendor):
    for way, make in WAYS.items():
        reply(vendor, {"text": "Grüße, 世界 🌍!", "chunks": 7})
        async with Agent(make(MODELS[vendor])).run_stream("Hi") as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
        assert "".join(pieces) == "Grüße, 世界 🌍!", way


@check("an agent runs a tool and goes on with its result")
async def tools(vendor):
    for way, make in WAYS.items():
        agent = Agent(make(MODELS[vendor]))

        @agent.tool_plain
        def get_weather(city: str) -> str:
            """Weather in a city."""
            return f"clear in {city}"

        reply(
            vendor,
            {"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
            {"text": "Sunny."},
        )
        assert (await agent.run("Weather in Paris?")).output == "Sunny.", way
        assert "clear in Paris" in str(requests(vendor)[-1]["json"]), way


@check("an agent returns a class by a tool")
async def structured(vendor):
    for way, make in WAYS.items():
        reply(vendor, {"toolCalls": [{"id": "call_a", "name": "final_result", "arguments": {"city": "Paris"}}]})
        assert (await Agent(make(MODELS[vendor]), output_type=Place).run("A city?")).output == Place(city="Paris"), way


@check("a refusal has the status and the body")
async def refused():
    for way, make in WAYS.items():
        try:
            await Agent(make("gpt-nope")).run("Hi")
            raise AssertionError(way)
        except ModelHTTPError as error:
            assert error.status_code == 404 and "model_not_found" in str(error.body), way


@check("an agent that is cancelled stops the provider")
async def cancelled(vendor):
    for make in WAYS.values():
        reply(vendor, {"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50})
        began = asyncio.Event()

        async def read():
            async with Agent(make(MODELS[vendor])).run_stream("Hi") as result:
                async for _ in result.stream_text(debounce_by=None):
                    began.set()

        task = asyncio.create_task(read())
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        eventually(lambda: requests(vendor)[-1]["aborted"])


run()
