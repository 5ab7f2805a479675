using Espalier.Contracts.Traces;
using Espalier.Gateway.Pricing;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Gateway.Tests.Pricing;

public sealed class BillingTests
{
    private static readonly PriceRow Row = new()
    {
        Model = "p/m",
        EffectiveFrom = new DateOnly(2026, 1, 1),
        Rates = new Rates { Input = 2, Output = 8, CacheRead = 0.2m, CacheWrite = 2.5m, CacheWriteHour = 4, Reasoning = 12 },
        Above = [new PromptTier(1000, new SomeRates { Input = 4, Output = 12 })],
        Tiers = new Dictionary<string, ServiceTier>
        {
            ["flex"] = new(0.5m, new SomeRates { CacheRead = 0.13m }),
            ["priority"] = new(1, new SomeRates { Input = 5, Output = 20 }),
        },
        Regions = new Dictionary<string, decimal> { ["us"] = 1.1m },
        Fees = new Dictionary<string, decimal> { ["web_search"] = 0.01m, ["web_fetch"] = 0 },
        Provenance = "test",
    };

    [Fact]
    public void Price_EveryLine_IsRoundedHalfUpOnce()
    {
        var row = Row with { Rates = new Rates { Input = 0.0005m, CacheRead = 0.0001m, CacheWrite = 0.25m, Output = 1.6m } };
        var usage = new TokenUsage { InputUncached = 3, CacheRead = 4, CacheWrite = 7, OutputText = 10, OutputReasoning = 5 };
        // 3 x 0.5 = 1.5 -> 2; 4 x 0.1 = 0.4 -> 0; 7 x 250 = 1750; 15 x 1600 = 24000 nano-dollars.
        Lines(row, usage).ShouldBe([("input", 2), ("cache_read", 0), ("cache_write", 1750), ("output", 24_000)]);
    }

    [Fact]
    public void Price_ReasoningWithAPriceOfItsOwn_IsALineOfItsOwn() =>
        Lines(Row, new TokenUsage { OutputText = 10, OutputReasoning = 5 }).ShouldBe([("output", 80_000), ("reasoning", 60_000)]);

    [Fact]
    public void Price_NoRateForCachedTokens_CostsAsInput()
    {
        var row = Row with { Rates = new Rates { Input = 2, Output = 8 } };
        Lines(row, new TokenUsage { InputUncached = 1, CacheRead = 1, CacheWrite = 1 }).Sum(line => line.Nano).ShouldBe(6000);
    }

    [Fact]
    public void Price_LongPrompt_RepricesTheWholeRequestCachedPartIncluded()
    {
        Lines(Row, new TokenUsage { InputUncached = 1, CacheRead = 999, OutputText = 10 }).ShouldBe([("input", 2000), ("cache_read", 199_800), ("output", 80_000)]);
        Lines(Row, new TokenUsage { InputUncached = 2, CacheRead = 999, OutputText = 10 }).ShouldBe([("input", 8000), ("cache_read", 199_800), ("output", 120_000)]);
    }

    [Fact]
    public void Price_ServiceTier_IsAFactorWithRatesOfItsOwnOnTop()
    {
        Lines(Row, new TokenUsage { InputUncached = 10, CacheRead = 10, OutputText = 10 }, new PriceTerms { ServiceTier = "flex" })
            .ShouldBe([("input", 10_000), ("cache_read", 1300), ("output", 40_000)]);
        // A factor carries over to long prompts.
        Lines(Row, new TokenUsage { InputUncached = 1001, OutputText = 0 }, new PriceTerms { ServiceTier = "flex" }).ShouldBe([("input", 2_002_000)]);
    }

    [Fact]
    public void Price_Region_IsAFactorOnTokensAndNotOnFees() =>
        Lines(Row, new TokenUsage { InputUncached = 10, BilledCalls = new Dictionary<string, long> { ["web_search"] = 2 } }, new PriceTerms { Region = "us" })
            .ShouldBe([("input", 22_000), ("web_search", 20_000_000)]);

    [Fact]
    public void Price_CallThatIsFree_IsALineOfZero() =>
        Lines(Row, new TokenUsage { BilledCalls = new Dictionary<string, long> { ["web_fetch"] = 3 } }).ShouldBe([("web_fetch", 0)]);

    [Theory]
    [InlineData("scale")]
    [InlineData("provisioned")]
    public void Price_TierWithoutAPrice_IsUnknown(string tier) =>
        Billing.Price(Row, new TokenUsage { InputUncached = 1 }, new PriceTerms { ServiceTier = tier }, "t").Reason!.ShouldContain(tier);

    [Fact]
    public void Price_TierThatSaysNothingOfLongPrompts_IsUnknownThere() =>
        Billing.Price(Row, new TokenUsage { InputUncached = 1001 }, new PriceTerms { ServiceTier = "priority" }, "t").Bill.ShouldBeNull();

    [Fact]
    public void Price_KindWithoutAPrice_MakesTheWholeUnknown()
    {
        Billing.Price(Row, new TokenUsage { InputUncached = 1, InputAudio = 5 }, default, "t").ShouldBe((null, "no price for input_audio tokens of p/m"));
        Billing.Price(Row with { Rates = Row.Rates with { CacheWriteHour = null } }, new TokenUsage { CacheWriteHour = 1 }, default, "t").Bill.ShouldBeNull();
        Billing.Price(Row, new TokenUsage { BilledCalls = new Dictionary<string, long> { ["sonar"] = 1 } }, default, "t").Reason.ShouldBe("no price for sonar calls of p/m");
    }

    [Fact]
    public void Price_AnyUsage_IsAtMostTheUpperBoundOfItsSize() => Prop.ForAll(
        Gen.Choose(0, 100_000).Four().Select(counts => new TokenUsage
        {
            InputUncached = counts.Item1, CacheRead = counts.Item2, OutputText = counts.Item3, OutputReasoning = counts.Item4, CacheWrite = counts.Item1 / 2,
        }).ToArbitrary(),
        usage =>
        {
            var (bill, _) = Billing.Price(Row, usage, default, "t");
            var most = Billing.UpperBound(Row, default, usage.InputTotal()!.Value, usage.OutputTotal()!.Value, hourCache: false)!.Value;
            // Each line may round up by half a nano-dollar.
            return bill!.Total().Nano <= most.Nano + bill.Lines.Count;
        }).QuickCheckThrowOnFailure();

    private static List<(string Name, long Nano)> Lines(PriceRow row, TokenUsage usage, PriceTerms terms = default) =>
        [.. Billing.Price(row, usage, terms, "t").Bill!.Lines.Select(line => (line.Name, line.Amount.Nano))];
}
