using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.TauBench;

/// <summary>Sessions of tau-bench and what was made from them: one simulated customer's talk with a support agent, and whether it reached its goal.</summary>
/// <remarks>
/// A session is one trace: the agent's span, a model span for each message of the assistant with all messages before it as input, a tool span for
/// each result. The reward is feedback. Sessions have no times: each message is put one second after the one before it.
/// </remarks>
internal sealed class TauBenchImport : ITraceImport
{
    public const string FormatName = "tau-bench";

    // What a session says besides its messages, kept on the agent's span.
    private static readonly string[] Kept =
        ["domain", "task_id", "trial", "task_instruction", "expected_actions", "expected_outputs", "reward_detail", "user_sim_cost", "system_prompt_ref", "info"];

    public string Name => FormatName;

    public bool Recognizes(JsonElement record) => Messages(record) is not null && Json.Get(record, "reward") is not null && Json.Get(record, "task_id") is not null;

    public ImportedRecord Read(JsonElement record, ImportDefaults defaults)
    {
        var messages = Messages(record) ?? throw new ImportFault("it has no messages");
        var domain = Json.Text(record, "domain") ?? "session";
        var id = Json.Text(record, "trace_id") ?? $"{domain}-{Json.Plain(Json.Get(record, "task_id"))}-{Json.Plain(Json.Get(record, "trial"))}";
        var trace = ImportIds.Trace(Name, id);
        var session = new TauBenchSession(trace, id, defaults.Agent ?? $"tau-bench-{domain}", Json.Text(record, "agent_model"), defaults.At);
        foreach (var message in messages.EnumerateArray()) session.Add(message);
        var attributes = new Dictionary<string, string>();
        foreach (var name in Kept)
            if (Json.Plain(Json.Get(record, name)) is { } text) attributes[$"tau.{name}"] = text;
        var reward = Json.Number(record, "reward");
        return new ImportedRecord(
            session.Spans(attributes),
            reward is null
                ? []
                :
                [
                    new Feedback
                    {
                        TraceId = trace, Name = "reward", Source = FormatName, Value = reward, At = session.End,
                        Comment = string.Create(CultureInfo.InvariantCulture, $"task {Json.Plain(Json.Get(record, "task_id"))}, trial {Json.Plain(Json.Get(record, "trial")) ?? "0"}"),
                    },
                ]);
    }

    private static JsonElement? Messages(JsonElement record) =>
        Json.Get(record, "messages", "traj") is { ValueKind: JsonValueKind.Array } messages && messages.GetArrayLength() > 0 ? messages : null;
}
