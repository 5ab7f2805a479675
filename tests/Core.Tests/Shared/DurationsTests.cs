using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Shared;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("60s", 60_000)]
    [InlineData("5m", 300_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1_500)]
    [InlineData(".5s", 500)]
    [InlineData("0s", 0)]
    public void TryParse_Duration_IsExact(string text, double milliseconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("60")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5y")]
    [InlineData("1e3s")]
    [InlineData("NaNs")]
    [InlineData("NaNm")]
    [InlineData("Infinitys")]
    [InlineData("1,000s")]
    [InlineData("4000d")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999999999999999999999999999999999d")]
    public void TryParse_AnythingElse_IsFalse(string? text) => Durations.TryParse(text, out _).ShouldBeFalse();
}
