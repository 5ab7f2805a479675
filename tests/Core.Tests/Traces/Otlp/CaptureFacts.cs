using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Testing.Otlp;

namespace Espalier.Core.Tests.Traces.Otlp;

/// <summary>Compares what came out of a capture with what its description says; collects every difference.</summary>
internal sealed partial class CaptureFacts
{
    private readonly RecordedRequests _capture;
    private readonly IReadOnlyList<Span> _spans;
    private readonly IReadOnlyList<TraceFacts> _traces;
    private readonly IReadOnlyList<Feedback> _feedback;
    private readonly int _logRecords;
    private readonly List<string> _differences = [];

    public CaptureFacts(RecordedRequests capture)
    {
        _capture = capture;
        var batches = capture.Bodies.Select(Mappers.Map).ToList();
        foreach (var batch in batches)
        {
            Same("malformed", null, batch.MalformedReason);
            Same("rejected", 0, batch.RejectedItems);
        }

        _spans = [.. batches.SelectMany(batch => batch.Spans)];
        _feedback = [.. batches.SelectMany(batch => batch.Feedback)];
        _logRecords = capture.Bodies.Zip(batches).Where(pair => pair.First.Signal == Core.Traces.Otlp.OtlpSignal.Logs).Sum(pair => pair.Second.AcceptedItems);
        _traces = [.. _spans.GroupBy(span => span.TraceId).Select(group => TraceFold.Of([.. group])).OrderBy(facts => facts.Start).ThenBy(facts => facts.TraceId.Value, StringComparer.Ordinal)];
    }

    public IReadOnlyList<string> Differences()
    {
        foreach (var fact in _capture.Expected.EnumerateObject()) Check(fact.Name, fact.Value);
        return _differences;
    }

    private IEnumerable<ModelCall> Calls => _traces.SelectMany(trace => trace.ModelCalls.Concat(trace.EmbeddingCalls));

    private void Check(string name, JsonElement told)
    {
        switch (name)
        {
            case "spans": Same(name, told.GetInt32(), _traces.Sum(trace => trace.Spans)); break;
            case "traces": Same(name, told.GetInt32(), _traces.Count); break;
            case "trace_ids": Same(name, Joined(told.EnumerateArray().Select(id => id.GetString())), Joined(_traces.Select(trace => trace.TraceId.Value))); break;
            case "service_name": Same(name, Text(told), First(trace => trace.Service)); break;
            case "session_id": Same(name, Text(told), First(trace => trace.Conversation)); break;
            case "user_id": Same(name, Text(told), First(trace => trace.User)); break;
            case "log_records": Same(name, told.GetInt32(), _logRecords); break;
            case "has_error": Same(name, told.GetBoolean(), _traces.Any(trace => trace.ErrorSpans.Count > 0)); break;
            case "agents": CheckAgents(told); break;
            case "prompt": CheckPrompt(told); break;
            case "model_calls": CheckCalls(told); break;
            case "model_call_count": Same(name, told.GetInt32(), Calls.Count()); break;
            case "totals": CheckTotals(told); break;
            case "totals_complete": Same(name, told.GetBoolean(), _traces.All(trace => trace.IsUsageComplete)); break;
            case "tool_calls": CheckTools(told); break;
            case "retrievals": CheckRetrievals(told); break;
            case "handoffs": Same(name, Joined(told.EnumerateArray().Select(one => $"{Member(one, "from")}>{Member(one, "to")}")), Joined(_traces.SelectMany(trace => trace.Handoffs).Select(one => $"{one.From}>{one.To}"))); break;
            case "guardrails": CheckGuardrails(told); break;
            case "feedback": CheckFeedback(told); break;
            case "turns": CheckTurns(told); break;
            case "final_output": Same(name, Text(told), _traces.Select(trace => trace.Output).LastOrDefault(output => output is not null)); break;
            case "error_spans": CheckErrors(told); break;
            case "span_list": CheckSpans(told); break;
            case "not_in_telemetry": foreach (var one in told.EnumerateArray()) CheckAbsent(one.GetString()!); break;
            default: _differences.Add($"a fact that this test does not know: {name}"); break;
        }
    }

    private void CheckAgents(JsonElement told)
    {
        var agents = _traces.SelectMany(trace => trace.Agents).DistinctBy(agent => agent.Name).ToList();
        Same("agents", Joined(told.EnumerateArray().Select(one => Member(one, "name"))), Joined(agents.Select(agent => agent.Name)));
        foreach (var one in told.EnumerateArray())
            if (Member(one, "version") is { } version) Same("agent version", version, agents.Find(agent => agent.Name == Member(one, "name"))?.Version);
    }

