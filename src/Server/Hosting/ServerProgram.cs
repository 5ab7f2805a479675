using System.Net.Sockets;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Espalier.Server.Hosting;

/// <summary>The process: starts the host, says where it is, ends with one clear line when it cannot start.</summary>
public static class ServerProgram
{
    public static async Task<int> RunAsync(ServerArguments arguments)
    {
        try
        {
            var folder = new ServerFolder(arguments.Data);
            await using var app = ServerHost.Build(arguments, folder);
            try
            {
                await app.StartAsync(CancellationToken.None);
                File.SetUnixFileMode(folder.GatewaySocket, (UnixFileMode)0b110_110_110);
                folder.Announce(new ServerAddress { Url = Address(app), ProcessId = Environment.ProcessId, Version = ServerHost.Version });
                await app.WaitForShutdownAsync(CancellationToken.None);
                return 0;
            }
            finally
            {
                folder.Leave();
            }
        }
        catch (Exception e) when (Explain(e, arguments) is { } words)
        {
            await Console.Error.WriteLineAsync(words);
            return 1;
        }
    }

    private static Uri Address(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .First(address => !address.Contains("unix:", StringComparison.Ordinal)));

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
