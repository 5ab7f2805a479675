using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Espalier.Ingest;

/// <summary>ClickHouse's HTTP interface of a store's process, past the server.</summary>
internal sealed class StoreHttp : IDisposable
{
    private readonly HttpClient _http;

    private StoreHttp(HttpClient http) => _http = http;

    /// <summary>By the command line of a running store: its socket, and the file with its key.</summary>
    public static StoreHttp Of(int process)
    {
        var arguments = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        var socket = arguments[Array.IndexOf(arguments, "--socket") + 1];
        var key = File.ReadLines(arguments[Array.IndexOf(arguments, "--key-file") + 1]).First();
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        var http = new HttpClient(handler) { BaseAddress = new Uri("http://store/"), Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Add("X-ClickHouse-Key", key);
        return new StoreHttp(http);
    }

    public static StoreHttp At(Uri address) => new(new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) });

    public async Task<byte[]> QueryAsync(string sql)
    {
        using var content = new StringContent(sql, Encoding.UTF8, "text/plain");
        using var response = await _http.PostAsync(new Uri("?wait_end_of_query=1", UriKind.Relative), content);
        var answer = await response.Content.ReadAsByteArrayAsync();
        return response.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{sql[..Math.Min(200, sql.Length)]}: {Encoding.UTF8.GetString(answer)}");
    }

    public async Task<string> TextAsync(string sql) => Encoding.UTF8.GetString(await QueryAsync(sql)).TrimEnd('\n');

    public async Task<long> NumberAsync(string sql) => long.Parse(await TextAsync(sql + " FORMAT TSV"), CultureInfo.InvariantCulture);

    /// <summary>Rows of a file, as the server's loader sends them.</summary>
    public async Task InsertAsync(string insert, string file)
    {
        await using var rows = File.OpenRead(file);
        using var content = new StreamContent(rows, 128 * 1024);
        using var response = await _http.PostAsync(
            new Uri($"?wait_end_of_query=1&max_partitions_per_insert_block=0&async_insert=0&query={Uri.EscapeDataString(insert)}", UriKind.Relative), content);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => _http.Dispose();
}
