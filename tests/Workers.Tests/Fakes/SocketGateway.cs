using System.Net.Sockets;
using System.Text;

namespace Espalier.Workers.Tests.Fakes;

/// <summary>Just enough HTTP on a Unix socket: answers every request with what <paramref name="answer"/> makes of its token and path.</summary>
internal sealed class SocketGateway : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<string, string, string> _answer;
    private readonly Task _accepting;

    public SocketGateway(string folder, Func<string, string, string> answer)
    {
        _answer = answer;
        Path = System.IO.Path.Combine(folder, "gateway.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string Path { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptAsync(CancellationToken.None)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(CancellationToken.None) is { } request)
        {
            var (token, length) = ("", 0);
            while (await reader.ReadLineAsync(CancellationToken.None) is { Length: > 0 } header)
            {
                if (header.StartsWith("authorization: bearer ", StringComparison.OrdinalIgnoreCase)) token = header[22..];
                if (header.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) length = int.Parse(header[15..]);
            }

            var body = new char[length];
            await reader.ReadBlockAsync(body, CancellationToken.None);
            var answer = Encoding.UTF8.GetBytes(_answer(token, request.Split(' ')[1]));
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n"), CancellationToken.None);
            await stream.WriteAsync(answer, CancellationToken.None);
        }
    }
}
