using Espalier.Contracts.Runs;
using Espalier.Gateway.Keys;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Keys;

public sealed class KeyRingTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryKeyStore _store = new();
    private readonly KeyRing _ring;
    private readonly KeyService _keys;

    public KeyRingTests()
    {
        _ring = new KeyRing(_store, _time);
        _keys = new KeyService(_store, new InMemoryLedger(_time), _ring, _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_GoodKey_IsLookedUpOnceInHalfAMinute()
    {
        var created = await CreateAsync();
        for (var i = 0; i < 5; i++) (await _ring.FindAsync(created.Secret, Cancellation))!.Id.ShouldBe(created.Key.Id);
        _store.Lookups.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(31));
        await _ring.FindAsync(created.Secret, Cancellation);
        _store.Lookups.ShouldBe(2);
    }

    [Fact]
    public async Task FindAsync_WrongChecksum_CostsNoLookUp()
    {
        var secret = KeyHash.NewSecret();
        var last = secret[^1] == 'a' ? 'b' : 'a';
        (await _ring.FindAsync(secret[..^1] + last, Cancellation)).ShouldBeNull();
        (await _ring.FindAsync(null, Cancellation)).ShouldBeNull();
        _store.Lookups.ShouldBe(0);
    }

    [Fact]
    public async Task FindAsync_RevokedOrExpired_IsNullAtOnceAlsoWhenRemembered()
    {
        var created = await CreateAsync();
        var expiring = await _keys.CreateAsync(new CreateKey { Name = "b", Scopes = [KeyScope.Call], ExpiresInDays = 1 }, "test", Cancellation);
        (await _ring.FindAsync(created.Secret, Cancellation)).ShouldNotBeNull();
        await _keys.RevokeAsync(created.Key.Id, Cancellation);
        (await _ring.FindAsync(created.Secret, Cancellation)).ShouldBeNull();
        _time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(10));
        (await _ring.FindAsync(expiring.Secret, Cancellation)).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromSeconds(10));
        (await _ring.FindAsync(expiring.Secret, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task CreateAsync_Key_KeepsNoSecretAndExpiresIn90Days()
    {
        var created = await CreateAsync();
        created.Secret.ShouldMatch("^espk_[0-9A-Za-z]{36}$");
        created.Key.ToString().ShouldNotContain(created.Secret[5..^4]);
        (created.Key.Expires - created.Key.Created).ShouldBe(TimeSpan.FromDays(90));
        created.Key.Last4.ShouldBe(created.Secret[^4..]);
    }

    private Task<CreatedKey> CreateAsync() => _keys.CreateAsync(new CreateKey { Name = "a", Scopes = [KeyScope.Call] }, "test", Cancellation);
}
