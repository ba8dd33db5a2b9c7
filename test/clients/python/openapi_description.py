"""`/openapi.json`, as Python's tools read it, and what the gateway does held against it."""

import importlib
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

from harness import GATEWAY, TEST_KEY, check, manage, run

BIN = Path(sys.executable).parent
CONFIG = Path(__file__).parent / "schemathesis.toml"
FOLDER = Path(tempfile.mkdtemp(prefix="ai-gateway-openapi-"))
FILE = FOLDER / "openapi.json"

with urllib.request.urlopen(f"{GATEWAY}/openapi.json") as answer:
    DOCUMENT = json.load(answer)
FILE.write_text(json.dumps(DOCUMENT))
sys.path.insert(0, str(FOLDER))


def tool(name, *arguments):
    """The words of a command that ends well."""
    ended = subprocess.run([BIN / name, *arguments], cwd=FOLDER, capture_output=True, text=True)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, f"{name} ended with {ended.returncode}:\n{said[-6000:]}"
    return said


@check("openapi-spec-validator calls it valid")
def valid():
    validate(DOCUMENT)


def patterns(value):
    if isinstance(value, dict):
        yield from [value["pattern"]] if isinstance(value.get("pattern"), str) else []
        for inner in value.values():
            yield from patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from patterns(inner)


@check("every pattern is one that Python's re reads")
def readable():
    found = set(patterns(DOCUMENT))
    assert found
    for pattern in found:
        re.compile(pattern)


@check("the classes that datamodel-code-generator makes import, and read the gateway's answers")
def classes():
    tool(
        "datamodel-codegen",
        *("--input", FILE, "--input-file-type", "openapi", "--output", FOLDER / "classes.py"),
        *("--output-model-type", "pydantic_v2.BaseModel", "--openapi-scopes", "schemas", "paths"),
        *("--use-operation-id-as-name", "--disable-warnings"),
    )
    made = importlib.import_module("classes")
    assert len([name for name in dir(made) if name[0].isupper()]) > 100
    made.Error.model_validate({"error": {"message": "m", "type": "t", "param": None, "code": "not_found"}})


@check("openapi-python-client makes every operation without a warning, and its client works")
def client():
    # It knows no ZIP, only bytes.
    config = FOLDER / "client.yaml"
    config.write_text("content_type_overrides:\n  application/zip: application/octet-stream\n")
    said = tool(
        "openapi-python-client",
        *("generate", "--path", FILE, "--output-path", FOLDER / "generated", "--meta", "none", "--overwrite"),
        *("--config", config),
    )
    assert "WARNING" not in said and "ERROR" not in said, said
    operations = sum(len(methods) for methods in DOCUMENT["paths"].values())
    modules = [one for one in (FOLDER / "generated/api").glob("*/*.py") if one.name != "__init__.py"]
    assert len(modules) == operations
    authenticated = importlib.import_module("generated").AuthenticatedClient(base_url=GATEWAY, token=TEST_KEY)
    made = manage("POST", "/v1/budgets", {"name": "Generated", "limit_usd": 5}, key=TEST_KEY)
    listed = importlib.import_module("generated.api.budgets.budgets_list").sync(client=authenticated)
    assert [one.limit_usd for one in listed.data if one.id == made["id"]] == [5]
    checked = importlib.import_module("generated.api.budgets.budgets_check").sync(client=authenticated)
    assert checked.allowed and checked.tightest.scope is not None
    missing = importlib.import_module("generated.api.budgets.budgets_get").sync_detailed("bud_none", client=authenticated)
    assert (missing.status_code, missing.parsed.error.code) == (404, "not_found")
    manage("DELETE", f"/v1/budgets/{made['id']}", key=TEST_KEY)


def schemathesis(*choice):
    said = tool(
        "schemathesis",
        *("--config-file", CONFIG, "run", f"{GATEWAY}/openapi.json", "--header", f"Authorization: Bearer {TEST_KEY}"),
        *("--seed", "7", "--phases", "examples,coverage,fuzzing", "--warnings", "off", "--continue-on-failure"),
        *choice,
    )
    tested = re.search(r"Tested: (\d+)", said)
    assert tested and int(tested.group(1)) > 0, said
    made = re.search(r"(\d+) generated", said)
    assert made and int(made.group(1)) > 100, said


MODEL_CALLS = "^/v1/(chat|responses|messages|embeddings|models|me)"


@check("made-up model calls are answered as described, and never by a 5xx that nobody foresaw")
def model_calls():
    schemathesis("--include-path-regex", MODEL_CALLS)


@check("made-up management calls are answered as described, and never by a 5xx that nobody foresaw")
def management_calls():
    # Not the key that asks: whoever lists it may delete it. Nor the stream of hints: it does not end, and each call waits 15 s.
    schemathesis("--exclude-path-regex", f"{MODEL_CALLS}|^/v1/keys/|^/v1/live")


run()
