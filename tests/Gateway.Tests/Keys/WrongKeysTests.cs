using System.Net;
using Espalier.Contracts.Runs;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tests.Keys;

public sealed class WrongKeysTests
{
    private static readonly IPAddress Stranger = IPAddress.Parse("203.0.113.7");

    private readonly ManualTime _time = new();

    [Fact]
    public void Failed_OneKeyTooOften_WaitsUntilItLeaksAndOthersDoNot()
    {
        var wrong = Make(perKey: 10, perAddress: 1000);
        for (var i = 0; i < 10; i++)
        {
            wrong.Wait(Stranger, "espk_aaaa1").ShouldBeNull();
            wrong.Failed(Stranger, "espk_aaaa1");
        }

        wrong.Wait(Stranger, "espk_aaaa2").ShouldBe(TimeSpan.FromSeconds(6), "keys with one beginning count as one");
        wrong.Wait(Stranger, "espk_bbbb1").ShouldBeNull();
        wrong.Wait(IPAddress.Parse("203.0.113.8"), "espk_aaaa1").ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(6));
        wrong.Wait(Stranger, "espk_aaaa1").ShouldBeNull();
        wrong.Failed(Stranger, "espk_aaaa1");
        wrong.Wait(Stranger, "espk_aaaa1").ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMinutes(1));
        wrong.Wait(Stranger, "espk_aaaa1").ShouldBeNull();
    }

    [Fact]
    public void Failed_OneAddressGuesses_WaitsWhateverItSends()
    {
        var wrong = Make(perKey: 10, perAddress: 20);
        for (var i = 0; i < 20; i++) wrong.Failed(Stranger, $"espk_{i:0000}x");
        wrong.Wait(Stranger, "espk_zzzz").ShouldBe(TimeSpan.FromSeconds(3));
        wrong.Wait(Stranger.MapToIPv6(), "espk_zzzz").ShouldNotBeNull();
        for (var i = 0; i < 20; i++) wrong.Failed(IPAddress.Parse($"2001:db8:1:2::{i:x}"), $"espk_{i:0000}x");
        wrong.Wait(IPAddress.Parse("2001:db8:1:2:ffff::1"), "espk_zzzz").ShouldNotBeNull("one network of IPv6 is one caller");
        wrong.Wait(IPAddress.Parse("2001:db8:1:3::1"), "espk_zzzz").ShouldBeNull();
        for (var i = 0; i < 200; i++) wrong.Failed(IPAddress.Loopback, $"espk_{i:0000}x");
        wrong.Wait(IPAddress.Loopback, "espk_zzzz").ShouldBeNull("all programs of this machine are one address");
    }

    [Fact]
    public void Failed_FromEverywhere_MemoryStaysBounded()
    {
        var wrong = Make(perKey: 10, perAddress: 20);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 200_000; i++) wrong.Failed(new IPAddress(i * 7919L), $"espk_{i:0000000}");
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(16L << 20);
        GC.KeepAlive(wrong);
    }

    [Fact]
    public async Task Post_WrongKeyTooOften_Is429InEachFormatAndGoodKeysPass()
    {
        await using var host = await GatewayHost.StartAsync(options => options.WrongKeys.PerKey = 3);
        var keys = host.Services.GetRequiredService<KeyService>();
        var good = await keys.CreateAsync(new CreateKey { Name = "shop", Scopes = [KeyScope.Call] }, "test", GatewayHost.Cancellation);
        (await AskAsync(host, good.Secret)).Status.ShouldBe(200);
        var stale = $"{good.Secret[..9]}{KeyHash.NewSecret()[9..]}";
        for (var i = 0; i < 3; i++) (await AskAsync(host, stale)).Status.ShouldBe(401);
        foreach (var (path, body) in new[]
        {
            ("/v1/chat/completions", Prompts.Chat("local/char-nn", "x")),
            ("/v1/messages", """{"model":"local/char-nn","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"""),
            ("/v1beta/models/local/char-nn:generateContent", """{"contents":[{"role":"user","parts":[{"text":"x"}]}]}"""),
        })
        {
            var answer = await host.PostAsync(path, stale, body);
            answer.Status.ShouldBe(429, path);
            int.Parse(answer.Headers["retry-after"], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 20);
            answer.Error.GetProperty("message").GetString()!.ShouldContain("keys that are none");
        }

        (await AskAsync(host, good.Secret)).Status.ShouldBe(200, "a key that was good is looked at, though it begins like the wrong one");
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        var other = await keys.CreateAsync(new CreateKey { Name = "new", Scopes = [KeyScope.Call] }, "test", GatewayHost.Cancellation);
        (await AskAsync(host, other.Secret)).Status.ShouldBe(200, "who begins otherwise is not held up");
        await keys.RevokeAsync(good.Key.Id, GatewayHost.Cancellation);
        (await AskAsync(host, good.Secret)).Status.ShouldBe(429, "a revoked key is one that is none");
    }

    private static Task<Answer> AskAsync(GatewayHost host, string secret) => host.PostAsync("/v1/chat/completions", secret, Prompts.Chat("local/char-nn", "x"));

    private WrongKeys Make(int perKey, int perAddress) =>
        new(Options.Create(new GatewayOptions { WrongKeys = { PerKey = perKey, PerAddress = perAddress } }), _time);
}
