using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Keys;

/// <summary>Whose a secret is. What was found is remembered by the whole hash for half a minute; what was not is looked for each time.</summary>
/// <remarks>Unknown, expired and revoked secrets get one answer. A secret whose checksum is wrong costs no look-up.</remarks>
public sealed class KeyRing
{
    private const int Remembered = 4096;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UsedPrecision = TimeSpan.FromMinutes(1);

    private readonly IKeyStore _keys;
    private readonly TimeProvider _time;
    private readonly BoundedCache<string, Known> _known = new(Remembered);
    private volatile HashSet<string> _forgotten = [];

    internal KeyRing(IKeyStore keys, TimeProvider time) => (_keys, _time) = (keys, time);

    /// <summary>Null when the secret is no key that may be used now.</summary>
    public async ValueTask<ApiKey?> FindAsync(string? secret, CancellationToken cancellationToken)
    {
        if (secret is null || !KeyFormat.IsWellFormed(secret, KeyFormat.Api)) return null;
        var hash = KeyHash.Of(secret);
        var name = Convert.ToHexString(hash);
        var now = _time.GetUtcNow();
        if (_known.TryGet(name, out var known))
        {
            if (now - known.At < Trust && !_forgotten.Contains(known.Key.Id)) return IsGood(known.Key, now) ? known.Key : null;
            _known.Remove(name);
        }

        if (await _keys.FindAsync(hash, cancellationToken) is not { } key || !IsGood(key, now)) return null;
        if (key.LastUsed is not { } used || now - used >= UsedPrecision) await _keys.TouchAsync(key.Id, now, cancellationToken);
        return _known.GetOrAdd(name, _ => new Known(key, now)).Key;
    }

    /// <summary>Whether a secret was found good lately; that it still is takes <see cref="FindAsync"/>.</summary>
    public bool Remembers(string secret) =>
        KeyFormat.IsWellFormed(secret, KeyFormat.Api) && _known.TryGet(Convert.ToHexString(KeyHash.Of(secret)), out var known) && !_forgotten.Contains(known.Key.Id);

    internal void Forget(string id) => _forgotten = [.. _forgotten, id];

    private static bool IsGood(ApiKey key, DateTimeOffset now) => key.Revoked is null && !(key.Expires <= now);

    private sealed record Known(ApiKey Key, DateTimeOffset At);
}
