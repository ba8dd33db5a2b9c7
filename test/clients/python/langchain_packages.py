"""`langchain-openai` and `langchain-anthropic`."""

import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from harness import GATEWAY, IMAGE, KEY, MODELS, TEST_KEY, check, fault, raised, reply, requests, run


def chat(model, **options):
    # LangChain asks OpenAI's own address alone for usage unless it is told to.
    return ChatOpenAI(
        model=model, api_key=KEY, base_url=f"{GATEWAY}/v1", max_retries=0, stream_usage=True, **options
    )


WAYS = {
    "chat": chat,
    "responses": lambda model: chat(model, use_responses_api=True),
    "messages": lambda model: ChatAnthropic(model=model, api_key=KEY, base_url=GATEWAY, max_retries=0, max_tokens=200),
}


@tool
def get_weather(city: str) -> str:
    """Weather in a city."""
    return f"clear in {city}"


class Place(BaseModel):
    """A place on earth."""

    city: str


@check("invoke has text and usage, by chat, responses and messages")
def invoked(vendor):
    for way, make in WAYS.items():
        reply(vendor, {"text": "Hello there", "usage": {"input": 11, "output": 7}})
        answer = make(MODELS[vendor]).invoke([("system", "Be brief."), ("human", "Hi")])
        assert answer.text == "Hello there", way
        assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (11, 7), way


@check("stream has the same text, and usage at the end")
def streamed(vendor):
    for way, make in WAYS.items():
        reply(vendor, {"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": {"input": 11, "output": 7}})
        whole = None
        for chunk in make(MODELS[vendor]).stream("Hi"):
            whole = chunk if whole is None else whole + chunk
        assert whole.text == "Grüße, 世界 🌍!", way
        assert whole.usage_metadata["output_tokens"] == 7, way
        # LangChain reads Anthropic's last event alone; the fake of Anthropic counts the input in its first, as the reference's
        # example does, and the gateway relays it as it is.
        if (way, vendor) != ("messages", "anthropic"):
            assert whole.usage_metadata["input_tokens"] == 11, way


@check("a bound tool is called and its result goes back")
def tools(vendor):
    for way, make in WAYS.items():
        reply(
            vendor,
            {"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
            {"text": "Sunny."},
        )
        model = make(MODELS[vendor]).bind_tools([get_weather])
        messages = [HumanMessage("Weather in Paris?")]
        first = model.invoke(messages)
        assert [(call["name"], call["args"]) for call in first.tool_calls] == [("get_weather", {"city": "Paris"})], way
        call = first.tool_calls[0]
        messages += [first, ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])]
        assert model.invoke(messages).text == "Sunny.", way
        assert "clear in Paris" in str(requests(vendor)[-1]["json"]), way


@check("structured output returns a class")
def structured(vendor):
    for way, make in WAYS.items():
        model = make(MODELS[vendor]).with_structured_output(Place)
        if way == "messages":
            # LangChain's Anthropic package asks for a tool here.
            reply(vendor, {"toolCalls": [{"id": "toolu_a", "name": "Place", "arguments": {"city": "Paris"}}]})
        else:
            reply(vendor, {"text": '{"city":"Paris"}'})
        assert model.invoke("A city?") == Place(city="Paris"), way


@check("a picture goes along")
def picture(vendor):
    block = {"type": "image", "base64": IMAGE, "mime_type": "image/png"}
    for way, make in WAYS.items():
        make(MODELS[vendor]).invoke([HumanMessage([{"type": "text", "text": "What is this?"}, block])])
        assert IMAGE in str(requests(vendor)[-1]["json"]), way


@check("batch answers each call")
def batched(vendor):
    for way, make in WAYS.items():
        texts = [one.text for one in make(MODELS[vendor]).batch(["first;", "second;", "third;"])]
        assert ["first;" in texts[0], "second;" in texts[1], "third;" in texts[2]] == [True] * 3, way


@check("refusals are the exceptions of the vendors' packages")
def refusals(vendor):
    fault(vendor, *[{"kind": "status", "status": 400}] * 3)
    for way, make in WAYS.items():
        kind = anthropic.BadRequestError if way == "messages" else openai.BadRequestError
        raised(kind, lambda: make(MODELS[vendor]).invoke("Hi"))


@check("embeddings come for texts and for a query")
def embedded():
    vectors = OpenAIEmbeddings(
        model="text-embedding-3-small",
        api_key=KEY,
        base_url=f"{GATEWAY}/v1",
        # Otherwise tiktoken fetches its tables from the internet.
        check_embedding_ctx_length=False,
    )
    assert len(vectors.embed_documents(["one", "two"])) == 2
    assert len(vectors.embed_query("one")) > 1


@check("the sandbox answers with a test key")
def sandbox():
    model = ChatOpenAI(model="gpt-4o", api_key=TEST_KEY, base_url=f"{GATEWAY}/v1", max_retries=0)
    assert model.invoke("Hi").text
    assert requests("openai") == []


run()
