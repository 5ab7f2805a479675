using System.Net.Sockets;
using Espalier.Core.Shared;
using Microsoft.AspNetCore.Connections;

namespace Espalier.Server.Hosting;

/// <summary>The process: starts the host, says where it is, ends with one clear line when it cannot start.</summary>
public static class ServerProgram
{
    public static async Task<int> RunAsync(ServerArguments arguments)
    {
        try
        {
            await using var server = await RunningServer.StartAsync(arguments, null, CancellationToken.None);
            await server.WaitForShutdownAsync(CancellationToken.None);
            return 0;
        }
        catch (Exception e) when (Explain(e, arguments) is { } words)
        {
            await Console.Error.WriteLineAsync(words);
            return 1;
        }
    }

    private static string? Explain(Exception e, ServerArguments arguments) => e switch
    {
        StorageFault fault => $"{fault.What}\n{fault.Fix}",
        Refusal refusal => $"{refusal.What}\n{refusal.Fix}",
        IOException { InnerException: AddressInUseException } =>
            $"Port {arguments.Port} is in use by another program.\nChoose another with --port, or leave --port 0 to take a free one.",
        SocketException socket => $"The server cannot listen on {arguments.Listen}:{arguments.Port}: {socket.Message}\nChoose another address with --listen or --port.",
        Microsoft.Extensions.Options.OptionsValidationException invalid => string.Join('\n', invalid.Failures),
        _ => null,
    };
}
