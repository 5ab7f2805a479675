using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Espalier.Core.Shared;

namespace Espalier.Storage.ClickHouse;

/// <summary>The one way to the trace store: ClickHouse's HTTP interface, of the embedded engine or of a cluster.</summary>
/// <remarks>
/// A lost connection is tried again, for as long as an engine needs to restart; so every statement that is sent here may run twice.
/// Thread-safe.
/// </remarks>
internal sealed class ClickHouseClient : IDisposable
{
    // A statement that ends the engine each time would otherwise keep it restarting.
    private const int MostBrokenAnswers = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    private readonly ClickHouseEndpoint _endpoint;
    private readonly ClickHouseOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public ClickHouseClient(ClickHouseEndpoint endpoint, ClickHouseOptions options, TimeProvider time)
    {
        (_endpoint, _options, _time) = (endpoint, options, time);
        var handler = new SocketsHttpHandler { UseProxy = endpoint.Socket is null, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        if (endpoint.Socket is { } socket) handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken);
        _http = new(handler) { BaseAddress = endpoint.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Add("X-ClickHouse-User", endpoint.User);
        if (endpoint.Key is { } key) _http.DefaultRequestHeaders.Add("X-ClickHouse-Key", key);
    }

    public async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(PingTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var answer = await _http.GetAsync(new Uri("ping", UriKind.Relative), both.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => ExecuteAsync(sql, ClickHouseParameters.None, cancellationToken);

    public Task ExecuteAsync(string sql, ClickHouseParameters parameters, CancellationToken cancellationToken) =>
        SendAsync(Url(null, parameters), () => Text(sql), cancellationToken);

    /// <summary>Runs a SELECT and reads its rows, one JSON object each.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, ClickHouseParameters parameters, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(Url(null, parameters), () => Text(sql), cancellationToken);
        try
        {
            return Parse(answer, type);
        }
        catch (JsonException) when (answer.AsSpan().IndexOf("DB::Exception"u8) >= 0)
        {
            // A failure after the first rows were on their way: its text stands where the next row would.
            var text = Encoding.UTF8.GetString(answer);
            throw ClickHouseException.FromText(text[text.LastIndexOf("Code:", StringComparison.Ordinal)..]);
        }
    }

    /// <param name="insert"><c>INSERT INTO t (...) FORMAT F</c>.</param>
    /// <param name="rows">In that format, one piece after the other.</param>
    public Task InsertAsync(string insert, IReadOnlyList<ReadOnlyMemory<byte>> rows, CancellationToken cancellationToken) =>
        SendAsync(Url(insert, ClickHouseParameters.None), () => new RowsContent(rows), cancellationToken);

    public void Dispose() => _http.Dispose();

    private static List<T> Parse<T>(byte[] answer, JsonTypeInfo<T> type)
    {
        var rows = new List<T>();
        var reader = new Utf8JsonReader(answer, new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read()) rows.Add(JsonSerializer.Deserialize(ref reader, type)!);
        return rows;
    }

    private static StringContent Text(string sql) => new(sql, Encoding.UTF8, "text/plain");

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Uri Url(string? query, ClickHouseParameters parameters)
    {
        var url = new StringBuilder("?default_format=JSONEachRow&wait_end_of_query=1&output_format_json_quote_64bit_integers=0&max_execution_time=");
        url.Append(((long)Math.Ceiling(_options.QueryTimeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
        // A batch of late traces may touch many days; asynchronous inserts would answer before the rows are on disk; copies of a row are
        // seldom in one batch, and readers know them anyway.
        url.Append("&max_partitions_per_insert_block=0&async_insert=0&optimize_on_insert=0&database=").Append(Uri.EscapeDataString(_options.Database));
        if (query is not null) url.Append("&query=").Append(Uri.EscapeDataString(query));
        foreach (var (name, value) in parameters.Values) url.Append("&param_").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return new(url.ToString(), UriKind.Relative);
    }

    private async Task<byte[]> SendAsync(Uri url, Func<HttpContent> content, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var pause = FirstPause;
        for (var broken = 0; ; )
        {
            try
            {
                return await SendOnceAsync(url, content(), cancellationToken);
            }
            catch (Exception error) when (error is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
            {
                if (error is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }) broken++;
                var problem = _endpoint.Problem();
                if (problem is not null || broken >= MostBrokenAnswers || _time.GetElapsedTime(began) > _options.Patience)
                    throw Unavailable(problem, error);
            }

            await Task.Delay(pause, _time, cancellationToken);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private async Task<byte[]> SendOnceAsync(Uri url, HttpContent content, CancellationToken cancellationToken)
    {
        // The engine stops a query at its limit by itself; this one is for an engine that no longer keeps _time.
        using var limit = new CancellationTokenSource(_options.QueryTimeout + PingTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        try
        {
            using var answer = content is RowsContent
                ? await Task.Factory.StartNew(() => _http.Send(request, HttpCompletionOption.ResponseContentRead, both.Token), both.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                : await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            var bytes = await answer.Content.ReadAsByteArrayAsync(both.Token);
            int? code = answer.Headers.TryGetValues("X-ClickHouse-Exception-Code", out var codes) && int.TryParse(codes.First(), CultureInfo.InvariantCulture, out var stated) ? stated : null;
            if (answer.StatusCode == HttpStatusCode.OK && code is null) return bytes;
            throw ClickHouseException.FromText(Encoding.UTF8.GetString(bytes), code);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable($"It did not answer within {_options.QueryTimeout.TotalSeconds} s.", error);
        }
    }

    private StorageFault Unavailable(string? problem, Exception error)
    {
        var place = _endpoint.Socket ?? _endpoint.BaseAddress.ToString();
        return new(
            StorageFault.Unavailable, place, $"The trace store at {place} does not answer. {problem ?? error.Message}",
            "Traces that were accepted are safe in the journal and are loaded when it is back; espalier doctor says more.", error);
    }

    /// <summary>Sent by a thread of its own: each of its thousand writes would otherwise queue for one behind requests that are being read.</summary>
    private sealed class RowsContent(IReadOnlyList<ReadOnlyMemory<byte>> rows) : HttpContent
    {
        protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            foreach (var piece in rows) stream.Write(piece.Span);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in rows) await stream.WriteAsync(piece);
        }

        // So that a cut connection is never taken for the end of the rows.
        protected override bool TryComputeLength(out long length)
        {
            length = rows.Sum(piece => (long)piece.Length);
            return true;
        }
    }
}
