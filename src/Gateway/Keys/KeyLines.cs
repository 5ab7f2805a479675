using System.Buffers;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Keys;

/// <summary>The lines of the ledger that calls by a virtual key count on: the key's, and below it those of its sessions and runs.</summary>
/// <remarks>A session or a run has a line of its own when the key has a budget for it and the call names it. A line is opened at the first call
/// and keeps the limit that people give it afterwards.</remarks>
internal sealed class KeyLines(ILedger ledger) : IDisposable
{
    public const string SessionHeader = "x-espalier-session";
    public const string RunHeader = "x-espalier-run-id";

    private const int MostNameLength = 100;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    // Two first calls of one run at once must not open its line twice: the second would undo a limit that was set in between.
    private readonly SemaphoreSlim _opening = new(1, 1);

    public void Dispose() => _opening.Dispose();

    /// <summary>The line that a call counts on.</summary>
    /// <exception cref="CallRefusal">A session or a run with a budget has a name that is none.</exception>
    public async ValueTask<BudgetId> LineAsync(ApiKey key, string? session, string? run, CancellationToken cancellationToken)
    {
        var line = BudgetLines.Key(key.Id);
        if (key.SessionBudget is { } ofSession && session is not null)
            await OpenAsync(line = BudgetLines.Session(line, Name(SessionHeader, session)), ofSession, cancellationToken);
        if (key.RunBudget is { } ofRun && run is not null) await OpenAsync(line = BudgetLines.Run(line, Name(RunHeader, run)), ofRun, cancellationToken);
        return line;
    }

    private async ValueTask OpenAsync(BudgetId line, Usd limit, CancellationToken cancellationToken)
    {
        if (await ledger.ReadAsync(line, cancellationToken) is not null) return;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (await ledger.ReadAsync(line, cancellationToken) is null) await ledger.OpenAsync(line, limit, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    private static string Name(string header, string name) => name.Length <= MostNameLength && !name.AsSpan().ContainsAnyExcept(NameCharacters)
        ? name
        : throw CallRefusal.Invalid($"The header '{header}' names a line of the budget, and is no name for one. Use 1 to {MostNameLength} of A-Z, a-z, 0-9, '.', '_', ':' and '-'.", header);
}
