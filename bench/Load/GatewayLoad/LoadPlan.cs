using System.Globalization;

namespace Espalier.GatewayLoad;

/// <summary>What is measured, and how long.</summary>
internal sealed record LoadPlan
{
    public const string Usage =
        "GatewayLoad --server DLL [--portkey JS] [--rounds 5] [--seconds 5] [--warmup 5] [--connections 1,32,128] [--bodies whole,stream] [--retries 2]\n"
        + "            [--quiet 0.2] [--out FILE]\n"
        + "GatewayLoad --server DLL --memory REQUESTS [--out FILE]\n"
        + "GatewayLoad --local [--seconds 5] [--connections 16]";

    /// <summary>Espalier.Server.dll.</summary>
    public string? Server { get; init; }

    /// <summary>Portkey's start-server.js; null leaves it out.</summary>
    public string? Portkey { get; init; }

    public int Rounds { get; init; } = 5;

    public int Seconds { get; init; } = 5;

    /// <summary>Seconds for each target before the first round: compiled code, open connections.</summary>
    public int Warmup { get; init; } = 5;

    public IReadOnlyList<int> Connections { get; init; } = [1, 32, 128];

    /// <summary>Whether answers are asked for whole, as streams, or both.</summary>
    public IReadOnlyList<bool> Streams { get; init; } = [false, true];

    /// <summary>A run during which others used more of the machine than this is made again.</summary>
    public double MostNoise { get; init; } = 0.2;

    /// <summary>How often a noisy run is made again before it counts all the same.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Requests for the measure of memory; 0 measures speed instead.</summary>
    public long Memory { get; init; }

    /// <summary>True measures the models inside the gateway, in this process.</summary>
    public bool Local { get; init; }

    /// <summary>Where the report goes; null for standard output alone.</summary>
    public string? Out { get; init; }

    public static LoadPlan Parse(string[] args)
    {
        var plan = new LoadPlan();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            if (name == "--local")
            {
                plan = plan with { Local = true, Connections = [16] };
                continue;
            }

            var value = i + 1 < args.Length ? args[++i] : throw new FormatException($"{name} has no value.\n{Usage}");
            plan = name switch
            {
                "--server" => plan with { Server = Path.GetFullPath(value) },
                "--portkey" => plan with { Portkey = Path.GetFullPath(value) },
                "--rounds" => plan with { Rounds = (int)Number(value) },
                "--seconds" => plan with { Seconds = (int)Number(value) },
                "--warmup" => plan with { Warmup = (int)Number(value) },
                "--connections" => plan with { Connections = [.. value.Split(',').Select(one => (int)Number(one))] },
                "--bodies" => plan with { Streams = [.. value.Split(',').Select(one => one == "stream")] },
                "--quiet" => plan with { MostNoise = double.Parse(value, CultureInfo.InvariantCulture) },
                "--retries" => plan with { Retries = (int)Number(value) },
                "--memory" => plan with { Memory = Number(value) },
                "--out" => plan with { Out = Path.GetFullPath(value) },
                _ => throw new FormatException($"{name} is not known.\n{Usage}"),
            };
        }

        return plan.Local || File.Exists(plan.Server) ? plan : throw new FormatException($"There is no server at '{plan.Server}'.\n{Usage}");
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
