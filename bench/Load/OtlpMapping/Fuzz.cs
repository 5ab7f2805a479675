using System.Diagnostics;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;
using Espalier.Testing.Otlp;

namespace Espalier.OtlpMapping;

/// <summary>Reads spoiled bodies, and folds what comes out of each. Anything thrown ends it with the body that did it.</summary>
internal static class Fuzz
{
    public static int Run(OtlpMapper mapper, int bodies, int seed)
    {
        List<RecordedBody> sources = [.. RecordedRequests.Names().SelectMany(name => RecordedRequests.Read(name).Bodies).Where(body => body.Body.Length < 64_000)];
        sources.Add(new RecordedBody(OtlpSignal.Traces, OtlpEncoding.Protobuf, Synthetic.Chat(3).ToProtobuf()));
        sources.Add(new RecordedBody(OtlpSignal.Traces, OtlpEncoding.Json, Synthetic.Chat(3).ToJson()));
        var random = new Seed(seed).For("fuzz");
        var clock = Stopwatch.StartNew();
        long malformed = 0, spans = 0, rejected = 0, peak = 0, bytesRead = 0, largest = 0;
        var reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var round = 0; round < bodies; round++)
        {
            var source = sources[random.Next(sources.Count)];
            var bytes = OtlpMutations.Mutate(source.Body, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var batch = mapper.Map((OtlpSignal)random.Next(3), source.Encoding, bytes);
                if (batch.MalformedReason is not null) malformed++;
                spans += batch.Spans.Count;
                rejected += batch.RejectedItems;
                foreach (var reason in batch.Reasons) reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                foreach (var trace in batch.Spans.GroupBy(span => span.TraceId)) TraceFold.Of([.. trace]);
            }
            catch (Exception fault)
            {
                Console.Error.WriteLine($"Round {round} threw {fault}\n{source.Signal} {source.Encoding} {Convert.ToBase64String(bytes)}");
                return 1;
            }

            bytesRead += bytes.Length;
            if (bytes.Length >= 1_000) largest = Math.Max(largest, (GC.GetAllocatedBytesForCurrentThread() - before) / bytes.Length);
            if (round % 10_000 == 0) peak = Math.Max(peak, Environment.WorkingSet);
        }

        Console.WriteLine($"{bodies} bodies, {bytesRead / 1_000_000} MB in {clock.Elapsed.TotalSeconds:0} s, seed {seed}: nothing thrown; {spans} spans read, {rejected} items rejected, {malformed} bodies malformed.");
        Console.WriteLine($"Most allocated to read and fold one body of at least 1 KB: {largest} bytes for each of its own. Highest working set: {peak / (1 << 20)} MiB.");
        foreach (var (reason, count) in reasons) Console.WriteLine($"  {count}x {reason}");
        return reasons.Keys.Any(reason => reason.StartsWith("An item could not be read", StringComparison.Ordinal)) ? 1 : 0;
    }
}