    private void CheckPrompt(JsonElement told)
    {
        var prompt = _traces.Select(trace => trace.Prompt).FirstOrDefault(one => one is not null);
        // A word that stands nowhere but among the tags is a tag, whatever the recording's own log calls it.
        var isTag = prompt?.Name is null && _spans.Any(span => span.Details?.Tags?.Contains(Member(told, "name")) == true);
        if (!isTag) Same("prompt name", Member(told, "name"), prompt?.Name);
        Same("prompt version", Member(told, "version"), prompt?.Version);
    }

    private void CheckCalls(JsonElement told)
    {
        var calls = Calls.ToList();
        foreach (var (index, one) in told.EnumerateArray().Index())
        {
            var what = $"call {index + 1}";
            var ids = one.TryGetProperty("same_call_span_ids", out var same) ? same.EnumerateArray().Select(id => id.GetString()!).ToList() : [Member(one, "span_id")!];
            if (calls.Find(call => call.SameCall.Any(id => ids.Contains(id.Value))) is not { } found)
            {
                _differences.Add($"{what}: not found");
                continue;
            }

            Same($"{what} spans", Joined(ids.Order(StringComparer.Ordinal)), Joined(found.SameCall.Select(id => id.Value).Order(StringComparer.Ordinal)));
            Same($"{what} trace", Member(one, "trace_id"), _traces.First(trace => trace.ModelCalls.Contains(found) || trace.EmbeddingCalls.Contains(found)).TraceId.Value);
            CheckCall(what, one, found);
        }
    }

