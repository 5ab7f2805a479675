using System.Net;
using System.Net.Sockets;
using Espalier.Gateway.Text;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Keys;

/// <summary>Counts keys that are none, by who sends them, and says when to wait. Thread-safe; its memory is bounded.</summary>
/// <remarks>A count leaks evenly, so that a wait is never longer than a minute. Who is told to wait is not looked up; keys that were good before still are.</remarks>
public sealed class WrongKeys
{
    // "espk_" and a few letters: tells one stale key from another, and is no secret.
    private const int BeginningLength = 9;
    private const int Remembered = 8192;

    private readonly Lock _lock = new();
    private readonly WrongKeyOptions _options;
    private readonly TimeProvider _time;

    // Apart, so that many beginnings from one address cannot push out the count of that address.
    private readonly BoundedCache<string, Count> _byKey = new(Remembered);
    private readonly BoundedCache<string, Count> _byAddress = new(Remembered);

    // Every call with a good key asks first whether it must wait, and mostly nobody ever failed.
    private volatile bool _anyFailed;

    internal WrongKeys(IOptions<GatewayOptions> options, TimeProvider time) => (_options, _time) = (options.Value.WrongKeys, time);

    /// <summary>How long to wait before a key is looked at again; null when it may be looked at now.</summary>
    /// <param name="address">Who sends it; null when that is not known.</param>
    /// <param name="secret">What was sent.</param>
    public TimeSpan? Wait(IPAddress? address, string secret)
    {
        if (!_anyFailed) return null;
        var from = Name(address);
        lock (_lock)
        {
            var byKey = _byKey.TryGet(Key(from, secret), out var key) ? key.Wait(_options.PerKey, _time.GetUtcNow()) : null;
            var byAddress = _byAddress.TryGet(from, out var all) ? all.Wait(_options.PerAddress, _time.GetUtcNow()) : null;
            return byKey > byAddress || byAddress is null ? byKey : byAddress;
        }
    }

    /// <summary>A key was looked up and is none.</summary>
    public void Failed(IPAddress? address, string secret)
    {
        _anyFailed = true;
        var from = Name(address);
        lock (_lock)
        {
            _byKey.GetOrAdd(Key(from, secret), _ => new Count()).Add(_options.PerKey, _time.GetUtcNow());
            if (address is not null && !IPAddress.IsLoopback(address)) _byAddress.GetOrAdd(from, _ => new Count()).Add(_options.PerAddress, _time.GetUtcNow());
        }
    }

    private static string Key(string from, string secret) => $"{from} {secret[..Math.Min(BeginningLength, secret.Length)]}";

    private static string Name(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private sealed class Count
    {
        private double _failures;
        private DateTimeOffset _at;

        public TimeSpan? Wait(int most, DateTimeOffset now)
        {
            Leak(most, now);
            return _failures > most - 1 ? TimeSpan.FromMinutes((_failures - most + 1) / most) : null;
        }

        public void Add(int most, DateTimeOffset now)
        {
            Leak(most, now);
            _failures = Math.Min(_failures + 1, most);
        }

        private void Leak(int most, DateTimeOffset now)
        {
            _failures = Math.Max(0, _failures - (Math.Max(0, (now - _at).TotalMinutes) * most));
            _at = now;
        }
    }
}
