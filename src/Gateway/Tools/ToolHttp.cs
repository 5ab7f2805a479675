using System.Net;
using System.Net.Sockets;

namespace Espalier.Gateway.Tools;

/// <summary>HTTP to tool servers: no redirects, no cookies, no proxy, and never to where clouds keep their credentials.</summary>
/// <remarks>The address was declared and trusted by a person, so private ones are allowed; a name that resolves to a link-local address is not.
/// Each connection goes to the address that was checked.</remarks>
internal sealed class ToolHttp : IDisposable
{
    private static readonly IPAddress Fd00 = IPAddress.Parse("fd00:ec2::254");
    private static readonly IPAddress Alibaba = IPAddress.Parse("100.100.100.200");

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <exception cref="ToolFailure">The other side cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string tool, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new ToolFailure($"The tool server '{tool}' cannot be reached: {(e.InnerException as ToolFailure ?? (Exception)e).Message}", e);
        }
    }

    /// <exception cref="ToolFailure">It is longer than the limit, or breaks off.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, int limit, string tool, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[16 * 1024];
            var length = 0;
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0) return buffer[..length];
                length += read;
                if (length > limit) throw TooLarge(tool, limit);
                if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ToolFailure($"The answer of the tool server '{tool}' broke off.", e);
        }
    }

    public static ToolFailure TooLarge(string tool, int limit) =>
        new($"The answer of the tool server '{tool}' is larger than {limit >> 10} KiB, which is the most that the contract lets through (max_answer_kb).");

    public void Dispose() => _client.Dispose();

    internal static bool IsForbidden(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // 6to4 and NAT64 carry an address of IPv4 inside.
            if (bytes[0] == 0x20 && bytes[1] == 0x02) return IsForbidden(new IPAddress(bytes.AsSpan(2, 4)));
            if (bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xFF && bytes[3] == 0x9B) return IsForbidden(new IPAddress(bytes.AsSpan(12, 4)));
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any) || address.Equals(Fd00);
        }

        return bytes[0] is 0 or >= 224 || (bytes[0] == 169 && bytes[1] == 254) || address.Equals(Alibaba);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (addresses.Any(IsForbidden)) throw new ToolFailure($"'{host}' leads to an address that no tool server may have.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
