using System.Globalization;
using System.Net;
using Espalier.Core.Shared;

namespace Espalier.Server.Hosting;

/// <summary>What the server is started with. Everything else is an option with a default, or data changed through REST.</summary>
public sealed record ServerArguments
{
    public const string Usage = "Usage: espalier-server --data FOLDER [--port 7420] [--listen 127.0.0.1] [--idle-exit 30m] [--sandbox bubblewrap|podman|docker|process]";

    /// <summary>The folder of everything that is kept; made when absent, readable by its owner alone.</summary>
    public required string Data { get; init; }

    /// <summary>0 takes a free one.</summary>
    public int Port { get; init; } = 7420;

    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Ends the server after this long without a request or a running session; null: never.</summary>
    public TimeSpan? IdleExit { get; init; }

    public string Sandbox { get; init; } = "bubblewrap";

    public static bool TryParse(string[] args, out ServerArguments arguments, out string complaint)
    {
        arguments = new ServerArguments { Data = Path.GetFullPath(".espalier") };
        complaint = "";
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            var read = value is null ? null : Read(arguments, args[i], value);
            if (read is null)
            {
                complaint = value is null ? $"{args[i]} has no value.\n{Usage}" : $"{args[i]} {value} is not understood.\n{Usage}";
                return false;
            }

            arguments = read;
        }

        return true;
    }

    private static ServerArguments? Read(ServerArguments arguments, string name, string value) => name switch
    {
        "--data" => arguments with { Data = Path.GetFullPath(value) },
        "--port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue => arguments with { Port = port },
        "--listen" when IPAddress.TryParse(value, out var address) => arguments with { Listen = address },
        "--idle-exit" when Durations.TryParse(value, out var idle) => arguments with { IdleExit = idle },
        "--sandbox" => arguments with { Sandbox = value },
        _ => null,
    };
}
