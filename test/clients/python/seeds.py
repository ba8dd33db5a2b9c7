"""The two lines of code that the product's page shows: only base URL and key are this gateway's."""

from openai import OpenAI

from harness import GATEWAY, KEY, check, manage, reply, requests, run

client = OpenAI(
    api_key=KEY,
    base_url=f"{GATEWAY}/v1",
)


def last_call():
    return manage("GET", "/v1/usage/requests?limit=1")["data"][0]


@check("the first call of the page")
def first():
    reply("openai", {"text": "Hello! How can I help?"})
    response = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hello!"}],
    )
    assert response.choices[0].message.content == "Hello! How can I help?"
    assert response.model == "gpt-4o"


@check("a call with a client's tag")
def tagged():
    for name in ("acme-corp", "client-123"):
        response = client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Hello!"}],
            extra_headers={"X-Client-ID": name},
        )
        assert response.choices[0].message.content
        assert last_call()["client_id"] == name
    budget = manage("GET", "/v1/budgets/check?client_id=acme-corp")
    assert budget["allowed"] is True


@check("a call with a client's and a project's tag")
def with_project():
    client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hello!"}],
        extra_headers={"X-Client-ID": "acme-corp", "X-Project": "chatbot"},
    )
    seen = last_call()
    assert (seen["client_id"], seen["project"]) == ("acme-corp", "chatbot")
    assert not [name for one in requests("openai") for name in one["headers"] if name.startswith("x-")]


@check("a call of the model auto")
def auto():
    response = client.chat.completions.create(
        model="auto",
        messages=[{"role": "user", "content": "Hello!"}],
    )
    assert response.choices[0].message.content
    assert response.model != "auto"


@check("the same code for each vendor's model, though two of the names are retired")
def native_names():
    for model in ("gpt-4o", "claude-3-5-sonnet-20241022", "gemini-1.5-pro"):
        response = client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "Hello!"}],
        )
        assert response.choices[0].message.content == "You said: Hello!", model
    assert [len(requests(vendor)) for vendor in ("openai", "anthropic", "gemini")] == [1, 1, 1]


run()
