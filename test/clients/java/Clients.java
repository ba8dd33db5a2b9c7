import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The official Java packages of OpenAI and Anthropic, told to validate every answer, against the gateway. */
public final class Clients {
    private static final String GATEWAY = System.getenv("GATEWAY_URL");
    private static final String KEY = System.getenv("GATEWAY_KEY");
    private static final String FAKES = System.getenv("FAKES_URL");
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WRONG_KEY = "gw_live_" + "x".repeat(40);

    /** One model of each vendor, as test/support/models.ts has them. */
    private static final Map<String, String> MODELS = new LinkedHashMap<>();

    static {
        MODELS.put("openai", "gpt-4o");
        MODELS.put("anthropic", "claude-sonnet-4-6");
        MODELS.put("gemini", "gemini-3.5-flash");
    }

    private static final Map<String, Object> WEATHER = Map.of(
            "type", "object", "properties", Map.of("city", Map.of("type", "string")), "required", List.of("city"));

    private static final Map<String, Object> CALL =
            Map.of("id", "call_a", "name", "get_weather", "arguments", Map.of("city", "Paris"));

    interface Checked {
        void check(String vendor) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("openai")) new OpenAI().checkAll();
        else new Anthropic().checkAll();
        // The packages' own threads would keep the program alive for a minute.
        System.exit(0);
    }

    static void run(String sentence, Checked function) throws Exception {
        String fault = null;
        for (String vendor : MODELS.keySet()) {
            ask("POST", "/reset", List.of());
            try {
                function.check(vendor);
            } catch (Exception | AssertionError error) {
                StringBuilder said = new StringBuilder("with " + vendor + ": " + error);
                for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) said.append("; ").append(cause);
                for (StackTraceElement at : error.getStackTrace())
                    if (at.getClassName().startsWith("Clients")) said.append("\n  ").append(at);
                fault = said.toString();
                break;
            }
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("check", sentence);
        line.put("fault", fault);
        System.out.println(JSON.writeValueAsString(line));
    }

    static JsonNode ask(String method, String path, Object body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(FAKES + path))
                .method(method, HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        return JSON.readTree(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    @SafeVarargs
    static void reply(String vendor, Map<String, Object>... scripts) throws Exception {
        ask("POST", "/" + vendor + "/reply", scripts);
    }

    static void equal(String what, Object got, Object want) {
        if (!Objects.equals(got, want)) throw new AssertionError(what + " is " + got + ", not " + want);
    }

    static void truly(String what, boolean holds) {
        if (!holds) throw new AssertionError(what);
    }

    static <T extends Exception> T raised(Class<T> kind, Runnable function) {
        try {
            function.run();
        } catch (Exception error) {
            if (kind.isInstance(error)) return kind.cast(error);
            throw new AssertionError("not " + kind + " but " + error, error);
        }
        throw new AssertionError(kind + " is not raised");
    }

    static Map<String, Object> text(String text, int input, int output) {
        return Map.of("text", text, "chunks", 7, "usage", Map.of("input", input, "output", output));
    }

    static final class OpenAI {
        private final OpenAIClient client = with(KEY);

        private static OpenAIClient with(String key) {
            return OpenAIOkHttpClient.builder()
                    .apiKey(key)
                    .baseUrl(GATEWAY + "/v1")
                    .maxRetries(0)
                    .responseValidation(true)
                    .build();
        }

        private static ChatCompletionCreateParams.Builder hi(String model) {
            return ChatCompletionCreateParams.builder().model(model).addUserMessage("Hi");
        }

        private List<ChatCompletionChunk> chunks(ChatCompletionCreateParams asked) {
            try (var stream = client.chat().completions().createStreaming(asked)) {
                return stream.stream().toList();
            }
        }

        void checkAll() throws Exception {
            check("a plain chat completion is valid", vendor -> {
                reply(vendor, text("Hello there", 11, 7));
                var answer = client.chat().completions().create(hi(MODELS.get(vendor)).build());
                answer.validate();
                equal("text", answer.choices().get(0).message().content().get(), "Hello there");
                equal("tokens", answer.usage().get().totalTokens(), 18L);
            });
            check("every chunk of a stream is valid, and they add up", vendor -> {
                reply(vendor, text("Grüße, 世界 🌍!", 3, 9));
                var asked = hi(MODELS.get(vendor))
                        .putAdditionalBodyProperty("stream_options", JsonValue.from(Map.of("include_usage", true)))
                        .build();
                var whole = ChatCompletionAccumulator.create();
                for (var chunk : chunks(asked)) whole.accumulate(chunk.validate());
                var answer = whole.chatCompletion();
                equal("text", answer.choices().get(0).message().content().get(), "Grüße, 世界 🌍!");
                equal("tokens", answer.usage().get().completionTokens(), 9L);
            });
            check("a tool is called, plain and streamed, and its result goes back", vendor -> {
                Map<String, Object> calls = Map.of("toolCalls", List.of(CALL));
                reply(vendor, calls, calls, text("Sunny.", 1, 1));
                var tool = Map.of("type", "function", "function", Map.of("name", "get_weather", "parameters", WEATHER));
                var asked = hi(MODELS.get(vendor)).putAdditionalBodyProperty("tools", JsonValue.from(List.of(tool)));
                var whole = ChatCompletionAccumulator.create();
                for (var chunk : chunks(asked.build())) whole.accumulate(chunk.validate());
                truly("no streamed call", whole.chatCompletion().choices().get(0).message().toolCalls().isPresent());
                var first = client.chat().completions().create(asked.build()).validate().choices().get(0).message();
                var call = first.toolCalls().get().get(0).asFunction();
                equal("arguments", JSON.readTree(call.function().arguments()), JSON.readTree("{\"city\":\"Paris\"}"));
                asked.addMessage(first).addMessage(com.openai.models.chat.completions.ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content("clear")
                        .build());
                var second = client.chat().completions().create(asked.build());
                equal("text", second.choices().get(0).message().content().get(), "Sunny.");
            });
            check("a response and every event of its stream are valid", vendor -> {
                Map<String, Object> calls = Map.of("toolCalls", List.of(CALL));
                reply(vendor, text("Hello there", 11, 7), text("Hello there", 11, 7), calls, calls);
                var tool = Map.of("type", "function", "name", "get_weather", "parameters", WEATHER, "strict", false);
                var asked = ResponseCreateParams.builder()
                        .model(MODELS.get(vendor))
                        .input("Hi")
                        .putAdditionalBodyProperty("tools", JsonValue.from(List.of(tool)))
                        .build();
                for (int i = 0; i < 2; i++) {
                    client.responses().create(asked).validate();
                    List<ResponseStreamEvent> events = new ArrayList<>();
                    try (var stream = client.responses().createStreaming(asked)) {
                        stream.stream().forEach(event -> events.add(event.validate()));
                    }
                    truly("not completed", events.get(events.size() - 1).isCompleted());
                }
            });
            check("embeddings and models are valid", vendor -> {
                var vectors = client.embeddings().create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .inputOfArrayOfStrings(List.of("one", "two"))
                        .build());
                equal("vectors", vectors.validate().data().size(), 2);
                equal("first model", client.models().list().data().get(0).validate().id(), "auto");
                equal("model", client.models().retrieve("gpt-4o").validate().id(), "gpt-4o");
            });
            check("refusals are the package's classes, with code, param and message", vendor -> {
                var unknown = raised(
                        com.openai.errors.NotFoundException.class,
                        () -> client.chat().completions().create(hi("gpt-nope").build()));
                equal("code", unknown.code().get(), "model_not_found");
                var wrong = raised(
                        com.openai.errors.UnauthorizedException.class,
                        () -> with(WRONG_KEY).chat().completions().create(hi("gpt-4o").build()));
                equal("code", wrong.code().get(), "invalid_api_key");
                var empty = raised(
                        com.openai.errors.BadRequestException.class,
                        () -> client.chat().completions().create(hi("gpt-4o").temperature(9).build()));
                equal("param", empty.param().get(), "temperature");
            });
            check("a stream that breaks is an error", vendor -> {
                reply(vendor, text("A long answer in pieces", 1, 1));
                ask("POST", "/" + vendor + "/fault", List.of(Map.of("kind", "cut", "afterEvents", 4)));
                var asked = hi(MODELS.get(vendor)).putAdditionalHeader("X-Gateway-Fallback", "none").build();
                raised(com.openai.errors.OpenAIException.class, () -> chunks(asked));
            });
        }

        private static void check(String sentence, Checked function) throws Exception {
            run(sentence, function);
        }
    }

    static final class Anthropic {
        private final AnthropicClient client = with(KEY);

        private static AnthropicClient with(String key) {
            return AnthropicOkHttpClient.builder()
                    .apiKey(key)
                    .baseUrl(GATEWAY)
                    .maxRetries(0)
                    .responseValidation(true)
                    .build();
        }

        private static MessageCreateParams.Builder hi(String model) {
            return MessageCreateParams.builder().model(model).maxTokens(100).addUserMessage("Hi");
        }

        private List<RawMessageStreamEvent> events(MessageCreateParams asked) {
            try (var stream = client.messages().createStreaming(asked)) {
                return stream.stream().toList();
            }
        }

        void checkAll() throws Exception {
            check("a plain message is valid", vendor -> {
                reply(vendor, text("Hello there", 11, 7));
                var answer = client.messages().create(hi(MODELS.get(vendor)).build()).validate();
                equal("text", answer.content().get(0).asText().text(), "Hello there");
                equal("tokens", answer.usage().inputTokens(), 11L);
            });
            check("every event of a stream is valid, and they add up", vendor -> {
                reply(vendor, text("Grüße, 世界 🌍!", 3, 9));
                var whole = MessageAccumulator.create();
                for (var event : events(hi(MODELS.get(vendor)).build())) whole.accumulate(event.validate());
                equal("text", whole.message().content().get(0).asText().text(), "Grüße, 世界 🌍!");
                equal("tokens", whole.message().usage().outputTokens(), 9L);
            });
            check("a tool is called, plain and streamed, and its result goes back", vendor -> {
                Map<String, Object> calls = Map.of("toolCalls", List.of(CALL));
                reply(vendor, calls, calls, text("Sunny.", 1, 1));
                var tool = Map.of("name", "get_weather", "input_schema", WEATHER);
                var asked = hi(MODELS.get(vendor))
                        .putAdditionalBodyProperty("tools", com.anthropic.core.JsonValue.from(List.of(tool)));
                var whole = MessageAccumulator.create();
                for (var event : events(asked.build())) whole.accumulate(event.validate());
                truly("no streamed call", whole.message().content().get(0).isToolUse());
                var first = client.messages().create(asked.build()).validate();
                asked.addMessage(first).addUserMessageOfContentBlockParams(List.of(
                        com.anthropic.models.messages.ContentBlockParam.ofToolResult(
                                com.anthropic.models.messages.ToolResultBlockParam.builder()
                                        .toolUseId(first.content().get(0).asToolUse().id())
                                        .content("clear")
                                        .build())));
                var second = client.messages().create(asked.build());
                equal("text", second.content().get(0).asText().text(), "Sunny.");
            });
            check("tokens are counted", vendor -> {
                var counted = client.messages().countTokens(MessageCountTokensParams.builder()
                        .model(MODELS.get(vendor))
                        .addUserMessage("Hi")
                        .build());
                truly("no tokens", counted.validate().inputTokens() > 0);
            });
            check("refusals are the package's classes, with a request id", vendor -> {
                var unknown = raised(
                        com.anthropic.errors.NotFoundException.class,
                        () -> client.messages().create(hi("gpt-nope").build()));
                equal("header", unknown.headers().values("request-id").size(), 1);
                raised(
                        com.anthropic.errors.UnauthorizedException.class,
                        () -> with(WRONG_KEY).messages().create(hi("gpt-4o").build()));
                var batches = raised(
                        com.anthropic.errors.NotFoundException.class, () -> client.messages().batches().list());
                truly("no word of what to use", batches.getMessage().contains("POST /v1/messages"));
            });
            check("a stream that breaks is an error", vendor -> {
                reply(vendor, text("A long answer in pieces", 1, 1));
                ask("POST", "/" + vendor + "/fault", List.of(Map.of("kind", "cut", "afterEvents", 5)));
                var asked = hi(MODELS.get(vendor)).putAdditionalHeader("X-Gateway-Fallback", "none").build();
                raised(com.anthropic.errors.AnthropicException.class, () -> events(asked));
            });
        }

        private static void check(String sentence, Checked function) throws Exception {
            run(sentence, function);
        }
    }
}
