using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Keys;

/// <summary>Calls that are not runs of ours: production traffic of agents that are served elsewhere, by virtual key.</summary>
/// <remarks>Each call is a trace of its own, under the caller's span when it sends one (W3C <c>traceparent</c>). The agent is the key's, else
/// what the header <c>x-espalier-agent</c> says, else the key's name. A key that is for one agent follows the policies of that agent's served
/// version. Money counts on the ledger's line <c>keys/ID</c>, or one below it (<see cref="KeyLines"/>).</remarks>
internal sealed class KeyCalls(KeyRing ring, KeyLines lines, WrongKeys wrong, IServedVersions served, TimeProvider time)
{
    private const string AgentHeader = "x-espalier-agent";
    private const int MostNameLength = 200;

    private readonly ConcurrentDictionary<string, RateLimiter> _limiters = new();

    /// <summary>Null when the secret is no key. Whoever enters must leave.</summary>
    /// <exception cref="CallRefusal">The key may not do this, or not so fast.</exception>
    public async Task<RunAccount?> TryEnterAsync(string? secret, IPAddress? address, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        if (secret is null) return null;
        if (wrong.Wait(address, secret) is { } wait && !ring.Remembers(secret)) throw CallRefusal.TooManyWrongKeys(wait);
        if (await ring.FindAsync(secret, cancellationToken) is not { } key)
        {
            wrong.Failed(address, secret);
            return null;
        }

        if (!key.Scopes.Contains(KeyScope.Call)) throw CallRefusal.NotAllowed($"The key '{key.Name}' may not call models. Make one with the scope 'call'.");
        var agent = Agent(key, Text(headers, AgentHeader));
        var version = key.Agent is null ? null : await served.FindServedAsync(key.Agent, cancellationToken);
        var (session, run) = (Text(headers, KeyLines.SessionHeader), Text(headers, KeyLines.RunHeader));
        var line = await lines.LineAsync(key, session, run, cancellationToken);
        var limiter = key.Limits is { } limits ? _limiters.GetOrAdd(key.Id, _ => new RateLimiter(limits, time)) : null;
        if (limiter?.TryEnter() is { } reached) throw CallRefusal.TooFast(reached);
        var (trace, parent) = Parent(headers);
        var context = new RunContext
        {
            Agent = agent,
            Version = version,
            TraceId = trace,
            ParentSpan = parent,
            Purpose = Purpose.Production,
            Budget = line,
            // A call that names no run is one.
            RunLimit = run is null && key.RunBudget is { } one ? one : new Usd(long.MaxValue),
            Models = key.Models,
            UnknownPrice = key.UnknownPrice,
            Untraced = key.Untraced,
            Conversation = Text(headers, "x-espalier-conversation"),
            User = Text(headers, "x-espalier-user"),
        };
        var account = new RunAccount(context)
        {
            Limiter = limiter,
            // A call without a trace of its caller's is a trace of its own, and would be alone with its id.
            Affinity = run ?? context.Conversation ?? (parent is null ? null : trace.Value),
            Names = Names(session, run),
        };
        account.TryEnter();
        return account;
    }

    private static string Agent(ApiKey key, string? said)
    {
        if (key.Agent is null) return said ?? key.Name;
        if (said is not null && said != key.Agent)
            throw CallRefusal.NotAllowed($"The key '{key.Name}' is for the agent '{key.Agent}', not for '{said}'. Leave {AgentHeader} out, or use a key of that agent.");
        return key.Agent;
    }

    private static Dictionary<string, string>? Names(string? session, string? run)
    {
        if (session is null && run is null) return null;
        var names = new Dictionary<string, string>();
        if (session is not null) names["session"] = session;
        if (run is not null) names["run"] = run;
        return names;
    }

    private static (TraceId Trace, SpanId? Parent) Parent(IHeaderDictionary headers) =>
        ActivityContext.TryParse(headers["traceparent"].ToString(), null, out var sent)
            ? (new TraceId(sent.TraceId.ToHexString()), new SpanId(sent.SpanId.ToHexString()))
            : (new TraceId(ActivityTraceId.CreateRandom().ToHexString()), null);

    private static string? Text(IHeaderDictionary headers, string name) =>
        headers[name].ToString() is { Length: > 0 and <= MostNameLength } text ? text : null;
}
