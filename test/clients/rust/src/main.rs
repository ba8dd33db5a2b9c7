//! `async-openai`, whose decoders refuse an answer that lacks a field or has one of another type, against the gateway.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{CreateChatCompletionRequest, FinishReason};
use async_openai::types::embeddings::CreateEmbeddingRequest;
use async_openai::types::responses::{CreateResponse, ResponseStreamEvent};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};
use std::env;
use std::error::Error;
use std::time::Duration;

/// What goes wrong, in words.
type Checked = Result<(), Box<dyn Error>>;

/// One model of each vendor, as test/support/models.ts has them.
const MODELS: [(&str, &str); 3] =
    [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-6"), ("gemini", "gemini-3.5-flash")];

struct Vendor {
    name: &'static str,
    model: &'static str,
}

impl Vendor {
    async fn reply(&self, scripts: Value) -> Checked {
        ask(&format!("/{}/reply", self.name), scripts).await.map(drop)
    }

    async fn fault(&self, faults: Value) -> Checked {
        ask(&format!("/{}/fault", self.name), faults).await.map(drop)
    }

    fn chat(&self, more: Value) -> Result<CreateChatCompletionRequest, serde_json::Error> {
        let mut body = json!({"model": self.model, "messages": [{"role": "user", "content": "Hi"}]});
        merge(&mut body, more);
        serde_json::from_value(body)
    }

    fn response(&self, more: Value) -> Result<CreateResponse, serde_json::Error> {
        let mut body = json!({"model": self.model, "input": "Hi"});
        merge(&mut body, more);
        serde_json::from_value(body)
    }
}

fn merge(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}

fn weather() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
}

fn client_with(key: &str) -> Client<OpenAIConfig> {
    let base = format!("{}/v1", env::var("GATEWAY_URL").unwrap_or_default());
    Client::with_config(OpenAIConfig::new().with_api_base(base).with_api_key(key))
}

fn client() -> Client<OpenAIConfig> {
    client_with(&env::var("GATEWAY_KEY").unwrap_or_default())
}

async fn ask(path: &str, body: Value) -> Result<Value, Box<dyn Error>> {
    let url = format!("{}{path}", env::var("FAKES_URL")?);
    Ok(reqwest::Client::new().post(url).json(&body).send().await?.json().await?)
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Checked {
    if got == want { Ok(()) } else { Err(format!("{what} is {got:?}, not {want:?}").into()) }
}

async fn check(sentence: &str, function: for<'a> fn(&'a Vendor) -> LocalBoxFuture<'a, Checked>) {
    let mut fault = Value::Null;
    for (name, model) in MODELS {
        let vendor = Vendor { name, model };
        let mut found = ask("/reset", json!([])).await.map(drop);
        if found.is_ok() {
            found = function(&vendor).await;
        }
        if let Err(error) = found {
            fault = format!("with {name}: {error}").into();
            break;
        }
    }
    println!("{}", serde_json::to_string(&json!({"check": sentence, "fault": fault})).unwrap_or_default());
}

async fn plain(vendor: &Vendor) -> Checked {
    vendor.reply(json!([{"text": "Hello there", "usage": {"input": 11, "output": 7}}])).await?;
    let answer = client().chat().create(vendor.chat(json!({}))?).await?;
    equal("text", answer.choices[0].message.content.as_deref(), Some("Hello there"))?;
    equal("finish", answer.choices[0].finish_reason, Some(FinishReason::Stop))?;
    equal("tokens", answer.usage.map(|usage| usage.total_tokens), Some(18))
}

async fn streamed(vendor: &Vendor) -> Checked {
    vendor.reply(json!([{"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": {"input": 3, "output": 9}}])).await?;
    let asked = vendor.chat(json!({"stream": true, "stream_options": {"include_usage": true}}))?;
    let mut stream = client().chat().create_stream(asked).await?;
    let (mut text, mut tokens) = (String::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        text.extend(chunk.choices.iter().filter_map(|choice| choice.delta.content.clone()));
        tokens = chunk.usage.map_or(tokens, |usage| usage.completion_tokens);
    }
    equal("text", text.as_str(), "Grüße, 世界 🌍!")?;
    equal("tokens", tokens, 9)
}

async fn tools(vendor: &Vendor) -> Checked {
    let calls = json!({"toolCalls": [
        {"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}},
        {"id": "call_b", "name": "get_weather", "arguments": {"city": "Rome"}},
    ]});
    vendor.reply(json!([calls, calls, {"text": "Sunny in both."}])).await?;
    let tool = json!({"type": "function", "function": {"name": "get_weather", "parameters": weather()}});
    let asked = vendor.chat(json!({"tools": [tool]}))?;
    let mut stream = client().chat().create_stream(vendor.chat(json!({"tools": [tool], "stream": true}))?).await?;
    let mut finish = None;
    while let Some(chunk) = stream.next().await {
        finish = chunk?.choices.first().and_then(|choice| choice.finish_reason).or(finish);
    }
    equal("streamed finish", finish, Some(FinishReason::ToolCalls))?;
    let answer = client().chat().create(asked).await?;
    equal("finish", answer.choices[0].finish_reason, Some(FinishReason::ToolCalls))?;
    let called = serde_json::to_value(&answer.choices[0].message)?;
    let mut messages = vec![json!({"role": "user", "content": "Weather?"}), called.clone()];
    for call in called["tool_calls"].as_array().ok_or("no calls")? {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "clear"}));
    }
    let second = client().chat().create(vendor.chat(json!({"tools": [tool], "messages": messages}))?).await?;
    equal("text", second.choices[0].message.content.as_deref(), Some("Sunny in both."))
}

