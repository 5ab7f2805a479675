using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Tests.Pricing;

public sealed class PriceTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Load_BuiltIn_KnowsBothTiersAndHasAStableVersion()
    {
        var table = PriceTable.Load();
        table.Find("local/word-nn", Now)!.Input.ShouldBe(0.10m);
        table.Find("local/char-nn", Now)!.Output.ShouldBe(1.60m);
        table.Find("gpt-4.1-mini-2025-04-14", Now).ShouldBe(table.Find("gpt-4.1-mini", Now));
        table.Find("nobody", Now).ShouldBeNull();
        table.Version.ShouldBe(PriceTable.Load().Version);
        table.Version.ShouldMatch("^prices_[0-9a-f]{16}$");
    }

    [Fact]
    public void Find_TwoRows_TheOneInForceThatDay()
    {
        var table = PriceTable.Load("""
            prices:
              - { model: m, input: 1, output: 2, effective_from: 2026-01-01, provenance: old }
              - { model: m, input: 3, output: 4, effective_from: 2026-12-01, provenance: new }
            """);
        table.Find("m", Now)!.Input.ShouldBe(1);
        table.Find("m", Now.AddMonths(1))!.Input.ShouldBe(3);
        table.Find("m", Now.AddYears(-1)).ShouldBeNull();
        table.Version.ShouldNotBe(PriceTable.Load().Version);
    }

    [Theory]
    [InlineData("prices: [ { model: m, input: 1, effective_from: 2026-01-01, provenance: p } ]", "prices[0].output")]
    [InlineData("prices: [ { model: m, input: -1, output: 1, effective_from: 2026-01-01, provenance: p } ]", "'-1'")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, effective_from: soon, provenance: p } ]", "soon")]
    [InlineData("prices: [ { model: m, inputs: 1, output: 1, effective_from: 2026-01-01, provenance: p } ]", "input")]
    public void Load_BadFile_IsRefusedWithKey(string yaml, string named) =>
        Should.Throw<Refusal>(() => PriceTable.Load(yaml)).Message.ShouldContain(named);

    [Fact]
    public void Bill_EveryLine_IsRoundedHalfUpOnce()
    {
        var price = new PriceRow
        {
            Model = "m", Input = 0.0005m, CachedInput = 0.0001m, CacheWrite = 0.25m, Output = 1.6m, EffectiveFrom = default, Provenance = "test",
        };
        var usage = new TokenUsage { InputUncached = 3, CacheRead = 4, CacheWrite = 7, OutputText = 10, OutputReasoning = 5 };
        // 3 x 0.5 = 1.5 -> 2; 4 x 0.1 = 0.4 -> 0; 7 x 250 = 1750; 15 x 1600 = 24000 nano-dollars.
        PricedLine.Bill(price, usage).Select(line => line.Amount.Nano).ShouldBe([2, 0, 1750, 24_000]);
    }

    [Fact]
    public void Bill_NoRateForCachedTokens_CostsAsInput()
    {
        var price = new PriceRow { Model = "m", Input = 2, Output = 8, EffectiveFrom = default, Provenance = "test" };
        PricedLine.Bill(price, new TokenUsage { InputUncached = 1, CacheRead = 1, CacheWrite = 1 }).Sum(line => line.Amount.Nano).ShouldBe(6000);
    }
}
