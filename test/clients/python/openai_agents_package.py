"""`openai-agents`."""

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import APIStatusError, AsyncOpenAI
from pydantic import BaseModel

from harness import GATEWAY, KEY, MODELS, check, reply, requests, run

# Traces would go to OpenAI, with the gateway's key.
set_tracing_disabled(True)

APIS = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}


class Sky(BaseModel):
    """The sky over a city."""

    city: str
    color: str


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}"


def expert(api, vendor, **more):
    client = AsyncOpenAI(api_key=KEY, base_url=f"{GATEWAY}/v1", max_retries=0)
    model = APIS[api](MODELS[vendor], openai_client=client)
    return Agent(name="Expert", model=model, tools=[get_weather], output_type=Sky, **more)


BOTH_CITIES = {
    "toolCalls": [
        {"id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}},
        {"id": "call_2", "name": "get_weather", "arguments": {"city": "Rome"}},
    ]
}
BLUE = {"text": '{"city":"Paris","color":"blue"}'}


def sent(vendor):
    return str(requests(vendor))


@check("an agent hands over to another, which calls two tools side by side and answers by a schema")
async def handed_over(vendor):
    for api in APIS:
        reply(vendor, {"toolCalls": [{"id": "call_0", "name": "transfer_to_expert", "arguments": {}}]}, BOTH_CITIES, BLUE)
        agent = expert(api, vendor)
        result = await Runner.run(Agent(name="Triage", model=agent.model, handoffs=[agent]), "How is the sky?")
        assert result.final_output == Sky(city="Paris", color="blue"), api
        assert result.last_agent is agent, api
    assert "Sunny in Paris" in sent(vendor) and "Sunny in Rome" in sent(vendor)


@check("an agent streams its steps")
async def streamed(vendor):
    for api in APIS:
        reply(vendor, BOTH_CITIES, BLUE)
        result = Runner.run_streamed(expert(api, vendor), "How is the sky?")
        names = [event.name async for event in result.stream_events() if event.type == "run_item_stream_event"]
        assert result.final_output == Sky(city="Paris", color="blue"), api
        assert names.count("tool_called") == 2 and names.count("tool_output") == 2, names


@check("an agent says what the gateway refuses")
async def refused():
    agent = expert("responses", "openai")
    agent.model.model = "no-such-model"
    try:
        await Runner.run(agent, "Hi")
    except APIStatusError as error:
        assert error.status_code == 404 and 'no model "no-such-model"' in str(error), error
    else:
        raise AssertionError("it was answered")


run()
