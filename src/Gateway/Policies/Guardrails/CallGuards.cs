using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Guardrails.Streams;
using Espalier.Gateway.Policies.Routes;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>The guardrails of one call: what goes to a model and what comes back passes through here. Each writes what it found as a span.</summary>
internal sealed class CallGuards
{
    private readonly CallRecord _call;
    private readonly WireRequest _request;
    private readonly RouteQuestion _question;
    private readonly ISpanSink _spans;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<Guard> _guards;

    private CallGuards(IReadOnlyList<Guard> guards, CallRecord call, WireRequest request, RouteQuestion question, ISpanSink spans, TimeProvider time)
    {
        (_guards, _call, _request, _question, _spans, _time) = (guards, call, request, question, spans, time);
        OnOutput = guards.Any(guard => guard.OnOutput);
    }

    /// <summary>Null when the version has none for this call: then nothing is looked at.</summary>
    public static CallGuards? Of(IReadOnlyList<Guard> guards, CallRecord call, WireRequest request, ISpanSink spans, TimeProvider time)
    {
        if (guards.Count == 0) return null;
        var question = new RouteQuestion(call, request, request.Prompt);
        IReadOnlyList<Guard> chosen = [.. guards.Where(guard => guard.When is null || guard.When.Holds(question))];
        return chosen.Count == 0 ? null : new CallGuards(chosen, call, request, question, spans, time);
    }

    /// <summary>Whether answers are looked at.</summary>
    public bool OnOutput { get; }

    public IReadOnlyList<Tool> Offered => _question.Tools;

    /// <summary>What goes on to memory and models.</summary>
    /// <exception cref="CallRefusal">A guardrail blocked the request.</exception>
    public async Task<Prompt> InputAsync(Prompt prompt)
    {
        var verdicts = Verdicts(guard => guard.OnInput, "input");
        if (verdicts.Count == 0) return prompt;
        try
        {
            IReadOnlyList<PromptMessage> messages =
            [
                .. prompt.Messages.Select(message =>
                {
                    List<GuardVerdict> looking = [.. verdicts.Where(verdict => verdict.Guard.Roles.Contains(message.Role))];
                    return looking.Count == 0 ? message : message.Rewrite(text => TextGuard.Apply(text, looking));
                }),
            ];
            return messages.Zip(prompt.Messages).All(pair => ReferenceEquals(pair.First, pair.Second)) ? prompt : prompt with { Messages = messages };
        }
        catch (CallRefusal refusal)
        {
            _call.Run.Refused(refusal.Message, byBudget: false);
            throw;
        }
        finally
        {
            await WriteAsync(verdicts);
        }
    }

    /// <summary>A whole reply of a format as it may be shown.</summary>
    /// <exception cref="CallRefusal">A guardrail blocked it.</exception>
    public async Task<ReadOnlyMemory<byte>> OutputAsync(ReadOnlyMemory<byte> body, NeutralReply reply, CancellationToken cancellationToken)
    {
        if (!OnOutput) return body;
        var verdicts = Verdicts(guard => guard.OnOutput, "output");
        try
        {
            foreach (var answer in reply.Answers) await JudgeAsync(verdicts, ReplyFacts.Of(answer, Offered), cancellationToken);
            var shown = JsonTexts.Rewrite(body, text => TextGuard.Apply(text, verdicts));
            // Token by token the text would be there still.
            return shown.Equals(body) ? body : JsonCut.WithoutTokens(shown);
        }
        catch (CallRefusal refusal)
        {
            _call.Run.Refused(refusal.Message, byBudget: false);
            throw;
        }
        finally
        {
            await WriteAsync(verdicts);
        }
    }

    /// <summary>What a stream passes through on its way to the client.</summary>
    public GuardedOutput? Guard(IReplyOutput client) => OnOutput ? new GuardedOutput(this, client, _request) : null;

    public List<GuardVerdict> Verdicts(Func<Guard, bool> which, string stage) =>
        [.. _guards.Where(which).Select(guard => new GuardVerdict(guard, stage, _time.GetUtcNow()))];

    /// <summary>Looks at tool calls, and at the answer as a whole.</summary>
    /// <exception cref="CallRefusal">A guardrail blocked it.</exception>
    public async Task JudgeAsync(IReadOnlyList<GuardVerdict> verdicts, ReplyFacts facts, CancellationToken cancellationToken)
    {
        await JudgeCallsAsync(verdicts, facts.Calls, cancellationToken);
        foreach (var verdict in verdicts)
        {
            if (verdict.Guard.Rail.Scope != GuardScope.Replies || verdict.Guard.Rail.Inspect(facts) is not { } problem) continue;
            verdict.Add(problem, TextGuard.Done(verdict.Guard.Action));
            if (verdict.Guard.Action == GuardAction.Block) throw GuardrailBlock.Of(verdict.Guard, verdict.Stage, problem);
        }
    }

    public async Task JudgeCallsAsync(IReadOnlyList<GuardVerdict> verdicts, IReadOnlyList<Part.Call> calls, CancellationToken cancellationToken)
    {
        // Twice: what an approval is good for is spent only when every call may go.
        foreach (var isLast in (bool[])[false, true])
        {
            foreach (var call in calls)
            {
                foreach (var verdict in verdicts)
                {
                    if (verdict.Guard.Rail.Scope != GuardScope.Calls) continue;
                    var guarded = new GuardedCall(call.Name, call.Arguments, verdict.Guard.Name, _call.Run.Context) { IsLast = isLast };
                    if (await verdict.Guard.Rail.InspectAsync(guarded, cancellationToken) is not { } finding) continue;
                    if (!isLast || verdict.Guard.Action == GuardAction.Block) verdict.Add(finding.What, TextGuard.Done(verdict.Guard.Action));
                    if (verdict.Guard.Action == GuardAction.Block) throw GuardrailBlock.Of(verdict.Guard, verdict.Stage, finding.What, finding);
                }
            }
        }
    }

    /// <summary>Keeps that the answer was blocked.</summary>
    public void Blocked(CallRefusal refusal)
    {
        _call.Run.Refused(refusal.Message, byBudget: false);
        _call.Error = refusal.Message;
    }

    /// <summary>Writes the verdicts into the trace.</summary>
    public async Task WriteAsync(IEnumerable<GuardVerdict> verdicts)
    {
        if (_call.Run.Context.Untraced) return;
        foreach (var verdict in verdicts)
        {
            var span = _call.NewSpan(CallRecord.NewSpanId(), _call.SpanId, SpanKind.Guardrail, verdict.Guard.Name, verdict.Start, _time.GetUtcNow() - verdict.Start);
            await _spans.AddAsync(
                span with
                {
                    Details = new SpanDetails { GuardrailTriggered = verdict.IsTriggered },
                    Output = verdict.Done,
                    Attributes = new Dictionary<string, string>
                    {
                        ["guardrail.kind"] = verdict.Guard.Rail.Name,
                        ["guardrail.stage"] = verdict.Stage,
                        ["guardrail.verdict"] = verdict.Done,
                        ["guardrail.findings"] = Findings(verdict),
                    },
                },
                CancellationToken.None);
        }
    }

    private static string Findings(GuardVerdict verdict) => System.Text.Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartObject();
        foreach (var (what, count) in verdict.Found) json.WriteNumber(what, count);
        json.WriteEndObject();
    }).Span);
}
