using System.Collections.Concurrent;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Traces.Redaction;
using Espalier.Gateway.Accounting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tools;

/// <summary>Answers calls of tools: for real and recorded in production, from the recordings in an evaluation.</summary>
/// <remarks>What is kept is redacted as spans are, and fingerprints are of redacted arguments: the requests of an evaluation come from redacted
/// traces, so its calls carry the same placeholders.</remarks>
internal sealed class ToolDesk(
    IToolStore store, ISpanSink spans, ToolSecrets secrets, TimeProvider time, IOptions<GatewayOptions> options, ILogger<ToolDesk> logger, IRedactor? redactor = null)
{
    private const string Forwarded = "forwarded";

    private readonly ConcurrentDictionary<(string Agent, string Tool), SemaphoreSlim> _places = new();

    private ToolOptions Options => options.Value.Tools;

    /// <exception cref="ToolFailure">There is no answer; the message is for the agent.</exception>
    public async Task<ServedAnswer> ServeAsync(RunAccount run, ToolAsk ask, CancellationToken cancellationToken)
    {
        var start = time.GetUtcNow();
        var began = time.GetTimestamp();
        var call = new ToolCallState(ask);
        try
        {
            var answer = await AnswerAsync(run, ask, call, cancellationToken);
            call.Output = answer.Json;
            call.Error = answer.Error;
            return new ServedAnswer(answer, call.Source);
        }
        catch (ToolFailure failure)
        {
            call.Error = failure.Message;
            throw;
        }
        catch (OperationCanceledException)
        {
            call.Error = "the client went away";
            throw;
        }
        finally
        {
            if (!run.Context.Untraced) await spans.AddAsync(SpanOf(run.Context, call, start, time.GetElapsedTime(began)), CancellationToken.None);
        }
    }

    private async Task<ToolAnswer> AnswerAsync(RunAccount run, ToolAsk ask, ToolCallState call, CancellationToken cancellationToken)
    {
        var tally = run.Tools;
        if (!tally.TryCall(Options.MaxCallsPerRun))
        {
            call.Source = "refused";
            throw new ToolFailure($"This run has called tools {Options.MaxCallsPerRun} times, which is the most that one run may.");
        }

        call.Arguments = redactor?.Redact(ask.Arguments) ?? ask.Arguments;
        call.Fingerprint = ToolFingerprints.Of(ask.Tool.Name, ask.Operation, call.Arguments);
        if (run.Context.Purpose == Purpose.Production)
        {
            call.Source = Forwarded;
            var answer = await ForwardAsync(run, ask, cancellationToken);
            tally.Forwarded(missed: false);
            await RecordAsync(run, ask, call, answer, run.Context.TraceId.Value);
            return answer;
        }

        if (run.Context.Recorded is { } recorded) await tally.LoadAsync(() => store.ReadAsync(run.Context.Agent, recorded, cancellationToken));
        if (tally.TakeRecorded(call.Fingerprint, ask.IsKnownToRead) is { } known)
        {
            call.Source = "replayed";
            return new ToolAnswer(known.Answer, ToolAnswers.ErrorOf(known.Answer));
        }

        return ask.Tool.Miss switch
        {
            ToolMiss.Simulate => await SimulateAsync(run, ask, call, cancellationToken),
            ToolMiss.Readonly => await ReadAsync(run, ask, call, cancellationToken),
            _ => throw Miss(run, ask, call, "No recording holds this call, and the contract says that calls without one fail."),
        };
    }

    private async Task<ToolAnswer> ReadAsync(RunAccount run, ToolAsk ask, ToolCallState call, CancellationToken cancellationToken)
    {
        if (!ask.IsKnownToRead) throw Miss(run, ask, call, "No recording holds this call, and it is not known to be read-only, so an evaluation does not make it.");
        // What was read-only when it was recorded may be something else now.
        if (ask.StillReads is { } still && !await still(cancellationToken))
            throw Miss(run, ask, call, "No recording holds this call, and the tool does not say of itself any more that it is read-only, so an evaluation does not make it.");
        call.Source = Forwarded;
        var answer = await ForwardAsync(run, ask, cancellationToken);
        run.Tools.Forwarded(missed: true);
        if (run.Context.Recorded is { } recorded && await RecordAsync(run, ask, call, answer, recorded) is { } kept) run.Tools.Keep(kept);
        return answer;
    }

    private async Task<ToolAnswer> SimulateAsync(RunAccount run, ToolAsk ask, ToolCallState call, CancellationToken cancellationToken)
    {
        var known = await store.ReadOperationAsync(run.Context.Agent, ask.Tool.Name, ask.Operation, NearestAnswer.MostCompared, cancellationToken);
        if (NearestAnswer.To(call.Arguments, known) is not { } nearest)
            throw Miss(run, ask, call, "No recording holds this call, and no call of this tool was ever recorded that an answer could be made from.");
        call.Source = "simulated";
        run.Tools.Simulated();
        return new ToolAnswer(ToolAnswers.MarkSimulated(nearest.Answer, nearest.Arguments), ToolAnswers.ErrorOf(nearest.Answer));
    }

    private static ToolFailure Miss(RunAccount run, ToolAsk ask, ToolCallState call, string why)
    {
        call.Source = ask.IsKnownToRead ? "missed" : "blocked";
        run.Tools.Missed(writes: !ask.IsKnownToRead);
        return new ToolFailure($"'{ask.Name}' of '{ask.Tool.Name}' was not called. {why}");
    }

    private async Task<ToolAnswer> ForwardAsync(RunAccount run, ToolAsk ask, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(ask.Tool.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var places = _places.GetOrAdd((run.Context.Agent, ask.Tool.Name), _ => new SemaphoreSlim(Options.MaxConcurrentCalls));
        var entered = false;
        try
        {
            await places.WaitAsync(limit.Token);
            entered = true;
            return secrets.Hide(ask.Tool, await ask.Forward(limit.Token));
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(run, ask, $"'{ask.Tool.Name}' did not answer within {ask.Tool.Timeout.TotalSeconds:0.#} s.");
        }
        catch (ToolFailure failure)
        {
            throw Failed(run, ask, failure.Message);
        }
        finally
        {
            if (entered) places.Release();
        }
    }

    private ToolFailure Failed(RunAccount run, ToolAsk ask, string message)
    {
        var said = secrets.Hide(ask.Tool, message);
        run.Tools.Failed(said);
        ToolsLog.Failed(logger, run.Context.Agent, ask.Tool.Name, said);
        return new ToolFailure(said);
    }

    private async Task<ToolRecording?> RecordAsync(RunAccount run, ToolAsk ask, ToolCallState call, ToolAnswer answer, string recorded)
    {
        if (!answer.IsRecordable || run.Context.Untraced) return null;
        var recording = new ToolRecording
        {
            Agent = run.Context.Agent,
            Recorded = recorded,
            Tool = ask.Tool.Name,
            Operation = ask.Operation,
            Fingerprint = call.Fingerprint,
            Arguments = call.Arguments,
            Answer = redactor?.Redact(answer.Json) ?? answer.Json,
            At = time.GetUtcNow(),
        };
        // The tool has done its work: that must not be lost because the client went away.
        await store.AddAsync(recording, CancellationToken.None);
        return recording;
    }

    private static Span SpanOf(RunContext context, ToolCallState call, DateTimeOffset start, TimeSpan duration) => new()
    {
        TraceId = context.TraceId,
        SpanId = CallRecord.NewSpanId(),
        ParentId = context.ParentSpan,
        Kind = SpanKind.Tool,
        Name = call.Ask.Operation,
        Start = start,
        Duration = duration,
        Error = call.Error,
        Agent = context.Agent,
        Version = context.Version,
        Purpose = context.Purpose,
        Conversation = context.Conversation,
        User = context.User,
        Session = context.Session,
        Case = context.Case,
        Input = call.Ask.Arguments,
        Output = call.Output,
        Details = new SpanDetails { Tool = call.Ask.Name },
        Attributes = new Dictionary<string, string>
        {
            ["espalier.tool.server"] = call.Ask.Tool.Name,
            ["espalier.tool.source"] = call.Source,
            ["espalier.tool.fingerprint"] = call.Fingerprint,
        },
    };

    /// <summary>What is found out about a call on its way.</summary>
    private sealed class ToolCallState(ToolAsk ask)
    {
        public ToolAsk Ask => ask;

        public string Arguments { get; set; } = ask.Arguments;

        public string Fingerprint { get; set; } = "";

        /// <summary>Where the answer came from: <c>forwarded</c>, <c>replayed</c>, <c>simulated</c>; or why there was none: <c>missed</c>, <c>blocked</c>, <c>refused</c>.</summary>
        public string Source { get; set; } = Forwarded;

        public string? Output { get; set; }

        public string? Error { get; set; }
    }
}

/// <param name="Answer">What the agent gets.</param>
/// <param name="Source">Where it came from.</param>
internal sealed record ServedAnswer(ToolAnswer Answer, string Source);
