"""What every program here shares: checks that print one line of JSON each, and the fakes behind the gateway."""

import asyncio
import inspect
import json
import os
import sys
import time
import traceback
import urllib.request

GATEWAY = os.environ["GATEWAY_URL"]
KEY = os.environ["GATEWAY_KEY"]
TEST_KEY = os.environ["GATEWAY_TEST_KEY"]
FAKES = os.environ["FAKES_URL"]

# One model of each vendor, as test/support/models.ts has them.
MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-6", "gemini": "gemini-3.5-flash"}

IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

_checks = []


def check(sentence):
    """A function that checks this sentence; one with a parameter `vendor` is run for each vendor."""

    def keep(function):
        _checks.append((sentence, function))
        return function

    return keep


def run():
    for sentence, function in _checks:
        vendors = list(MODELS) if "vendor" in inspect.signature(function).parameters else [None]
        fault = None
        began = time.monotonic()
        for vendor in vendors:
            _ask("POST", "/reset", [])
            try:
                result = function(**({} if vendor is None else {"vendor": vendor}))
                if inspect.iscoroutine(result):
                    asyncio.run(result)
            except BaseException:
                fault = f"with {vendor}: " * (vendor is not None) + traceback.format_exc(limit=-6)
                break
        print(json.dumps({"check": sentence, "fault": fault, "seconds": round(time.monotonic() - began, 2)}), flush=True)


def reply(vendor, *scripts):
    _ask("POST", f"/{vendor}/reply", scripts)


def fault(vendor, *faults):
    _ask("POST", f"/{vendor}/fault", faults)


def requests(vendor):
    return _ask("GET", f"/{vendor}/requests")


def eventually(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it does not become true"
        time.sleep(0.02)


def manage(method, path, body=None, key=KEY):
    """A management call of the gateway."""
    asked = urllib.request.Request(
        GATEWAY + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def raised(kind, function):
    """The exception of this class that the function raises."""
    try:
        function()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} is not raised")


def _ask(method, path, body=None):
    asked = urllib.request.Request(
        FAKES + path, method=method, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)
