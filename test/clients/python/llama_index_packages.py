"""`llama-index-llms-openai`, `-openai-like`, `-anthropic` and `llama-index-embeddings-openai`."""

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI, OpenAIResponses
from llama_index.llms.openai_like import OpenAILike
from openai import NotFoundError
from pydantic import BaseModel

from harness import GATEWAY, KEY, MODELS, check, raised, reply, requests, run


def like(model):
    return OpenAILike(
        model=model,
        api_key=KEY,
        api_base=f"{GATEWAY}/v1",
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )


def ways(vendor):
    """LlamaIndex's packages of a vendor know that vendor's models alone; `OpenAILike` takes any name."""
    own = {
        "openai": [
            OpenAI(model=MODELS["openai"], api_key=KEY, api_base=f"{GATEWAY}/v1", max_retries=0),
            OpenAIResponses(model=MODELS["openai"], api_key=KEY, api_base=f"{GATEWAY}/v1", max_retries=0),
        ],
        "anthropic": [Anthropic(model=MODELS["anthropic"], api_key=KEY, base_url=GATEWAY, max_retries=0)],
        "gemini": [],
    }
    return [like(MODELS[vendor]), *own[vendor]]


class Place(BaseModel):
    """A place on earth."""

    city: str


def get_weather(city: str) -> str:
    """Weather in a city."""
    return f"clear in {city}"


@check("complete and chat answer, plain and streamed")
def answered(vendor):
    for llm in ways(vendor):
        name = type(llm).__name__
        reply(vendor, *[{"text": "Hello there", "chunks": 4}] * 4)
        assert llm.complete("Hi").text == "Hello there", name
        assert llm.chat([ChatMessage("Hi")]).message.content == "Hello there", name
        assert list(llm.stream_complete("Hi"))[-1].text == "Hello there", name
        assert list(llm.stream_chat([ChatMessage("Hi")]))[-1].message.content == "Hello there", name


@check("a tool is called, its result goes back, and the answer comes")
def tools(vendor):
    weather = FunctionTool.from_defaults(get_weather)
    for llm in ways(vendor):
        name = type(llm).__name__
        reply(
            vendor,
            {"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]},
            {"text": "Sunny."},
        )
        first = llm.chat_with_tools([weather], user_msg="Weather in Paris?")
        (call,) = llm.get_tool_calls_from_response(first)
        assert (call.tool_name, call.tool_kwargs) == ("get_weather", {"city": "Paris"}), name
        result = ChatMessage(role="tool", content="clear in Paris", additional_kwargs={"tool_call_id": call.tool_id})
        history = [ChatMessage("Weather in Paris?"), first.message, result]
        assert llm.chat_with_tools([weather], chat_history=history).message.content == "Sunny.", name
        assert "clear in Paris" in str(requests(vendor)[-1]["json"]), name


@check("structured_predict returns a class")
def structured(vendor):
    for llm in ways(vendor):
        # LlamaIndex asks by a schema where it knows that the model takes one, else by a tool.
        by_tool = {"toolCalls": [{"id": "call_a", "name": "Place", "arguments": {"city": "Paris"}}]}
        by_schema = type(llm) is not OpenAILike
        reply(vendor, {"text": '{"city":"Paris"}'} if by_schema else by_tool)
        answer = llm.as_structured_llm(Place).chat([ChatMessage("A city?")])
        assert answer.raw == Place(city="Paris"), type(llm).__name__


@check("embeddings come")
def embedded():
    vectors = OpenAIEmbedding(model="text-embedding-3-small", api_key=KEY, api_base=f"{GATEWAY}/v1")
    assert len(vectors.get_text_embedding_batch(["one", "two"])) == 2


@check("a refusal is the exception of OpenAI's package")
def refused():
    error = raised(NotFoundError, lambda: like("gpt-nope").complete("Hi"))
    assert error.code == "model_not_found"


run()
