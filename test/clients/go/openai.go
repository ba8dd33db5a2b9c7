package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

var weather = object{
	"type":       "object",
	"properties": object{"city": object{"type": "string"}},
	"required":   []string{"city"},
}

func checkOpenAI() {
	client := openai.NewClient(option.WithAPIKey(key), option.WithBaseURL(gateway+"/v1"), option.WithMaxRetries(0))
	ctx := context.Background()
	noFallback := option.WithHeader("X-Gateway-Fallback", "none")
	hi := func(vendor string) openai.ChatCompletionNewParams {
		return openai.ChatCompletionNewParams{
			Model:    models[vendor],
			Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hi")},
		}
	}

	check("a plain chat completion has all that its definition requires", func(vendor string) {
		reply(vendor, object{"text": "Hello there", "usage": object{"input": 11, "output": 7}})
		answer, err := client.Chat.Completions.New(ctx, hi(vendor))
		no(err)
		complete(answer)
		equal("text", answer.Choices[0].Message.Content, "Hello there")
		equal("finish", answer.Choices[0].FinishReason, "stop")
		equal("tokens", answer.Usage.TotalTokens, int64(18))
		equal("model", answer.Model, models[vendor])
	})

	check("every chunk of a stream has all that its definition requires, and they add up", func(vendor string) {
		reply(vendor, object{"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": object{"input": 3, "output": 9}})
		asked := hi(vendor)
		asked.StreamOptions.IncludeUsage = openai.Bool(true)
		stream := client.Chat.Completions.NewStreaming(ctx, asked)
		whole := openai.ChatCompletionAccumulator{}
		for stream.Next() {
			complete(stream.Current())
			truly("a chunk is of another stream", whole.AddChunk(stream.Current()))
		}
		no(stream.Err())
		equal("text", whole.Choices[0].Message.Content, "Grüße, 世界 🌍!")
		equal("tokens", whole.Usage.CompletionTokens, int64(9))
	})

	check("two tools are called, plain and streamed, and their results go back", func(vendor string) {
		calls := object{"toolCalls": []object{
			{"id": "call_a", "name": "get_weather", "arguments": object{"city": "Paris"}},
			{"id": "call_b", "name": "get_weather", "arguments": object{"city": "Rome"}},
		}}
		reply(vendor, calls, calls, object{"text": "Sunny in both."})
		asked := hi(vendor)
		asked.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(
			openai.FunctionDefinitionParam{Name: "get_weather", Parameters: weather},
		)}
		stream := client.Chat.Completions.NewStreaming(ctx, asked)
		whole := openai.ChatCompletionAccumulator{}
		for stream.Next() {
			complete(stream.Current())
			whole.AddChunk(stream.Current())
		}
		no(stream.Err())
		equal("streamed calls", len(whole.Choices[0].Message.ToolCalls), 2)
		answer, err := client.Chat.Completions.New(ctx, asked)
		no(err)
		complete(answer)
		equal("finish", answer.Choices[0].FinishReason, "tool_calls")
		asked.Messages = append(asked.Messages, answer.Choices[0].Message.ToParam())
		for i, call := range answer.Choices[0].Message.ToolCalls {
			equal("arguments", call.Function.Arguments, whole.Choices[0].Message.ToolCalls[i].Function.Arguments)
			asked.Messages = append(asked.Messages, openai.ToolMessage("clear", call.ID))
		}
		second, err := client.Chat.Completions.New(ctx, asked)
		no(err)
		equal("text", second.Choices[0].Message.Content, "Sunny in both.")
	})

	check("every way an answer ends is one that its definition knows", func(vendor string) {
		for finish, expected := range map[string]string{"stop": "stop", "length": "length", "content-filter": "content_filter"} {
			reply(vendor, object{"text": "Some words", "finish": finish})
			answer, err := client.Chat.Completions.New(ctx, hi(vendor))
			no(err)
			complete(answer)
			equal(finish, answer.Choices[0].FinishReason, expected)
		}
	})

	check("a response and every event of its stream have all that their definitions require", func(vendor string) {
		script := object{"text": "Hello there", "usage": object{"input": 11, "output": 7}}
		tools := object{"toolCalls": []object{{"id": "call_a", "name": "get_weather", "arguments": object{"city": "Paris"}}}}
		reply(vendor, script, script, tools, tools)
		asked := responses.ResponseNewParams{
			Model: models[vendor],
			Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Hi")},
			Tools: []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{
				Name: "get_weather", Parameters: weather, Strict: openai.Bool(false),
			}}},
		}
		for _, expected := range []string{"Hello there", ""} {
			answer, err := client.Responses.New(ctx, asked)
			no(err)
			complete(answer)
			equal("text", answer.OutputText(), expected)
			stream := client.Responses.NewStreaming(ctx, asked)
			var last responses.ResponseStreamEventUnion
			for stream.Next() {
				complete(stream.Current())
				last = stream.Current()
			}
			no(stream.Err())
			equal("last event", last.Type, "response.completed")
			equal("streamed text", last.Response.OutputText(), expected)
		}
	})

	check("embeddings and models have all that their definitions require", func(string) {
		embedded, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{
			Model: "text-embedding-3-small",
			Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two"}},
		})
		no(err)
		complete(embedded)
		equal("vectors", len(embedded.Data), 2)
		listed, err := client.Models.List(ctx)
		no(err)
		complete(listed)
		truly("no models", len(listed.Data) > 3)
		one, err := client.Models.Get(ctx, "gpt-4o")
		no(err)
		complete(one)
	})

	check("refusals have code, param and message, and are not sent again", func(string) {
		sent := 0
		counted := option.WithMiddleware(func(request *http.Request, next option.MiddlewareNext) (*http.Response, error) {
			sent++
			return next(request)
		})
		for code, asked := range map[string]openai.ChatCompletionNewParams{
			"model_not_found": {Model: "gpt-nope", Messages: hi("openai").Messages},
			"invalid_request": {Model: "gpt-4o"},
		} {
			sent = 0
			_, err := client.Chat.Completions.New(ctx, asked, counted, option.WithMaxRetries(3))
			refused := openAIError(err)
			equal("code", refused.Code, code)
			truly("no message", refused.Message != "" && refused.Type != "")
			equal("times sent", sent, 1)
		}
		_, err := client.Chat.Completions.New(ctx, hi("openai"), option.WithAPIKey("gw_live_"+strings.Repeat("x", 40)))
		equal("status", openAIError(err).StatusCode, 401)
	})

	check("a stream that breaks is an error after the chunks that came", func(vendor string) {
		reply(vendor, object{"text": "A long answer in pieces", "chunks": 10})
		fault(vendor, object{"kind": "cut", "afterEvents": 4})
		stream := client.Chat.Completions.NewStreaming(ctx, hi(vendor), noFallback)
		chunks := 0
		for stream.Next() {
			chunks++
		}
		truly("no chunks", chunks > 0)
		truly("no error", stream.Err() != nil)
		truly(stream.Err().Error(), strings.Contains(stream.Err().Error(), "provider_error"))
	})

	check("a cancelled stream stops the provider", func(vendor string) {
		reply(vendor, object{"text": "A very long answer that nobody waits for", "chunks": 30, "chunkDelayMs": 50})
		ctx, cancel := context.WithCancel(ctx)
		stream := client.Chat.Completions.NewStreaming(ctx, hi(vendor))
		truly("no first chunk", stream.Next())
		cancel()
		stream.Close()
		eventually("the provider goes on", func() bool {
			seen := requests(vendor)
			return seen[len(seen)-1].Aborted
		})
	})
}

func openAIError(err error) *openai.Error {
	var refused *openai.Error
	truly("not refused by the gateway", errors.As(err, &refused))
	truly("not JSON", json.Valid([]byte(refused.RawJSON())))
	return refused
}
