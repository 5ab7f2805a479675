using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace Espalier.Ingest;

/// <summary>Sends the whole load over some connections: at a given rate, or each connection as soon as its last request was answered.</summary>
internal sealed class Sender(LoadPlan plan, IReadOnlyList<BatchTemplate> templates, Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = plan.Connections }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly Lock _lock = new();
    private readonly List<double> _latencies = [];
    private readonly List<string> _some = [];
    private long _next;
    private long _spans;
    private long _traces;
    private long _bytes;
    private int _busy;
    private (string Trace, long Acknowledged)? _last;

    /// <summary>Acknowledged.</summary>
    public long Spans => Interlocked.Read(ref _spans);

    public long Traces => Interlocked.Read(ref _traces);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Answers that told to come back later.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Milliseconds from when a request was due to its acknowledgement, in order of size.</summary>
    public IReadOnlyList<double> Latencies
    {
        get
        {
            lock (_lock) return [.. _latencies.Order()];
        }
    }

    /// <summary>The trace that was acknowledged last, and when.</summary>
    public (string Trace, long Acknowledged)? Last
    {
        get
        {
            lock (_lock) return _last;
        }
    }

    /// <summary>Some of the traces, from all over the load.</summary>
    public IReadOnlyList<string> Some
    {
        get
        {
            lock (_lock) return [.. _some];
        }
    }

    public Task RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        return Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(_ => Task.Run(() => SendAllAsync(started))));
    }

    public void Dispose() => _http.Dispose();

    private async Task SendAllAsync(long started)
    {
        var buffer = new byte[templates.Max(template => template.Bytes)];
        while (true)
        {
            var number = Interlocked.Increment(ref _next) - 1;
            var template = templates[(int)(number % templates.Count)];
            if (number * (long)plan.Batch >= plan.Spans) return;
            var due = plan.Rate == 0 ? Stopwatch.GetTimestamp() : started + (long)((double)number * plan.Batch / plan.Rate * Stopwatch.Frequency);
            var early = TimeSpan.FromSeconds((due - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System);
            var trace = template.Write(buffer, plan.Numbering + number, EndNanos(number));
            await SendAsync(Body(buffer.AsMemory(0, template.Bytes)));
            var now = Stopwatch.GetTimestamp();
            Interlocked.Add(ref _spans, template.Spans);
            Interlocked.Add(ref _traces, template.Traces);
            Interlocked.Add(ref _bytes, template.Bytes);
            lock (_lock)
            {
                _latencies.Add(Stopwatch.GetElapsedTime(due, now).TotalMilliseconds);
                _last = (trace, now);
                if (number % 37 == 0) _some.Add(trace);
            }
        }
    }

    // Now, or evenly over the days, oldest first.
    private long EndNanos(long number)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        if (plan.Days == 0) return now;
        var left = 1 - ((double)number * plan.Batch / plan.Spans);
        return now - (long)(TimeSpan.FromDays(plan.Days).TotalMicroseconds * 1000 * left);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> body)
    {
        while (true)
        {
            using var content = new ReadOnlyMemoryContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
            if (plan.Gzip) content.Headers.ContentEncoding.Add("gzip");
            using var response = await _http.PostAsync(address, content);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                var answer = await response.Content.ReadAsByteArrayAsync();
                if (answer.Length > 0) throw new InvalidOperationException($"Some spans were rejected: {System.Text.Encoding.UTF8.GetString(answer)}");
                return;
            }

            if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                throw new InvalidOperationException($"The server answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            Interlocked.Increment(ref _busy);
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }

    private ReadOnlyMemory<byte> Body(ReadOnlyMemory<byte> bytes)
    {
        if (!plan.Gzip) return bytes;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes.Span);
        return packed.ToArray();
    }
}