    private void CheckCall(string what, JsonElement told, ModelCall found)
    {
        foreach (var member in told.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "span_id" or "trace_id" or "same_call_span_ids": break;
                // What the exporter wrote, where it means something else than the canonical count.
                case "input_tokens_on_wire" or "output_tokens_on_wire": break;
                case "operation": Same($"{what} operation", Text(value), found.Operation); break;
                // Not every convention tells; what is told must be true.
                case "streaming": Same($"{what} streaming", value.GetBoolean(), found.Streaming ?? value.GetBoolean()); break;
                case "request_model": Same($"{what} request model", Text(value), found.ModelRequested); break;
                case "response_model": Same($"{what} response model", Text(value), found.Model ?? found.ModelRequested); break;
                case "response_id": Same($"{what} response id", Text(value), found.ResponseId); break;
                case "input_tokens": Same($"{what} input tokens", Count(value), found.Usage?.InputTotal()); break;
                case "output_tokens": Same($"{what} output tokens", Count(value), found.Usage?.OutputTotal()); break;
                case "cached_input_tokens": Same($"{what} cached", Count(value), found.Usage?.CacheRead); break;
                case "reasoning_tokens": Same($"{what} reasoning", Count(value), found.Usage?.OutputReasoning); break;
                case "output_text": Same($"{what} output", Text(value), found.Output); break;
                case "thinking": Same($"{what} thinking", Text(value), found.Thinking); break;
                case "requested_tool_calls": CheckRequests(what, value, found.RequestedTools ?? []); break;
                case "error": CheckError(what, value, found); break;
                default: _differences.Add($"{what}: a fact that this test does not know: {member.Name}"); break;
            }
        }
    }

    private void CheckRequests(string what, JsonElement told, IReadOnlyList<RequestedTool> found)
    {
        Same($"{what} requests", told.GetArrayLength(), found.Count);
        foreach (var (one, tool) in told.EnumerateArray().Zip(found))
        {
            Same($"{what} request name", Member(one, "name"), tool.Name);
            if (one.TryGetProperty("id", out var id)) Same($"{what} request id", Text(id), tool.Id);
            if (one.TryGetProperty("arguments", out var arguments)) SameJson($"{what} request arguments", arguments, tool.Arguments);
        }
    }

    private void CheckError(string what, JsonElement told, ModelCall found)
    {
        if (found.Error is null || !found.Error.Contains(Member(told, "message")!, StringComparison.Ordinal)) _differences.Add($"{what} error: {Member(told, "message")} is not in {found.Error}");
        // Some clients leave the status out of everything that they export; what is told must be true.
        var status = told.GetProperty("http_status").GetInt32();
        var isTold = _capture.Bodies.Any(body => Regex.IsMatch(System.Text.Encoding.Latin1.GetString(body.Body), $"(?<![0-9A-Za-z_]){status} (?=[A-Z{{])", RegexOptions.None, TimeSpan.FromSeconds(5)));
        Same($"{what} http status", status, found.HttpStatus ?? (isTold ? null : status));
    }

    private void CheckTotals(JsonElement told)
    {
        Same("total input", Count(told.GetProperty("input_tokens")), Sum(_traces.Select(trace => trace.Usage.InputTotal())));
        Same("total output", Count(told.GetProperty("output_tokens")), Sum(_traces.Select(trace => trace.Usage.OutputTotal())));
    }

    private void CheckTools(JsonElement told)
    {
        var tools = _traces.SelectMany(trace => trace.ToolCalls).ToList();
        Same("tool calls", Joined(told.EnumerateArray().Select(one => Member(one, "span_id")).Order(StringComparer.Ordinal)), Joined(tools.Select(tool => tool.SpanId.Value).Order(StringComparer.Ordinal)));
        foreach (var one in told.EnumerateArray())
        {
            if (tools.Find(tool => tool.SpanId.Value == Member(one, "span_id")) is not { } found) continue;
            foreach (var member in one.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "span_id" or "trace_id": break;
                    case "name": Same("tool name", Text(member.Value), found.Name); break;
                    case "call_id": Same($"tool {found.Name} call id", Text(member.Value), found.CallId); break;
                    case "arguments": SameJson($"tool {found.Name} arguments", member.Value, found.Arguments); break;
                    case "result": SameJson($"tool {found.Name} result", member.Value, found.Result); break;
                    default: _differences.Add($"tool: a fact that this test does not know: {member.Name}"); break;
                }
            }
        }
    }

    private void CheckRetrievals(JsonElement told)
    {
        var found = _traces.SelectMany(trace => trace.Retrievals).ToList();
        Same("retrievals", told.GetArrayLength(), found.Count);
        foreach (var one in told.EnumerateArray())
        {
            var retrieval = found.Find(search => search.SpanId.Value == Member(one, "span_id"));
            foreach (var member in one.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "span_id": Same("retrieval", Text(member.Value), retrieval?.SpanId.Value); break;
                    case "trace_id": break;
                    case "query": Same("retrieval query", Text(member.Value), retrieval?.Query); break;
                    case "document_ids": Same("documents", Joined(member.Value.EnumerateArray().Select(Text)), Joined(retrieval?.Documents.Select(document => document.Id) ?? [])); break;
                    case "scores": Same("scores", Joined(member.Value.EnumerateArray().Select(score => score.GetDouble().ToString(CultureInfo.InvariantCulture))), Joined(retrieval?.Documents.Select(document => document.Score?.ToString(CultureInfo.InvariantCulture)) ?? [])); break;
                    default: _differences.Add($"retrieval: a fact that this test does not know: {member.Name}"); break;
                }
            }
        }
    }

    private void CheckGuardrails(JsonElement told) => Same(
        "guardrails",
        Joined(told.EnumerateArray().Select(one => $"{Member(one, "span_id")} {Member(one, "name")}").Order(StringComparer.Ordinal)),
        Joined(_traces.SelectMany(trace => trace.Guardrails).Select(id => $"{id} {_spans.First(span => span.SpanId == id).Name}").Order(StringComparer.Ordinal)));

    private void CheckFeedback(JsonElement told) => Same(
        "feedback",
        Joined(told.EnumerateArray().Select(one => $"{Member(one, "span_id")} {Member(one, "name")} {Member(one, "value")} {Member(one, "label")}").Order(StringComparer.Ordinal)),
        Joined(_feedback.Select(one => $"{one.SpanId} {one.Name} {one.Value?.ToString(CultureInfo.InvariantCulture)} {one.Label}").Order(StringComparer.Ordinal)));

    private void CheckTurns(JsonElement told)
    {
        foreach (var one in told.EnumerateArray())
            Same("turn", Member(one, "final_output"), _traces.FirstOrDefault(trace => trace.TraceId.Value == Member(one, "trace_id"))?.Output);
    }

    private void CheckErrors(JsonElement told)
    {
        var failed = _traces.SelectMany(trace => trace.ErrorSpans).Select(id => id.Value).ToList();
        Same("error spans", Joined(told.EnumerateArray().Select(one => Member(one, "span_id")).Order(StringComparer.Ordinal)), Joined(failed.Order(StringComparer.Ordinal)));
        foreach (var one in told.EnumerateArray())
        {
            var span = _spans.FirstOrDefault(candidate => candidate.SpanId.Value == Member(one, "span_id"));
            Same("error span name", Member(one, "name"), span?.Name);
            if (Member(one, "message") is { Length: > 0 } message) Same("error message", message, span?.Error);
        }
    }

    private void CheckSpans(JsonElement told)
    {
        foreach (var one in told.EnumerateArray())
        {
            var span = _spans.FirstOrDefault(candidate => candidate.SpanId.Value == Member(one, "span_id"));
            Same("parent", Member(one, "parent_span_id"), span?.ParentId?.Value);
            Same("trace", Member(one, "trace_id"), span?.TraceId.Value);
            Same("name", Member(one, "name"), span?.Name);
            Same($"kind of {span?.Name}", Member(one, "kind"), KindOf(span?.Kind));
            if (one.TryGetProperty("duration_ms", out var duration) && Math.Abs(duration.GetDouble() - (span?.Duration.TotalMilliseconds ?? -1)) > 0.0011) _differences.Add($"duration of {span?.Name}: {duration} but {span?.Duration.TotalMilliseconds}");
        }
    }

    // What the captures call by other words than we do; they have none for a hand-over.
    private static string? KindOf(SpanKind? kind) => kind switch
    {
        SpanKind.Model => "model_call",
        SpanKind.ModelAggregate => "model_call_aggregate",
        SpanKind.Tool or SpanKind.Handoff => "tool_call",
        { } other => other.ToString().ToLowerInvariant(),
        null => null,
    };

    private void CheckAbsent(string told)
    {
        if (CallFact().Match(told) is { Success: true } fact)
        {
            var index = int.Parse(fact.Groups["call"].Value, CultureInfo.InvariantCulture) - 1;
            var ids = _capture.Expected.GetProperty("model_calls")[index].GetProperty("span_id").GetString();
            var call = Calls.FirstOrDefault(one => one.SameCall.Any(id => id.Value == ids));
            object? value = fact.Groups["what"].Value switch
            {
                "input tokens" => call?.Usage?.InputTotal(),
                "output tokens" => call?.Usage?.OutputTotal(),
                "cached input tokens" => call?.Usage?.CacheRead,
                "reasoning tokens" => call?.Usage?.OutputReasoning,
                "request model" => call?.ModelRequested,
                "requested tool calls" => call?.RequestedTools,
                "response id" => call?.ResponseId,
                "response model" => call?.Model,
                "output text" => call?.Output,
                "thinking" => call?.Thinking,
                var unknown => $"a fact that this test does not know: {unknown}",
            };
            Same(told, null, value);
        }
        else if (told.Contains("no span was exported", StringComparison.Ordinal)) Same(told, _capture.Expected.GetProperty("model_call_count").GetInt32(), Calls.Count());
        else if (told.StartsWith("retrieval query", StringComparison.Ordinal)) Same(told, null, _traces.SelectMany(trace => trace.Retrievals).FirstOrDefault()?.Query);
        else if (told.StartsWith("retrieval ", StringComparison.Ordinal)) Same(told, 0, _traces.Sum(trace => trace.Retrievals.Count));
        else if (told.StartsWith("error status", StringComparison.Ordinal)) Same(told, 0, _traces.Sum(trace => trace.ErrorSpans.Count));
        else if (told == "session id") Same(told, null, First(trace => trace.Conversation));
        else if (told == "user id") Same(told, null, First(trace => trace.User));
        else if (told == "prompt version") Same(told, null, First(trace => trace.Prompt?.Version));
        else if (told == "prompt name") Same(told, null, First(trace => trace.Prompt?.Name));
        else _differences.Add($"an absent fact that this test does not know: {told}");
    }

    private string? First(Func<TraceFacts, string?> read) => _traces.Select(read).FirstOrDefault(value => value is not null);

    private static long? Sum(IEnumerable<long?> counts) => counts.Aggregate((long?)null, (sum, count) => count is null ? sum : (sum ?? 0) + count);

    private static long? Count(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt64();

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static string? Member(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? Text(member) : null;

    private static string Joined(IEnumerable<string?> values) => string.Join(", ", values);

    private void Same(string what, object? expected, object? actual)
    {
        if (!Equals(expected is int one ? (long)one : expected, actual is int other ? (long)other : actual)) _differences.Add($"{what}: expected {expected ?? "nothing"}, found {actual ?? "nothing"}");
    }

    private void SameJson(string what, JsonElement expected, string? actual)
    {
        if (actual is null)
        {
            _differences.Add($"{what}: expected {expected}, found nothing");
            return;
        }

        try
        {
            using var found = JsonDocument.Parse(actual);
            if (JsonElement.DeepEquals(expected, found.RootElement)) return;
        }
        catch (JsonException)
        {
            if (expected.ValueKind == JsonValueKind.String && expected.GetString() == actual) return;
        }

        _differences.Add($"{what}: expected {expected}, found {actual}");
    }

    [GeneratedRegex(@"^model call #(?<call>\d+): (?<what>.+)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CallFact();
}
