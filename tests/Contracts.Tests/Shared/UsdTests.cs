using System.Text.Json;
using Espalier.Contracts.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Contracts.Tests.Shared;

public sealed class UsdTests
{
    private static readonly Arbitrary<long> Nanos =
        Gen.Frequency(
            (3, Gen.Choose(0, int.MaxValue).Select(nano => (long)nano)),
            (3, from high in Gen.Choose(0, 900_000_000) from low in Gen.Choose(0, 999_999_999) select (high * 1_000_000_000L) + low),
            (1, Gen.Elements(0L, 1L, 10L, 999_999_999L, 1_000_000_000L, 1_000_000_000_000_000_000L)))
        .ToArbitrary();

    [Theory]
    [InlineData("50usd", 50_000_000_000)]
    [InlineData("0.50usd", 500_000_000)]
    [InlineData("0.50 USD", 500_000_000)]
    [InlineData("$50", 50_000_000_000)]
    [InlineData(" 50 ", 50_000_000_000)]
    [InlineData(".5", 500_000_000)]
    [InlineData("0", 0)]
    [InlineData("0.000000001", 1)]
    [InlineData("0.0000000015", 2)]
    [InlineData("0.0000000025", 2)]
    [InlineData("1000000000", 1_000_000_000_000_000_000)]
    public void TryParse_Money_IsExactToTheNanoDollar(string text, long nano)
    {
        Usd.TryParse(text, out var amount).ShouldBeTrue();
        amount.Nano.ShouldBe(nano);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("usd")]
    [InlineData("$")]
    [InlineData("-1")]
    [InlineData("1e5")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("ten")]
    [InlineData("5eur")]
    [InlineData("1000000000.01")]
    [InlineData("99999999999999999999999999999999999")]
    public void TryParse_AnythingElse_IsFalse(string? text)
    {
        Usd.TryParse(text, out var amount).ShouldBeFalse();
        amount.ShouldBe(Usd.Zero);
    }

    [Theory]
    [InlineData(0, "0.00")]
    [InlineData(500_000_000, "0.50")]
    [InlineData(12_345, "0.000012345")]
    [InlineData(1_250_000_000, "1.25")]
    [InlineData(1, "0.000000001")]
    [InlineData(-1_500_000_000, "-1.50")]
    public void ToString_Amount_ShowsEveryDecimalThatCounts(long nano, string text) => new Usd(nano).ToString().ShouldBe(text);

    [Fact]
    public void ToString_AnyAmount_IsReadBackExactly() =>
        Prop.ForAll(Nanos, nano => Usd.TryParse(new Usd(nano).ToString(), out var read) && read.Nano == nano).QuickCheckThrowOnFailure();

    [Fact]
    public void ToDollars_AnyAmount_IsReadBackExactly() =>
        Prop.ForAll(Nanos, nano => Usd.FromDollars(new Usd(nano).ToDollars()).Nano == nano).QuickCheckThrowOnFailure();

    [Fact]
    public void Json_AnyAmount_IsReadBackExactly() =>
        Prop.ForAll(Nanos, nano => Read(Write(new Usd(nano))).Nano == nano && Read(Write(new Usd(-nano))).Nano == -nano).QuickCheckThrowOnFailure();

    [Fact]
    public void Sum_ManySmallAmounts_IsExact()
    {
        // A tenth has no exact double; ten million of them would drift.
        var sum = Usd.Zero;
        for (var i = 0; i < 1_000_000; i++) sum += Usd.FromDollars(0.1m);
        sum.ShouldBe(Usd.FromDollars(100_000m));
    }

    [Fact]
    public void Arithmetic_BeyondTheRange_Throws()
    {
        Should.Throw<OverflowException>(() => new Usd(long.MaxValue) + new Usd(1));
        Should.Throw<OverflowException>(() => new Usd(long.MinValue) - new Usd(1));
        Should.Throw<OverflowException>(() => Usd.FromDollars(10_000_000_000m));
    }

    [Fact]
    public void Comparison_TwoAmounts_IsByAmount()
    {
        var (less, more) = (new Usd(1), new Usd(2));
        (less < more && more > less && less <= more && more >= less).ShouldBeTrue();
        Usd.Max(less, more).ShouldBe(more);
        Usd.Min(less, more).ShouldBe(less);
        new[] { more, less }.Order().ShouldBe([less, more]);
    }

    [Fact]
    public void Json_Amount_IsIntegerAndWords()
    {
        Write(new Usd(1_250_000_000)).ShouldBe("""{"nano_usd":1250000000,"usd":"1.25"}""");
        Read("\"0.50usd\"").ShouldBe(new Usd(500_000_000));
        Read("""{"usd":"9.99","nano_usd":7,"more":{"nested":[1,2]}}""").ShouldBe(new Usd(7));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("\"much\"")]
    [InlineData("""{"usd":"1.25"}""")]
    [InlineData("""{"nano_usd":1.5}""")]
    [InlineData("""{"nano_usd":"7"}""")]
    [InlineData("""{"nano_usd":99999999999999999999}""")]
    [InlineData("""{"nano_usd":7""")]
    public void Json_AnythingElse_IsAJsonException(string json) => Should.Throw<JsonException>(() => Read(json));

    private static string Write(Usd amount) => JsonSerializer.Serialize(amount, ContractsJson.Default.Usd);

    private static Usd Read(string json) => JsonSerializer.Deserialize(json, ContractsJson.Default.Usd);
}
