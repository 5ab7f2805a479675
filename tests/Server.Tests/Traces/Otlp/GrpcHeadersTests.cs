using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

public sealed class GrpcHeadersTests
{
    [Theory]
    [InlineData("1H", 3600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("10S", 10_000)]
    [InlineData("9908m", 9908)]
    [InlineData("50000u", 50)]
    [InlineData("7000000n", 7)]
    [InlineData("99999999H", 86_400_000)]
    [InlineData("0S", 0)]
    public void TryReadTimeout_OfEachUnit_IsThatLong(string text, int milliseconds)
    {
        GrpcHeaders.TryReadTimeout(text, out var timeout).ShouldBeTrue();
        timeout.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("10s")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("123456789S")]
    public void TryReadTimeout_OfAnythingElse_IsFalse(string text) => GrpcHeaders.TryReadTimeout(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("plain words, 9 bytes.", "plain words, 9 bytes.")]
    [InlineData("100%", "100%25")]
    [InlineData("é\r\n", "%C3%A9%0D%0A")]
    public void EncodeMessage_OfAnyText_FitsIntoAHeader(string text, string expected)
    {
        GrpcHeaders.EncodeMessage(text).ShouldBe(expected);
        Uri.UnescapeDataString(expected).ShouldBe(text);
    }
}
