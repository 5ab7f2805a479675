using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.Langfuse;

/// <summary>Writes an exported trace as the OTLP request that Langfuse's own SDK would have sent.</summary>
/// <param name="traceId">Our id of the trace.</param>
/// <param name="id">Langfuse's.</param>
internal sealed class LangfuseRequest(TraceId traceId, string id)
{
    private readonly HashSet<string> _written = [];

    public ReadOnlyMemory<byte> Write(JsonElement trace, JsonElement observations)
    {
        var ids = observations.EnumerateArray().Select(one => Json.Text(one, "id")).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var roots = observations.EnumerateArray().Count(one => Json.Text(one, "parentObservationId") is not { } parent || !ids.Contains(parent));
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteStartArray("resourceSpans");
        writer.WriteStartObject();
        WriteResource(writer, trace, observations);
        writer.WriteStartArray("scopeSpans");
        writer.WriteStartObject();
        writer.WriteStartArray("spans");

        // Langfuse keeps the whole beside its parts; without one first observation the whole is a span of its own.
        SpanId? whole = roots == 1 ? null : ImportIds.Span(LangfuseImport.FormatName, id, "\0trace");
        if (whole is { } root) WriteSpan(writer, trace, trace, root, null, isWhole: true);
        foreach (var observation in observations.EnumerateArray())
        {
            var parent = Json.Text(observation, "parentObservationId") is { } told && ids.Contains(told) ? SpanOf(told) : whole;
            WriteSpan(writer, trace, observation, SpanOf(Json.Text(observation, "id") ?? throw new ImportFault("an observation has no id")), parent, isWhole: false);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The first of the fields that is a time.</summary>
    public static DateTimeOffset? Time(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Json.Text(element, name) is { } text
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            {
                return time;
            }
        }

        return null;
    }

    private SpanId SpanOf(string observation) => ImportIds.Span(LangfuseImport.FormatName, id, observation);

    private void WriteResource(Utf8JsonWriter writer, JsonElement trace, JsonElement observations)
    {
        _written.Clear();
        writer.WriteStartObject("resource");
        writer.WriteStartArray("attributes");
        var isNamed = false;
        using var metadata = Metadata(observations.GetArrayLength() > 0 ? observations[0] : trace);
        if (metadata is not null && Json.Get(metadata.RootElement, "resourceAttributes") is { ValueKind: JsonValueKind.Object } resource)
        {
            foreach (var attribute in resource.EnumerateObject())
            {
                // A client without a name of its own calls itself so.
                if (attribute.Name == "service.name" && attribute.Value.ToString().StartsWith("unknown_service", StringComparison.Ordinal)) continue;
                isNamed |= attribute.Name == "service.name";
                Attribute(writer, attribute.Name, Json.Plain(attribute.Value));
            }
        }

        if (!isNamed) Attribute(writer, "service.name", Json.Text(trace, "name"));
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WriteSpan(Utf8JsonWriter writer, JsonElement trace, JsonElement told, SpanId span, SpanId? parent, bool isWhole)
    {
        var start = Time(told, "startTime", "timestamp", "createdAt") ?? throw new ImportFault($"{(isWhole ? "its trace" : "an observation")} has no time");
        var end = Time(told, "endTime") ?? (isWhole && Json.Number(told, "latency") is { } seconds and >= 0 and < 1e8 ? start.AddSeconds(seconds) : start);
        _written.Clear();
        writer.WriteStartObject();
        writer.WriteString("traceId", traceId.Value);
        writer.WriteString("spanId", span.Value);
        if (parent is { } above) writer.WriteString("parentSpanId", above.Value);
        writer.WriteString("name", Json.Text(told, "name") ?? Json.Text(told, "type")?.ToLowerInvariant() ?? "trace");
        writer.WriteString("startTimeUnixNano", Nanoseconds(start));
        writer.WriteString("endTimeUnixNano", Nanoseconds(end < start ? start : end));
        writer.WriteStartArray("attributes");
        Attribute(writer, "langfuse.observation.type", isWhole ? "agent" : Json.Text(told, "type")?.ToLowerInvariant());
        Attribute(writer, "langfuse.trace.name", Json.Text(trace, "name"));
        Attribute(writer, "langfuse.session.id", Json.Text(trace, "sessionId"));
        Attribute(writer, "langfuse.user.id", Json.Text(trace, "userId"));
        Attribute(writer, "langfuse.environment", Json.Text(told, "environment") ?? Json.Text(trace, "environment"));
        Attribute(writer, "langfuse.version", Json.Text(told, "version") ?? Json.Text(trace, "version"));
        Attribute(writer, "langfuse.release", Json.Text(trace, "release"));
        var (input, tools) = LangfuseMessages.Input(Json.Get(told, "input"));
        Attribute(writer, "langfuse.observation.input", input);
        Attribute(writer, "gen_ai.tool.definitions", tools);
        Attribute(writer, "langfuse.observation.output", LangfuseMessages.Output(Json.Get(told, "output")));
        if (parent is null && !isWhole)
        {
            Attribute(writer, "langfuse.trace.input", Unquoted(Json.Get(trace, "input")));
            Attribute(writer, "langfuse.trace.output", Unquoted(Json.Get(trace, "output")));
        }

        if (parent is null && Json.Get(trace, "tags") is { ValueKind: JsonValueKind.Array } tags && tags.GetArrayLength() > 0) Attribute(writer, "langfuse.trace.tags", tags.GetRawText());
        if (!isWhole) WriteCall(writer, told);
        WriteOriginal(writer, told);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WriteCall(Utf8JsonWriter writer, JsonElement told)
    {
        Attribute(writer, "langfuse.observation.level", Json.Text(told, "level"));
        Attribute(writer, "langfuse.observation.status_message", Json.Text(told, "statusMessage"));
        Attribute(writer, "langfuse.observation.model.name", Json.Text(told, "model"));
        Attribute(writer, "langfuse.observation.prompt.name", Json.Text(told, "promptName"));
        Attribute(writer, "langfuse.observation.prompt.version", Json.Plain(Json.Get(told, "promptVersion")));
        if (Json.Get(told, "modelParameters") is { ValueKind: JsonValueKind.Object or JsonValueKind.String } parameters && Json.Plain(parameters) is { Length: > 2 } text)
            Attribute(writer, "langfuse.observation.model.parameters", text);
        if (Time(told, "completionStartTime") is { } first) Attribute(writer, "langfuse.observation.completion_start_time", first.ToString("O", CultureInfo.InvariantCulture));
        Attribute(writer, "langfuse.observation.usage_details", Usage(told));
        Attribute(writer, "langfuse.observation.cost_details", Cost(told));
        Attribute(writer, "gen_ai.tool.definitions", Tools(told));
    }

    // What the client sent in the first place: what Langfuse did not take over says more of the span.
    private void WriteOriginal(Utf8JsonWriter writer, JsonElement told)
    {
        using var metadata = Metadata(told);
        if (metadata is null) return;
        foreach (var field in metadata.RootElement.EnumerateObject())
        {
            if (field.Name == "resourceAttributes") continue;
            if (field.Name == "attributes" && field.Value.ValueKind == JsonValueKind.Object)
                foreach (var attribute in field.Value.EnumerateObject()) Attribute(writer, attribute.Name, Json.Plain(attribute.Value));
            else Attribute(writer, "langfuse.observation.metadata." + field.Name, Json.Plain(field.Value));
        }
    }

    // Newer exports count in buckets, older ones have one count each; zeros of both mean that nothing was counted.
    private static string? Usage(JsonElement told)
    {
        if (Json.Get(told, "usageDetails") is { ValueKind: JsonValueKind.Object } details && details.EnumerateObject().MoveNext()) return details.GetRawText();
        var usage = Json.Get(told, "usage") is { ValueKind: JsonValueKind.Object } old ? old : told;
        var (input, output) = (Json.Count(usage, "input", "inputUsage", "promptTokens"), Json.Count(usage, "output", "outputUsage", "completionTokens"));
        return (input ?? 0) + (output ?? 0) == 0 ? null : $$"""{"input":{{input ?? 0}},"output":{{output ?? 0}}}""";
    }

    private static string? Cost(JsonElement told)
    {
        if (Json.Get(told, "costDetails") is { ValueKind: JsonValueKind.Object } details && details.EnumerateObject().MoveNext()) return details.GetRawText();
        return Json.Number(told, "totalCost", "calculatedTotalCost") is { } total and > 0 ? string.Create(CultureInfo.InvariantCulture, $$"""{"total":{{total:R}}}""") : null;
    }

    // {"name": "{...}"}, each a text of JSON.
    private static string? Tools(JsonElement told)
    {
        if (Json.Get(told, "toolDefinitions") is not { ValueKind: JsonValueKind.Object } tools || !tools.EnumerateObject().MoveNext()) return null;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        foreach (var tool in tools.EnumerateObject())
        {
            writer.WriteStartObject();
            writer.WriteString("name", tool.Name);
            using var inner = LenientJson.ParseText(Json.Plain(tool.Value) ?? "");
            if (inner is { RootElement.ValueKind: JsonValueKind.Object })
                foreach (var field in inner.RootElement.EnumerateObject().Where(field => field.Name != "name")) field.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonDocument? Metadata(JsonElement told) => Json.Plain(Json.Get(told, "metadata")) is { } text ? LenientJson.ParseText(text) : null;

    // The whole's input comes as a text of JSON that is itself a text.
    private static string? Unquoted(JsonElement? value)
    {
        if (Json.Plain(value) is not { } text) return null;
        if (text is not ['"', .., '"']) return text;
        try
        {
            using var inner = JsonDocument.Parse(text);
            return inner.RootElement.GetString();
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private void Attribute(Utf8JsonWriter writer, string name, string? value)
    {
        if (string.IsNullOrEmpty(value) || !_written.Add(name)) return;
        writer.WriteStartObject();
        writer.WriteString("key", name);
        writer.WriteStartObject("value");
        writer.WriteString("stringValue", value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Nanoseconds(DateTimeOffset time) => ((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100m).ToString("0", CultureInfo.InvariantCulture);
}
