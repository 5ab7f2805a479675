using System.Collections.Concurrent;
using System.Security.Cryptography;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Accounting;

/// <summary>The run tokens that are in use in this process, and the run that each is bound to now.</summary>
internal sealed class RunTokens : IRunTokens
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new();

    public string Issue()
    {
        var token = NewToken();
        _slots[token] = new Slot();
        return token;
    }

    public void Bind(string token, RunContext context)
    {
        var slot = Find(token);
        lock (slot)
        {
            if (slot.Run is not null) throw new InvalidOperationException("The run token is bound to a run already; unbind it first.");
            slot.Run = new RunAccount(context);
        }
    }

    public async Task<RunMeasure> UnbindAsync(string token, CancellationToken cancellationToken)
    {
        var slot = Find(token);
        RunAccount run;
        lock (slot)
        {
            run = slot.Run ?? throw new InvalidOperationException("The run token is bound to nothing.");
            slot.Run = null;
        }

        await run.CloseAsync(cancellationToken);
        return run.Measure();
    }

    public void Revoke(string token) => _slots.TryRemove(token, out _);

    /// <summary>Enters a call of the bound run; null when the token is unknown or bound to nothing. Whoever enters must leave.</summary>
    public RunAccount? TryEnter(string? token)
    {
        if (token is null || !KeyFormat.IsWellFormed(token, KeyFormat.Run) || !_slots.TryGetValue(token, out var slot)) return null;
        lock (slot) return slot.Run is { } run && run.TryEnter() ? run : null;
    }

    internal static string NewToken() =>
        KeyFormat.Make(KeyFormat.Run, RandomNumberGenerator.GetString(KeyFormat.Alphabet, KeyFormat.RandomLength));

    private Slot Find(string token) =>
        _slots.TryGetValue(token, out var slot) ? slot : throw new InvalidOperationException("The run token is not known: it was never issued, or revoked.");

    private sealed class Slot
    {
        public RunAccount? Run { get; set; }
    }
}
