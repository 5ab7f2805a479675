using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Keys;

/// <summary>Makes, lists and revokes virtual keys.</summary>
public sealed class KeyService
{
    private const int UsualDays = 90;
    private const int MostDays = 3650;
    private const int MostNameLength = 100;

    private readonly IKeyStore _keys;
    private readonly ILedger _ledger;
    private readonly KeyRing _ring;
    private readonly TimeProvider _time;

    internal KeyService(IKeyStore keys, ILedger ledger, KeyRing ring, TimeProvider time) => (_keys, _ledger, _ring, _time) = (keys, ledger, ring, time);

    /// <summary>The new key and its secret, which is kept nowhere and shown this once.</summary>
    /// <exception cref="Refusal"><c>key-request-not-valid</c>.</exception>
    public async Task<CreatedKey> CreateAsync(CreateKey request, string by, CancellationToken cancellationToken)
    {
        Check(request);
        var now = _time.GetUtcNow();
        var secret = KeyHash.NewSecret();
        var key = new ApiKey
        {
            Id = $"key_{Guid.CreateVersion7(now):N}",
            Name = request.Name.Trim(),
            Last4 = secret[^4..],
            Scopes = [.. request.Scopes.Distinct().Order()],
            Agent = request.Agent,
            Models = request.Models,
            Budget = request.Budget,
            Limits = request.Limits,
            SessionBudget = request.SessionBudget,
            RunBudget = request.RunBudget,
            UnknownPrice = request.UnknownPrice,
            Untraced = request.Untraced,
            Created = now,
            CreatedBy = by,
            Expires = request.NeverExpires ? null : now.AddDays(request.ExpiresInDays ?? UsualDays),
        };
        // The line first: a key without one could spend without a limit.
        if (await _ledger.ReadAsync(BudgetLines.Keys, cancellationToken) is null) await _ledger.OpenAsync(BudgetLines.Keys, null, cancellationToken);
        await _ledger.OpenAsync(BudgetLines.Key(key.Id), key.Budget, cancellationToken);
        await _keys.AddAsync(key, KeyHash.Of(secret), cancellationToken);
        return new CreatedKey(key, secret);
    }

    /// <summary>All keys, each with the budget that its line in the ledger has now.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        var keys = new List<ApiKey>();
        foreach (var key in await _keys.ListAsync(cancellationToken)) keys.Add(await AsOfNowAsync(key, cancellationToken));
        return keys;
    }

    /// <summary>Takes effect at once in this process.</summary>
    /// <exception cref="Refusal"><c>key-not-found</c>.</exception>
    public async Task<ApiKey> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        var key = await _keys.RevokeAsync(id, _time.GetUtcNow(), cancellationToken)
            ?? throw new Refusal("key-not-found", 404, $"There is no key '{id}'.", "List them with 'espalier keys list'.");
        _ring.Forget(id);
        return await AsOfNowAsync(key, cancellationToken);
    }

    // People set the limit of the line; the key remembers what it was made with.
    private async Task<ApiKey> AsOfNowAsync(ApiKey key, CancellationToken cancellationToken) =>
        await _ledger.ReadAsync(BudgetLines.Key(key.Id), cancellationToken) is { } line ? key with { Budget = line.Limit } : key;

    private static void Check(CreateKey request)
    {
        if (request.Name.Trim() is not { Length: > 0 and <= MostNameLength }) throw Bad("name", "is empty or too long", $"Give it 1 to {MostNameLength} characters.");
        if (request.Scopes.Count == 0) throw Bad("scopes", "is empty", "Name at least one: ingest, call, read, operate, approve, admin.");
        if (request.ExpiresInDays is < 1 or > MostDays) throw Bad("expires_in_days", $"is {request.ExpiresInDays}", $"Write 1 to {MostDays}.");
        if (request is { NeverExpires: true, ExpiresInDays: not null }) throw Bad("never_expires", "contradicts expires_in_days", "Send one of them.");
        if (request.Models is { Count: 0 }) throw Bad("models", "is empty", "Name at least one model, or leave it out for all.");
        if (request.Budget is { Nano: < 0 }) throw Bad("budget", "is negative", "Write dollars from 0 on.");
        if (request.SessionBudget is { Nano: < 0 }) throw Bad("session_budget", "is negative", "Write dollars from 0 on.");
        if (request.RunBudget is { Nano: < 0 }) throw Bad("run_budget", "is negative", "Write dollars from 0 on.");
        if (request.Limits is { RequestsPerMinute: < 1 } or { TokensPerMinute: < 1 } or { Concurrent: < 1 })
            throw Bad("limits", "holds a limit below 1", "Write limits from 1 on, or leave one out.");
    }

    private static Refusal Bad(string what, string how, string fix) => new("key-request-not-valid", 422, $"'{what}' {how}.", fix);
}
