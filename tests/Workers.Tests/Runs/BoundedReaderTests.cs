using System.Text;
using Espalier.Core.Shared;
using Espalier.Workers.Runs;

namespace Espalier.Workers.Tests.Runs;

public sealed class BoundedReaderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Lines come out as they went in, however the stream cuts them.</summary>
    [Fact]
    public async Task ReadLine_AnyCuts_GivesTheLines()
    {
        for (var round = 0; round < 300; round++)
        {
            var rng = new Seed(4711).For("lines", round);
            var lines = Enumerable.Range(0, rng.Next(20)).Select(_ => new string((char)('a' + rng.Next(26)), rng.Next(3) == 0 ? rng.Next(9000) : rng.Next(20))).ToList();
            var rest = new string('z', rng.Next(50));
            var reader = new BoundedReader(new Cuts(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")) + rest), rng), 10_000);
            foreach (var line in lines)
            {
                var read = await reader.ReadLineAsync(Cancel);
                read.End.ShouldBe(LineEnd.Complete);
                Encoding.UTF8.GetString(read.Bytes.Span).ShouldBe(line);
            }

            var last = await reader.ReadLineAsync(Cancel);
            last.End.ShouldBe(LineEnd.Closed);
            Encoding.UTF8.GetString(last.Bytes.Span).ShouldBe(rest);
        }
    }

    [Theory]
    [InlineData(100, 100, true)]
    [InlineData(101, 100, false)]
    [InlineData(50_000, 50_000, true)]
    [InlineData(50_001, 50_000, false)]
    public async Task ReadToEnd_Limit_IsExact(int length, int limit, bool fits)
    {
        var read = await new BoundedReader(new Cuts(new byte[length], new Seed(1).For("end")), limit).ReadToEndAsync(Cancel);
        (read is not null).ShouldBe(fits);
        if (fits) read!.Value.Length.ShouldBe(length);
    }

    [Fact]
    public async Task ReadLine_EndlessLine_IsTooLong()
    {
        var reader = new BoundedReader(new Cuts(new byte[1 << 20], new Seed(2).For("endless")), 10_000);
        (await reader.ReadLineAsync(Cancel)).End.ShouldBe(LineEnd.TooLong);
    }

    /// <summary>Gives its bytes in pieces of random size.</summary>
    private sealed class Cuts(byte[] bytes, Rng rng) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 + rng.Next(700))], cancellationToken);
    }
}
