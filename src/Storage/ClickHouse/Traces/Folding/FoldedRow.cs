using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Writes the row of a folded trace. The order of <see cref="Insert"/> is the order of <see cref="Write"/>.</summary>
internal static class FoldedRow
{
    public const string Insert =
        "INSERT INTO traces (project, trace_id, start, duration_us, agent, agents, version, purpose, conversation, user, session, service, environment, "
        + "prompt_name, prompt_version, spans, model_calls, attempts, tools, response_ids, input_uncached, cache_read, cache_write, cache_write_hour, "
        + "input_audio, output_text, output_reasoning, output_audio, usage_complete, known_cost_nano, unpriced_calls, models, model_counts, "
        + "model_errors, model_unpriced, model_costs, model_inputs, model_outputs, model_us, has_error, error, incomplete, input, output, words, "
        + "probability, written, deleted) FORMAT RowBinary";

    public static void Write(RowBinaryWriter row, string project, TraceFacts facts, double probability, long written, bool isGone = false)
    {
        var models = ModelSum.Of(facts);
        row.Write(project);
        row.Write(facts.TraceId.Value);
        row.Write(facts.Start);
        row.Write(facts.Duration.Ticks / TimeSpan.TicksPerMicrosecond);
        row.Write(facts.Agent);
        row.Write([.. facts.Agents.Select(agent => agent.Name)]);
        row.WriteNullable(facts.Version?.Value);
        row.Write(TraceWords.Word(facts.Purpose));
        row.WriteNullable(facts.Conversation);
        row.WriteNullable(facts.User);
        row.WriteNullable(facts.Session);
        row.WriteNullable(facts.Service);
        row.WriteNullable(facts.Environment);
        row.WriteNullable(facts.Prompt?.Name);
        row.WriteNullable(facts.Prompt?.Version);
        row.Write((uint)facts.Spans);
        row.Write((uint)(facts.ModelCalls.Count + facts.EmbeddingCalls.Count));
        row.Write((uint)facts.Attempts);
        row.Write(TraceSummaries.ToolsOf(facts));
        row.Write([.. facts.ModelCalls.Select(call => call.ResponseId).OfType<string>().Distinct(StringComparer.Ordinal)]);
        row.WriteNullable(facts.Usage.InputUncached);
        row.WriteNullable(facts.Usage.CacheRead);
        row.WriteNullable(facts.Usage.CacheWrite);
        row.WriteNullable(facts.Usage.CacheWriteHour);
        row.WriteNullable(facts.Usage.InputAudio);
        row.WriteNullable(facts.Usage.OutputText);
        row.WriteNullable(facts.Usage.OutputReasoning);
        row.WriteNullable(facts.Usage.OutputAudio);
        row.Write(facts.IsUsageComplete);
        row.Write(facts.KnownCost?.Nano ?? 0);
        row.Write((uint)facts.UnpricedCalls);
        row.WriteEach(models, static (row, model) => row.Write(model.Name));
        row.WriteEach(models, static (row, model) => row.Write(model.Calls));
        row.WriteEach(models, static (row, model) => row.Write(model.Errors));
        row.WriteEach(models, static (row, model) => row.Write(model.Unpriced));
        row.WriteEach(models, static (row, model) => row.Write(model.CostNano));
        row.WriteEach(models, static (row, model) => row.Write(model.Input));
        row.WriteEach(models, static (row, model) => row.Write(model.Output));
        row.WriteEach(models, static (row, model) => row.Write(model.DurationUs));
        row.Write(facts.Error is not null);
        row.WriteNullable(facts.Error);
        row.Write(facts.IsIncomplete);
        row.WriteNullable(facts.Input);
        row.WriteNullable(facts.Output);
        SearchedWords.Write(row, facts);
        row.Write(probability);
        row.Write(written);
        row.Write(isGone);
    }

    /// <summary>A row that takes the trace away from where it stood before.</summary>
    public static void WriteGone(RowBinaryWriter row, string project, FoldedTrace stood, long written)
    {
        var facts = new TraceFacts
        {
            TraceId = new(stood.TraceId), Root = new(""), Start = Sqlite.UnixMicros.To(stood.StartUs), Duration = TimeSpan.Zero, Spans = 0, Agent = "",
            Agents = [], Purpose = Purpose.Production, ModelCalls = [], EmbeddingCalls = [], Attempts = 0, Usage = new(), IsUsageComplete = false,
            UnpricedCalls = 0, ToolCalls = [], Retrievals = [], Handoffs = [], Guardrails = [], ErrorSpans = [], IsIncomplete = false, Conflicts = [],
        };
        Write(row, project, facts, 1, written, isGone: true);
    }
}
