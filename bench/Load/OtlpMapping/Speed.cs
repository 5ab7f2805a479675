using System.Diagnostics;
using Espalier.Core.Traces.Otlp;
using Espalier.Testing.Otlp;

namespace Espalier.OtlpMapping;

/// <summary>One core, one request after another, each of about a hundred spans.</summary>
internal static class Speed
{
    public static int Run(OtlpMapper mapper, int seconds)
    {
        Console.WriteLine("| request | spans | bytes a span | CPU us a span | allocated bytes a span | spans/s of one core's time |");
        Console.WriteLine("|---|---|---|---|---|---|");
        var chat = Synthetic.Chat(100);
        // The compiler's own work is not what is asked for.
        foreach (var encoding in Enum.GetValues<OtlpEncoding>()) Rounds(mapper, encoding, encoding == OtlpEncoding.Json ? chat.ToJson() : chat.ToProtobuf(), TimeSpan.FromSeconds(2 * seconds));
        Measure(mapper, "chat spans of 2 KB, gen_ai, protobuf", OtlpEncoding.Protobuf, chat.ToProtobuf(), seconds);
        Measure(mapper, "the same, JSON", OtlpEncoding.Json, chat.ToJson(), seconds);
        var plain = Synthetic.Plain(100);
        Measure(mapper, "2 KB in 20 attributes that nobody knows, protobuf", OtlpEncoding.Protobuf, plain.ToProtobuf(), seconds);
        foreach (var client in RecordedRequests.Names().GroupBy(name => name.Split('/')[0]))
        {
            var recorded = RecordedRequests.Read(client.FirstOrDefault(name => name.EndsWith("/full", StringComparison.Ordinal)) ?? client.First());
            var body = recorded.Bodies.Where(one => one.Signal == OtlpSignal.Traces).MaxBy(one => one.Body.Length)!;
            Measure(mapper, $"recorded: {recorded.Name}", body.Encoding, body.Body, seconds);
        }

        return 0;
    }

    private static void Measure(OtlpMapper mapper, string name, OtlpEncoding encoding, byte[] body, int seconds)
    {
        var spans = mapper.Map(OtlpSignal.Traces, encoding, body).Spans.Count;
        if (spans == 0) throw new InvalidOperationException($"{name} holds no spans.");
        Rounds(mapper, encoding, body, TimeSpan.FromSeconds(seconds / 2.0));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (rounds, elapsed) = Rounds(mapper, encoding, body, TimeSpan.FromSeconds(seconds));
        var each = (double)rounds * spans;
        Console.WriteLine($"| {name} | {spans} | {body.Length / spans} | {elapsed.TotalMicroseconds / each:0.0} | {(GC.GetAllocatedBytesForCurrentThread() - before) / each:0} | {each / elapsed.TotalSeconds:0} |");
    }

    private static (long Rounds, TimeSpan Elapsed) Rounds(OtlpMapper mapper, OtlpEncoding encoding, byte[] body, TimeSpan length)
    {
        // CPU time, so that a busy machine tells the same.
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var rounds = 0L;
        for (; clock.Elapsed < length; rounds++) mapper.Map(OtlpSignal.Traces, encoding, body);
        return (rounds, Environment.CpuUsage.TotalTime - before);
    }
}
