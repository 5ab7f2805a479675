using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.VercelAi;

/// <summary>The AI SDK's own telemetry, versions 3 to 6 and the legacy mode of 7. Since 7 it writes OpenTelemetry's generative keys.</summary>
/// <remarks>The outer span of an operation repeats the sum of its calls.</remarks>
internal sealed class VercelAiDialect : ITraceDialect
{
    private const string Metadata = "ai.telemetry.metadata.";

    public string Name => "vercel-ai";

    public IReadOnlyList<string> Prefixes { get; } = ["ai.", "operation.name"];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, "ai.operationId", "operation.name")
        .Take(SpanField.Conversation, [.. Keys("sessionId", "session_id", "threadId", "thread_id", "chatId", "chat_id", "conversationId", "conversation_id")])
        .Take(SpanField.User, [.. Keys("userId", "user_id")])
        .Read(SpanField.AgentName, "ai.telemetry.functionId", (span, value) => span.Kind != SpanKind.Agent || span.Set(SpanField.AgentName, value))
        .Take(SpanField.AgentVersion, [.. Keys("agent_version", "agentVersion")])
        .Read(SpanField.PromptName, Metadata + "langfusePrompt", ReadPrompt)
        .Take(SpanField.PromptName, [.. Keys("prompt_name", "promptName")])
        .Take(SpanField.PromptVersion, [.. Keys("prompt_version", "promptVersion")])
        .Read(SpanField.Provider, "ai.model.provider", (span, value) =>
        {
            span.Provider ??= ProviderNames.Of(value.AsText());
            return false;
        })
        .Take(SpanField.ModelRequested, "ai.model.id")
        .Take(SpanField.Model, "ai.response.model")
        .Take(SpanField.ResponseId, "ai.response.id")
        .Take(SpanField.InputTokens, "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")
        .Take(SpanField.OutputTokens, "ai.usage.outputTokens", "ai.usage.completionTokens")
        .Take(SpanField.CacheReadTokens, "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens")
        .Take(SpanField.CacheWriteTokens, "ai.usage.inputTokenDetails.cacheWriteTokens")
        .Take(SpanField.ReasoningTokens, "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens")
        .Read(SpanField.CacheWriteTokens, "ai.response.providerMetadata", ReadProviderMetadata)
        .Read(SpanField.Input, "ai.prompt.messages", (span, value) => span.ReadInput(value))
        .Read(SpanField.Input, "ai.prompt", (span, value) => span.ReadInput(value))
        .Read(SpanField.Input, "ai.value", ReadValues)
        .Read(SpanField.Input, "ai.values", ReadValues)
        .Read(SpanField.Output, "ai.response.text", ReadText)
        .Read(SpanField.Output, "ai.response.object", ReadText)
        .Read(SpanField.Output, "ai.result.text", ReadText)
        .Read(SpanField.Output, "ai.result.object", ReadText)
        .Take(SpanField.Thinking, "ai.response.reasoning")
        .Read(SpanField.RequestedTools, "ai.response.toolCalls", ReadToolCalls)
        .Read(SpanField.RequestedTools, "ai.result.toolCalls", ReadToolCalls)
        .Read(SpanField.ToolDefinitions, "ai.prompt.tools", ReadTools)
        .Take(SpanField.FinishReasons, "ai.response.finishReason", "ai.finishReason")
        .Read(SpanField.TimeToFirstToken, "ai.response.msToFirstChunk", ReadFirstChunk)
        .Note(SpanField.Streaming, "ai.operationId")
        .Take(SpanField.Tool, "ai.toolCall.name")
        .Take(SpanField.ToolCallId, "ai.toolCall.id")
        .Read(SpanField.Input, "ai.toolCall.args", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "ai.toolCall.result", (span, value) => span.ReadOutput(value))
        .Take(SpanField.Tags, Metadata + "tags");

    public bool KnowsScope(string scope) => scope == "ai";

    public SpanKind? KindOf(SpanDraft span)
    {
        if (OperationOf(span) is not { } operation) return null;
        if (operation.EndsWith(".doGenerate", StringComparison.Ordinal) || operation.EndsWith(".doStream", StringComparison.Ordinal)) return SpanKind.Model;
        if (operation.EndsWith(".doEmbed", StringComparison.Ordinal)) return SpanKind.Embedding;
        if (operation.EndsWith(".doRerank", StringComparison.Ordinal)) return SpanKind.Rerank;
        if (operation == "ai.toolCall") return Handoffs.IsTransfer(span.Attributes.Text("ai.toolCall.name")) ? SpanKind.Handoff : SpanKind.Tool;
        return operation.StartsWith("ai.embed", StringComparison.Ordinal) || operation.StartsWith("ai.rerank", StringComparison.Ordinal) ? SpanKind.Chain : SpanKind.Agent;
    }

    public void Read(SpanDraft span)
    {
        var operation = OperationOf(span);
        if (operation is null) return;
        span.Attributes.Use("ai.operationId");
        span.Attributes.Use("operation.name");
        span.Attributes.Use("resource.name");
        if (span.Kind == SpanKind.Embedding) span.Operation ??= "embeddings";
        else if (span.Kind == SpanKind.Model) span.Operation ??= "chat";
        if (span.Kind == SpanKind.Handoff && span.Attributes.Text("ai.toolCall.name") is { } transfer) span.Handoff ??= Handoffs.Of(transfer, span.Attributes["ai.toolCall.args"]);
        if (span.Kind == SpanKind.Model) span.Streaming ??= operation.EndsWith(".doStream", StringComparison.Ordinal);
        Rules.Apply(span);
        // An answer with words and no calls says that no tool was asked for.
        if (span.Kind == SpanKind.Model && span.Output is not null) span.RequestedTools ??= [];
        for (var i = 0; i < span.Item.EventCount; i++)
        {
            var told = span.Item.Event(i);
            if (told.Name == "ai.stream.firstChunk" && span.TimeToFirstToken is null) ReadFirstChunk(span, told.Attributes["ai.response.msToFirstChunk"]);
            told.IsUsed |= told.Name is "ai.stream.firstChunk" or "ai.stream.finish";
        }
    }

    // operation.name has the function's id appended.
    private static string? OperationOf(SpanDraft span)
    {
        if (span.Attributes.Text("ai.operationId") is { } exact) return exact;
        return span.Attributes.Text("operation.name") is { } named && named.StartsWith("ai.", StringComparison.Ordinal) ? named.Split(' ', 2)[0] : null;
    }

    private static IEnumerable<string> Keys(params string[] names) => names.Select(name => Metadata + name);

    private static bool ReadPrompt(SpanDraft span, AttributeValue value) => span.WithJson(value, "prompt", told =>
    {
        span.PromptName ??= Json.Text(told, "name");
        span.PromptVersion ??= Json.Plain(Json.Get(told, "version"));
        return false;
    });

    // Before version 6 the counts of Anthropic's models come as its interface tells them: the cache beside the input.
    private static bool ReadProviderMetadata(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "metadata", told =>
        {
            if (Json.Get(told, "anthropic") is not { ValueKind: JsonValueKind.Object } anthropic) return true;
            var usage = Json.Get(anthropic, "usage") ?? default;
            var isInclusive = span.Attributes.Has("ai.usage.inputTokenDetails.noCacheTokens");
            var written = Json.Count(anthropic, "cacheCreationInputTokens") ?? Json.Count(usage, "cache_creation_input_tokens");
            var read = span.Usage.CacheRead ?? Json.Count(anthropic, "cacheReadInputTokens") ?? Json.Count(usage, "cache_read_input_tokens");
            if (!isInclusive && span.Usage.Input is { } input) span.Usage.Input = input + (read ?? 0) + (written ?? 0);
            span.Usage.CacheRead ??= read;
            span.Usage.CacheWrite ??= written;
            return true;
        });
        return false;
    }

    private static bool ReadText(SpanDraft span, AttributeValue value) => span.Kind == SpanKind.Model ? span.Set(SpanField.Output, value) : span.ReadOutput(value);

    // Each value is JSON within a text.
    private static bool ReadValues(SpanDraft span, AttributeValue value)
    {
        var texts = Lists.Of(value).Select(text =>
        {
            using var document = LenientJson.Parse(System.Text.Encoding.UTF8.GetBytes(text), out _);
            return document is null ? text : Json.Plain(document.RootElement) ?? text;
        });
        span.Input ??= string.Join('\n', texts) is { Length: > 0 } joined ? joined : null;
        return span.Input is not null;
    }

    private static bool ReadToolCalls(SpanDraft span, AttributeValue value) => span.WithJson(value, "tool calls", told =>
    {
        if (span.RequestedTools is not null || told.ValueKind != JsonValueKind.Array) return false;
        span.RequestedTools = [.. told.EnumerateArray().Select(call => Json.Text(call, "toolName", "name") is { } name
            ? new RequestedTool { Id = Json.Text(call, "toolCallId", "id"), Name = name, Arguments = Json.Plain(Json.Get(call, "input", "args", "arguments")) } : null).OfType<RequestedTool>()];
        return true;
    });

    private static bool ReadTools(SpanDraft span, AttributeValue value)
    {
        if (span.ToolDefinitions is not null || Lists.Of(value) is not { Count: > 0 } tools) return false;
        span.ToolDefinitions = "[" + string.Join(',', tools) + "]";
        return true;
    }

    private static bool ReadFirstChunk(SpanDraft span, AttributeValue value)
    {
        if (value.AsNumber() is not (>= 0 and < 1e9) || span.TimeToFirstToken is not null) return false;
        span.TimeToFirstToken = TimeSpan.FromMilliseconds(value.AsNumber()!.Value);
        span.Streaming ??= true;
        return true;
    }
}
