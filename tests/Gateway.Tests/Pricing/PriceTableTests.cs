using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Tests.Pricing;

public sealed class PriceTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly PriceTable Table = PriceTable.Load();

    [Fact]
    public void Load_BuiltIn_KnowsBothTiersAndHasAStableVersion()
    {
        Table.Find(null, "local/word-nn", Now)!.Rates.Input.ShouldBe(0.10m);
        Table.Find(null, "local/char-nn", Now)!.Rates.Output.ShouldBe(1.60m);
        Table.Find(null, "nobody", Now).ShouldBeNull();
        Table.Version.ShouldBe(PriceTable.Load().Version);
        Table.Version.ShouldMatch("^prices_[0-9a-f]{16}$");
    }

    [Fact]
    public void Load_BuiltIn_EveryRowSaysWhereItsPriceComesFrom()
    {
        Table.Rows.Count.ShouldBeGreaterThan(200);
        Table.Rows.ShouldAllBe(row => row.Provenance.Length > 5 && row.EffectiveFrom.Year >= 2023);
    }

    [Fact]
    public void Load_BuiltIn_RowsOfOneModelDoNotOverlap()
    {
        foreach (var rows in Table.Rows.GroupBy(row => row.Model))
        {
            var inOrder = rows.OrderBy(row => row.EffectiveFrom).ToList();
            foreach (var (earlier, later) in inOrder.Zip(inOrder.Skip(1)))
                (earlier.EffectiveTo ?? later.EffectiveFrom).ShouldBeLessThanOrEqualTo(later.EffectiveFrom, rows.Key);
        }
    }

    [Theory]
    [InlineData(null, "gpt-4.1-mini-2025-04-14", "openai/gpt-4.1-mini")]
    [InlineData(null, "openai/gpt-4.1-mini", "openai/gpt-4.1-mini")]
    [InlineData(null, "openai:gpt-4.1-mini", "openai/gpt-4.1-mini")]
    [InlineData("azure.ai.openai", "gpt-4.1-mini", "openai/gpt-4.1-mini")]
    [InlineData("openai", "GPT-4.1-mini", "openai/gpt-4.1-mini")]
    [InlineData(null, "gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13")]
    [InlineData(null, "gpt-4o-2024-11-20", "openai/gpt-4o")]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5")]
    [InlineData("anthropic", "claude-3-5-haiku-latest", "anthropic/claude-3-5-haiku")]
    [InlineData("openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5")]
    [InlineData(null, "openrouter/anthropic/claude-opus-4.5", "anthropic/claude-opus-4-5")]
    [InlineData("aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "anthropic/claude-3-haiku")]
    [InlineData("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic/claude-sonnet-4-5")]
    [InlineData(null, "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1", "anthropic/claude-opus-4-6")]
    [InlineData(null, "bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic/claude-haiku-4-5")]
    [InlineData("gcp.vertex_ai", "claude-opus-4-1@20250805", "anthropic/claude-opus-4-1")]
    [InlineData(null, "projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-5@20251101", "anthropic/claude-opus-4-5")]
    [InlineData("gcp.vertex_ai", "gemini-2.0-flash-001", "vertex/gemini-2.0-flash")]
    [InlineData("gcp.vertex_ai", "google/gemini-2.5-pro", "google/gemini-2.5-pro")]
    [InlineData("gcp.gemini", "models/gemini-2.5-flash", "google/gemini-2.5-flash")]
    [InlineData(null, "gemini/gemini-2.0-flash-001", "google/gemini-2.0-flash")]
    [InlineData(null, "google-gla:gemini-2.5-flash", "google/gemini-2.5-flash")]
    [InlineData("groq", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b")]
    [InlineData(null, "groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b")]
    [InlineData("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "together/meta-llama/Llama-3.3-70B-Instruct-Turbo")]
    [InlineData(null, "accounts/fireworks/models/kimi-k2p5", "fireworks/kimi-k2p5")]
    [InlineData("x_ai", "grok-4-0709", "xai/grok-4")]
    [InlineData(null, "deepseek-chat", "deepseek/deepseek-chat")]
    public void Find_NameAsClientsWriteIt_IsItsRow(string? provider, string model, string row) => Table.Find(provider, model, Now)?.Model.ShouldBe(row);

    [Theory]
    [InlineData("my-own-server", "gpt-4.1")]
    [InlineData(null, "my-own-server/gpt-4.1")]
    [InlineData("groq", "gpt-4.1")]
    [InlineData(null, "groq/gpt-4.1")]
    [InlineData(null, "openai/gpt-oss-120b")]
    [InlineData(null, "gpt-oss-120b")]
    [InlineData(null, "ft:gpt-4o-mini-2024-07-18:acme::abc")]
    [InlineData("openrouter", "deepseek/deepseek-chat:free")]
    [InlineData(null, "")]
    public void Find_NameThatMeansNoListedPrice_IsUnknown(string? provider, string model) => Table.Find(provider, model, Now).ShouldBeNull();

    [Theory]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "1.1")]
    [InlineData("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "1")]
    [InlineData("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "1")]
    public void Price_PlaceInTheName_HasItsFactorWhereTheModelHasOne(string model, string factor)
    {
        var (bill, _) = Table.Price("aws.bedrock", model, new TokenUsage { InputUncached = 1000, OutputText = 0 }, default, Now);
        bill!.Total().Nano.ShouldBe((long)(3_000_000 * decimal.Parse(factor, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Find_TwoRows_TheOneInForceThatDay()
    {
        var table = PriceTable.Load("""
            prices:
              - { model: m, input: 1, output: 2, effective_from: 2026-01-01, provenance: old }
              - { model: m, input: 3, output: 4, effective_from: 2026-12-01, effective_to: 2027-01-01, provenance: new }
            """);
        table.Find(null, "m", Now)!.Rates.Input.ShouldBe(1);
        table.Find(null, "m", Now.AddMonths(1))!.Rates.Input.ShouldBe(3);
        table.Find(null, "m", Now.AddYears(-1)).ShouldBeNull();
        table.Find(null, "m", new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero))!.Rates.Input.ShouldBe(1);
        table.Version.ShouldNotBe(Table.Version);
    }

    [Fact]
    public void Find_OperatorsOwnRow_GoesBeforeTheBuiltInAndHoldsAtAnyProvider()
    {
        var table = PriceTable.Load("""
            prices:
              - { model: gpt-4.1, input: 9, output: 9, effective_from: 2026-01-01, provenance: contract }
              - { model: ours, input: 0, output: 0, effective_from: 2026-01-01, provenance: "our machine" }
            """);
        table.Find(null, "gpt-4.1-2025-04-14", Now)!.Rates.Input.ShouldBe(9);
        table.Find("openai", "gpt-4.1", Now)!.Rates.Input.ShouldBe(9);
        table.Find("vllm", "ours", Now)!.Rates.Input.ShouldBe(0);
        table.Find(null, "gpt-4.1-mini", Now)!.Rates.Input.ShouldBe(0.4m);
    }

    [Theory]
    [InlineData("prices: [ { model: m, input: 1, effective_from: 2026-01-01, provenance: p } ]", "prices[0].output")]
    [InlineData("prices: [ { model: m, input: -1, output: 1, effective_from: 2026-01-01, provenance: p } ]", "'-1'")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, effective_from: soon, provenance: p } ]", "soon")]
    [InlineData("prices: [ { model: m, inputs: 1, output: 1, effective_from: 2026-01-01, provenance: p } ]", "input")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, effective_from: 2026-01-01 } ]", "provenance")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, effective_from: 2026-01-01, effective_to: 2025-01-01, provenance: p } ]", "effective_to")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, flex: { faktor: 2 }, effective_from: 2026-01-01, provenance: p } ]", "factor")]
    [InlineData("prices: [ { model: m, input: 1, output: 1, above: [{ input: 2 }], effective_from: 2026-01-01, provenance: p } ]", "tokens")]
    public void Load_BadFile_IsRefusedWithKey(string yaml, string named) =>
        Should.Throw<Refusal>(() => PriceTable.Load(yaml)).Message.ShouldContain(named);
}
