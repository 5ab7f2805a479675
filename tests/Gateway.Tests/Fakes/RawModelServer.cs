using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>A server on loopback that writes bytes as they are given, HTTP or not: what no web server would send.</summary>
internal sealed class RawModelServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, Stream, CancellationToken, Task> _answer;
    private readonly Task _accepting;

    /// <param name="answer">Writes an answer to a whole request, head and body; the connection is closed when it returns.</param>
    public RawModelServer(Func<string, Stream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Root => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static string Http(string contentType, string body, string more = "") =>
        $"HTTP/1.1 200 OK\r\ncontent-type: {contentType}\r\n{more}connection: close\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        await Task.WhenAll(open);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                await _answer(await ReadRequestAsync(stream), stream, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) throw new IOException("The caller went away.");
            bytes.Write(buffer, 0, read);
            var text = Encoding.Latin1.GetString(bytes.ToArray());
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head < 0) continue;
            var at = text.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
            var length = at < 0 ? 0 : int.Parse(text[(at + 15)..text.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
            if (bytes.Length >= head + 4 + length) return text;
        }
    }
}
