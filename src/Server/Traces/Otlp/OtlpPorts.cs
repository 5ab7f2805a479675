using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Espalier.Server.Traces.Otlp;

/// <summary>The two ports that every OpenTelemetry client knows. One that is taken is told, and the server goes on without it.</summary>
/// <remarks>They are bound before the web server starts: that would end the server for a port that another instance has.</remarks>
internal sealed class OtlpPorts : IDisposable
{
    private const int Backlog = 512;

    private readonly Dictionary<IPEndPoint, Socket> _sockets = [];
    private readonly HashSet<int> _numbers = [];

    private OtlpPorts(bool wantsToken) => WantsToken = wantsToken;

    public OtlpPort Grpc { get; private set; } = null!;

    public OtlpPort Http { get; private set; } = null!;

    /// <summary>Whether clients must send the server's token.</summary>
    public bool WantsToken { get; }

    /// <param name="mainPort">The server's own, which is left alone; 0 when it takes a free one.</param>
    public static OtlpPorts Open(OtlpOptions options, IPAddress listen, int mainPort)
    {
        var ports = new OtlpPorts(options.RequireToken || !IPAddress.IsLoopback(listen));
        ports.Grpc = ports.Open("gRPC", options.Enabled ? options.GrpcPort : null, listen, mainPort, nameof(OtlpOptions.GrpcPort));
        ports.Http = ports.Open("HTTP", options.Enabled ? options.HttpPort : null, listen, mainPort, nameof(OtlpOptions.HttpPort));
        return ports;
    }

    /// <summary>Whether a port of this server is one of the two.</summary>
    public bool Has(int port) => _numbers.Contains(port);

    public void Configure(KestrelServerOptions kestrel)
    {
        foreach (var endpoint in _sockets.Keys)
            kestrel.Listen(endpoint, listen => listen.Protocols = endpoint.Port == Grpc.Endpoint?.Port ? HttpProtocols.Http2 : HttpProtocols.Http1);
    }

    /// <summary>The socket for an endpoint: ours where it is one of the two, which listens already.</summary>
    public Socket Take(EndPoint endpoint) =>
        endpoint is IPEndPoint ip && _sockets.TryGetValue(ip, out var ours) ? ours : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    public void Dispose()
    {
        foreach (var socket in _sockets.Values) socket.Dispose();
    }

    private OtlpPort Open(string transport, int? wanted, IPAddress listen, int mainPort, string option)
    {
        if (wanted is not { } port) return new OtlpPort(transport, null, null);
        if (port != 0 && port == mainPort)
            return new OtlpPort(transport, null, $"{OtlpOptions.Section}:{option} is {port}, the server's own port. Choose another.");
        try
        {
            var endpoint = Bind(new IPEndPoint(listen, port));

            // "localhost" is the one or the other, by client.
            if (port != 0 && listen.Equals(IPAddress.Loopback)) TryBindAlso(new IPEndPoint(IPAddress.IPv6Loopback, port));
            return new OtlpPort(transport, endpoint, null);
        }
        catch (SocketException e)
        {
            var what = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"Port {port} is in use by another program: what clients send there goes to that one."
                : $"Port {port} on {listen} cannot be listened on: {e.Message}.";
            return new OtlpPort(transport, null, $"{what} Free it, or set {OtlpOptions.Section}:{option} and send there.");
        }
    }

    private IPEndPoint Bind(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);

            // Not before this does it fail when somebody listens there.
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var bound = (IPEndPoint)socket.LocalEndPoint!;
        _sockets.Add(bound, socket);
        _numbers.Add(bound.Port);
        return bound;
    }

    private void TryBindAlso(IPEndPoint endpoint)
    {
        try
        {
            Bind(endpoint);
        }
        catch (SocketException)
        {
            // No IPv6 here, or somebody has that one; clients try the other address.
        }
    }
}
