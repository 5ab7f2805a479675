using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress.OpenAiChat;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Keys;

/// <summary>Calls that are not runs of ours: production traffic of agents that are served elsewhere, by virtual key.</summary>
/// <remarks>Each call is a trace of its own, under the caller's span when it sends one (W3C <c>traceparent</c>). The agent is the key's, else
/// what the header <c>x-espalier-agent</c> says, else the key's name. A key that is for one agent follows the policies of that agent's served
/// version. Money counts on the ledger's line <c>keys/ID</c>.</remarks>
internal sealed class KeyCalls(KeyRing ring, WrongKeys wrong, IServedVersions served, ISpanSink spans, TimeProvider time)
{
    private const string AgentHeader = "x-espalier-agent";
    private const int MostNameLength = 200;

    private readonly ConcurrentDictionary<string, RateLimiter> _limiters = new();

    /// <summary>Null when the secret is no key. Whoever enters must leave.</summary>
    /// <exception cref="ChatRefusal">The key may not do this, or not so fast.</exception>
    public async Task<RunAccount?> TryEnterAsync(string? secret, IPAddress? address, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        if (secret is null) return null;
        if (wrong.Wait(address, secret) is { } wait && !ring.Remembers(secret)) throw ChatRefusal.TooManyWrongKeys(wait);
        if (await ring.FindAsync(secret, cancellationToken) is not { } key)
        {
            wrong.Failed(address, secret);
            return null;
        }

        if (!key.Scopes.Contains(KeyScope.Call)) throw ChatRefusal.NotAllowed($"The key '{key.Name}' may not call models. Make one with the scope 'call'.");
        var agent = Agent(key, Text(headers, AgentHeader));
        var version = key.Agent is null ? null : await served.FindServedAsync(key.Agent, cancellationToken);
        var limiter = key.Limits is { } limits ? _limiters.GetOrAdd(key.Id, _ => new RateLimiter(limits, time)) : null;
        if (limiter?.TryEnter() is { } reached) throw ChatRefusal.TooFast(reached);
        var (trace, parent) = Parent(headers);
        var context = new RunContext
        {
            Agent = agent,
            Version = version,
            TraceId = trace,
            ParentSpan = parent ?? trace.RootSpan(),
            Purpose = Purpose.Production,
            Budget = BudgetLines.Key(key.Id),
            RunLimit = new Usd(long.MaxValue),
            Models = key.Models,
            AllowUnknownPrice = key.AllowUnknownPrice,
            Untraced = key.Untraced,
            Conversation = Text(headers, "x-espalier-conversation"),
            User = Text(headers, "x-espalier-user"),
        };
        var start = time.GetUtcNow();
        var began = time.GetTimestamp();
        var account = new RunAccount(context)
        {
            Limiter = limiter,
            // A call without a trace of its caller's is a trace of its own, and would be alone with its id.
            Affinity = Text(headers, "x-espalier-run-id") ?? context.Conversation ?? (parent is null ? null : trace.Value),
            Ended = account =>
            {
                limiter?.Leave();
                return parent is null && !context.Untraced ? spans.AddAsync(Root(account, start, time.GetElapsedTime(began)), CancellationToken.None) : ValueTask.CompletedTask;
            },
        };
        account.TryEnter();
        return account;
    }

    private static string Agent(ApiKey key, string? said)
    {
        if (key.Agent is null) return said ?? key.Name;
        if (said is not null && said != key.Agent)
            throw ChatRefusal.NotAllowed($"The key '{key.Name}' is for the agent '{key.Agent}', not for '{said}'. Leave {AgentHeader} out, or use a key of that agent.");
        return key.Agent;
    }

    private static Span Root(RunAccount account, DateTimeOffset start, TimeSpan duration) => new()
    {
        TraceId = account.Context.TraceId,
        SpanId = account.Context.TraceId.RootSpan(),
        Kind = SpanKind.Agent,
        Name = "agent.call",
        Start = start,
        Duration = duration,
        Agent = account.Context.Agent,
        Version = account.Context.Version,
        Purpose = Purpose.Production,
        Conversation = account.Context.Conversation,
        User = account.Context.User,
        Input = account.LastInput,
        Output = account.LastOutput,
        Error = account.LastError,
    };

    private static (TraceId Trace, SpanId? Parent) Parent(IHeaderDictionary headers) =>
        ActivityContext.TryParse(headers["traceparent"].ToString(), null, out var sent)
            ? (new TraceId(sent.TraceId.ToHexString()), new SpanId(sent.SpanId.ToHexString()))
            : (new TraceId(ActivityTraceId.CreateRandom().ToHexString()), null);

    private static string? Text(IHeaderDictionary headers, string name) =>
        headers[name].ToString() is { Length: > 0 and <= MostNameLength } text ? text : null;
}