async fn endings(vendor: &Vendor) -> Checked {
    let known = [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content-filter", FinishReason::ContentFilter),
    ];
    for (finish, expected) in known {
        vendor.reply(json!([{"text": "Some words", "finish": finish}])).await?;
        let answer = client().chat().create(vendor.chat(json!({}))?).await?;
        equal(finish, answer.choices[0].finish_reason, Some(expected))?;
    }
    Ok(())
}

async fn responses(vendor: &Vendor) -> Checked {
    let script = json!({"text": "Hello there", "usage": {"input": 11, "output": 7}});
    let call = json!({"toolCalls": [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Paris"}}]});
    vendor.reply(json!([script, script, call, call])).await?;
    let tools = json!([{"type": "function", "name": "get_weather", "parameters": weather(), "strict": false}]);
    for expected in [Some("Hello there"), None] {
        let answer = client().responses().create(vendor.response(json!({"tools": tools}))?).await?;
        equal("text", answer.output_text().filter(|text| !text.is_empty()).as_deref(), expected)?;
        let asked = vendor.response(json!({"tools": tools, "stream": true}))?;
        let mut stream = client().responses().create_stream(asked).await?;
        let mut completed = false;
        while let Some(event) = stream.next().await {
            completed = matches!(event?, ResponseStreamEvent::ResponseCompleted(_));
        }
        equal("completed", completed, true)?;
    }
    Ok(())
}

async fn embeddings_and_models(_vendor: &Vendor) -> Checked {
    let asked: CreateEmbeddingRequest =
        serde_json::from_value(json!({"model": "text-embedding-3-small", "input": ["one", "two"]}))?;
    equal("vectors", client().embeddings().create(asked).await?.data.len(), 2)?;
    equal("first model", client().models().list().await?.data[0].id.as_str(), "auto")?;
    equal("model", client().models().retrieve("gpt-4o").await?.id.as_str(), "gpt-4o")
}

fn code_of<T>(answer: Result<T, OpenAIError>) -> Result<Option<String>, Box<dyn Error>> {
    match answer {
        Err(OpenAIError::ApiError(refused)) if !refused.api_error.message.is_empty() => Ok(refused.api_error.code),
        Err(other) => Err(other.into()),
        Ok(_) => Err("it is not refused".into()),
    }
}

async fn refusals(vendor: &Vendor) -> Checked {
    let unknown = vendor.chat(json!({"model": "gpt-nope"}))?;
    equal("code", code_of(client().chat().create(unknown).await)?.as_deref(), Some("model_not_found"))?;
    let wrong = client_with(&format!("gw_live_{}", "x".repeat(40)));
    equal("code", code_of(wrong.models().list().await)?.as_deref(), Some("invalid_api_key"))?;
    let empty = vendor.chat(json!({"messages": []}))?;
    equal("code", code_of(client().chat().create(empty).await)?.as_deref(), Some("invalid_request"))
}

async fn broken(vendor: &Vendor) -> Checked {
    vendor.reply(json!([{"text": "A long answer in pieces", "chunks": 10}])).await?;
    vendor.fault(json!([{"kind": "cut", "afterEvents": 4}])).await?;
    let asked = vendor.chat(json!({"stream": true}))?;
    let mut stream = client().chat().create_stream(asked).await?;
    let (mut chunks, mut fault) = (0, None);
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(_) => chunks += 1,
            Err(error) => fault = Some(error),
        }
    }
    equal("chunks came", chunks > 0, true)?;
    equal("an error came", fault.is_some(), true)
}

async fn dropped(vendor: &Vendor) -> Checked {
    let long = json!([{"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50}]);
    vendor.reply(long).await?;
    let mut stream = client().chat().create_stream(vendor.chat(json!({"stream": true}))?).await?;
    stream.next().await.ok_or("no first chunk")??;
    drop(stream);
    for _ in 0..200 {
        let seen = ask(&format!("/{}/requests", vendor.name), json!([])).await?;
        if seen[0]["aborted"] == true {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the provider goes on".into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    check("a plain chat completion is decoded", |vendor| Box::pin(plain(vendor))).await;
    check("every chunk of a stream is decoded, and they add up", |vendor| Box::pin(streamed(vendor))).await;
    check("two tools are called, plain and streamed, and their results go back", |vendor| Box::pin(tools(vendor))).await;
    check("every way an answer ends is one that the package knows", |vendor| Box::pin(endings(vendor))).await;
    check("a response and every event of its stream are decoded", |vendor| Box::pin(responses(vendor))).await;
    check("embeddings and models are decoded", |vendor| Box::pin(embeddings_and_models(vendor))).await;
    check("refusals have code and message", |vendor| Box::pin(refusals(vendor))).await;
    check("a stream that breaks is an error after the chunks that came", |vendor| Box::pin(broken(vendor))).await;
    check("a stream that is dropped stops the provider", |vendor| Box::pin(dropped(vendor))).await;
}
