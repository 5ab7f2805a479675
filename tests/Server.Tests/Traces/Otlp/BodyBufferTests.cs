using Espalier.Server.Tests.Traces.Otlp.Fakes;
using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

public sealed class BodyBufferTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 1)]
    [InlineData(1 << 20)]
    public async Task Fill_OfAnyLength_HoldsJustThat(int length)
    {
        var bytes = OtlpTrial.Noise(length);
        var budget = new ByteBudget(16 << 20);
        using (var body = new BodyBuffer(budget, Options(1 << 20)))
        {
            await body.FillAsync(new MemoryStream(bytes), "identity", Cancel);
            body.Written.ToArray().ShouldBe(bytes);
            await body.FillAsync(new MemoryStream(OtlpTrial.Compress([1, 2, 3], "gzip")), "gzip", Cancel);
            body.Written.ToArray().ShouldBe([1, 2, 3]);
        }

        budget.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task Fill_OfAnEndlessBody_StopsAtTheLimit()
    {
        var budget = new ByteBudget(16 << 20);
        using (var body = new BodyBuffer(budget, Options(1 << 20)))
        {
            var source = new Endless();
            (await Should.ThrowAsync<OtlpRefusal>(() => body.FillAsync(source, "identity", Cancel))).Status.ShouldBe(413);
            source.Given.ShouldBeLessThanOrEqualTo((1 << 20) + 1);
        }

        budget.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task Fill_OfABomb_NeverHoldsMuch()
    {
        var budget = new ByteBudget(256 << 20);
        using var body = new BodyBuffer(budget, Options(64 << 20));
        var bomb = OtlpTrial.Compress(new byte[60 << 20], "gzip");

        var refusal = await Should.ThrowAsync<OtlpRefusal>(() => body.FillAsync(new MemoryStream(bomb), "gzip", Cancel));

        refusal.Status.ShouldBe(413);
        budget.Taken.ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public async Task Fill_WithoutRoom_IsRefusedAndGivesBackWhatItHad()
    {
        var budget = new ByteBudget(100_000);
        using (var body = new BodyBuffer(budget, Options(1 << 20)))
        {
            var refusal = await Should.ThrowAsync<OtlpRefusal>(() => body.FillAsync(new MemoryStream(OtlpTrial.Noise(90_000)), "identity", Cancel));
            refusal.Status.ShouldBe(429);
            refusal.RetryAfter.ShouldNotBeNull();
        }

        budget.Taken.ShouldBe(0);
    }

    private static OtlpOptions Options(int most) => new() { MaxBodyBytes = most };

    private sealed class Endless : ReadingStream
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Given += buffer.Length;
            return new(buffer.Length);
        }
    }
}
