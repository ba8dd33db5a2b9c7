package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"
)

func checkAnthropic() {
	client := anthropic.NewClient(option.WithAPIKey(key), option.WithBaseURL(gateway), option.WithMaxRetries(0))
	ctx := context.Background()
	hi := func(vendor string) anthropic.MessageNewParams {
		return anthropic.MessageNewParams{
			Model:     anthropic.Model(models[vendor]),
			MaxTokens: 100,
			Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hi"))},
		}
	}

	check("a plain message has all that its definition requires", func(vendor string) {
		reply(vendor, object{"text": "Hello there", "usage": object{"input": 11, "output": 7}})
		answer, err := client.Messages.New(ctx, hi(vendor))
		no(err)
		complete(answer)
		equal("text", answer.Content[0].Text, "Hello there")
		equal("stop reason", string(answer.StopReason), "end_turn")
		equal("tokens", answer.Usage.InputTokens, int64(11))
	})

	check("every event of a stream has all that its definition requires, and they add up", func(vendor string) {
		reply(vendor, object{"text": "Grüße, 世界 🌍!", "chunks": 7, "usage": object{"input": 3, "output": 9}})
		stream := client.Messages.NewStreaming(ctx, hi(vendor))
		whole := anthropic.Message{}
		for stream.Next() {
			complete(stream.Current())
			no(whole.Accumulate(stream.Current()))
		}
		no(stream.Err())
		equal("text", whole.Content[0].Text, "Grüße, 世界 🌍!")
		equal("tokens", whole.Usage.OutputTokens, int64(9))
		truly("no input tokens", whole.Usage.InputTokens > 0)
	})

	check("two tools are called, plain and streamed, and their results go back", func(vendor string) {
		calls := object{"toolCalls": []object{
			{"id": "toolu_a", "name": "get_weather", "arguments": object{"city": "Paris"}},
			{"id": "toolu_b", "name": "get_weather", "arguments": object{"city": "Rome"}},
		}}
		reply(vendor, calls, calls, object{"text": "Sunny in both."})
		asked := hi(vendor)
		asked.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name:        "get_weather",
			InputSchema: anthropic.ToolInputSchemaParam{Properties: weather["properties"], Required: []string{"city"}},
		}}}
		stream := client.Messages.NewStreaming(ctx, asked)
		whole := anthropic.Message{}
		for stream.Next() {
			complete(stream.Current())
			no(whole.Accumulate(stream.Current()))
		}
		no(stream.Err())
		equal("streamed calls", len(whole.Content), 2)
		answer, err := client.Messages.New(ctx, asked)
		no(err)
		complete(answer)
		equal("stop reason", string(answer.StopReason), "tool_use")
		results := []anthropic.ContentBlockParamUnion{}
		for i, block := range answer.Content {
			equal("input", inputOf(block.Input), inputOf(whole.Content[i].Input))
			results = append(results, anthropic.NewToolResultBlock(block.ID, "clear", false))
		}
		asked.Messages = append(asked.Messages, answer.ToParam(), anthropic.NewUserMessage(results...))
		second, err := client.Messages.New(ctx, asked)
		no(err)
		equal("text", second.Content[0].Text, "Sunny in both.")
	})

	check("every way a message ends is one that its definition knows", func(vendor string) {
		for finish, expected := range map[string]string{"stop": "end_turn", "length": "max_tokens", "content-filter": "refusal"} {
			reply(vendor, object{"text": "Some words", "finish": finish})
			answer, err := client.Messages.New(ctx, hi(vendor))
			no(err)
			complete(answer)
			equal(finish, string(answer.StopReason), expected)
		}
	})

	check("tokens are counted, and models listed in Anthropic's form", func(vendor string) {
		counted, err := client.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{
			Model: anthropic.Model(models[vendor]), Messages: hi(vendor).Messages,
		})
		no(err)
		complete(counted)
		truly("no tokens", counted.InputTokens > 0)
		listed, err := client.Models.List(ctx, anthropic.ModelListParams{})
		no(err)
		truly("no models", len(listed.Data) > 3)
		for _, one := range listed.Data {
			truly("no display name", one.DisplayName != "")
			truly("not made at any time", !one.CreatedAt.IsZero())
		}
	})

	check("refusals have type, message and request id", func(string) {
		asked := hi("openai")
		asked.Model = "gpt-nope"
		_, err := client.Messages.New(ctx, asked)
		refused := anthropicError(err)
		equal("type", string(refused.Type()), "not_found_error")
		equal("status", refused.StatusCode, 404)
		_, err = client.Messages.New(ctx, hi("openai"), option.WithAPIKey("gw_live_"+strings.Repeat("x", 40)))
		equal("type", string(anthropicError(err).Type()), "authentication_error")
		_, err = client.Messages.Batches.List(ctx, anthropic.MessageBatchListParams{})
		truly("no word of what to use", strings.Contains(anthropicError(err).Message, "POST /v1/messages"))
	})

	check("a stream that breaks is an error after the events that came", func(vendor string) {
		reply(vendor, object{"text": "A long answer in pieces", "chunks": 10})
		fault(vendor, object{"kind": "cut", "afterEvents": 5})
		stream := client.Messages.NewStreaming(ctx, hi(vendor), option.WithHeader("X-Gateway-Fallback", "none"))
		events := 0
		for stream.Next() {
			events++
		}
		truly("no events", events > 0)
		truly("no error", stream.Err() != nil)
	})
}

func inputOf(raw json.RawMessage) (input object) {
	no(json.Unmarshal(raw, &input))
	return input
}

func anthropicError(err error) *anthropic.Error {
	var refused *anthropic.Error
	truly("not refused by the gateway", errors.As(err, &refused))
	truly("no request id", strings.HasPrefix(refused.RequestID, "req_"))
	truly("no message", refused.Message != "")
	return refused
}
