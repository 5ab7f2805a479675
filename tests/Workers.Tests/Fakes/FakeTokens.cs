using System.Collections.Concurrent;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;

namespace Espalier.Workers.Tests.Fakes;

/// <summary>Tokens that remember what they are bound to, and that refuse every misuse of their life cycle.</summary>
internal sealed class FakeTokens : IRunTokens
{
    private readonly ConcurrentDictionary<string, RunContext?> _tokens = new();
    private int _issued;

    /// <summary>What the next runs are said to have used.</summary>
    public RunMeasure Measure { get; set; } = new(
        new RunUsage { Calls = 1, Attempts = 2, InputTokens = 30, OutputTokens = 4, Cost = new Usd(5) }, null, false, null, null);

    public int Living => _tokens.Count;

    public int Issued => _issued;

    public RunContext? BoundTo(string token) => _tokens.TryGetValue(token, out var context) ? context : null;

    public string Issue()
    {
        var token = $"espr_{Interlocked.Increment(ref _issued):d36}";
        _tokens[token] = null;
        return token;
    }

    public void Bind(string token, RunContext context)
    {
        if (!_tokens.TryUpdate(token, context, null)) throw new InvalidOperationException($"{token} is unknown or bound already.");
    }

    public Task<RunMeasure> UnbindAsync(string token, CancellationToken cancellationToken)
    {
        if (_tokens[token] is null) throw new InvalidOperationException($"{token} is not bound.");
        _tokens[token] = null;
        return Task.FromResult(Measure);
    }

    public void Revoke(string token)
    {
        if (!_tokens.TryRemove(token, out var bound)) throw new InvalidOperationException($"{token} was revoked twice.");
        if (bound is not null) throw new InvalidOperationException($"{token} is still bound.");
    }
}
