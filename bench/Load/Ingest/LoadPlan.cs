using System.Globalization;

namespace Espalier.Ingest;

/// <summary>What is offered.</summary>
internal sealed record LoadPlan
{
    public const string Usage =
        "Ingest --server DLL [--spans 1000000] [--rate 0] [--connections 4] [--batch 510] [--span-bytes 2048] [--templates 40] [--gzip] [--seed 1]\n"
        + "       [--probes 4] [--raw-rows 200000] [--raw-table spans] [--json FILE] [--data FOLDER]\n"
        + "       [--days 0] [--queries 0]";

    /// <summary>Espalier.Server.dll.</summary>
    public required string Server { get; init; }

    public int Spans { get; init; } = 1_000_000;

    /// <summary>Spans a second; 0 sends as fast as they are taken.</summary>
    public int Rate { get; init; }

    public int Connections { get; init; } = 4;

    /// <summary>Spans in a request; 512 is what exporters send at most unless they are told otherwise.</summary>
    public int Batch { get; init; } = 510;

    /// <summary>Bytes of a span as protobuf, on average.</summary>
    public int SpanBytes { get; init; } = 2048;

    /// <summary>Batches with texts of their own; later ones repeat the texts under new trace ids and times.</summary>
    public int Templates { get; init; } = 40;

    public bool Gzip { get; init; }

    public long Seed { get; init; } = 1;

    /// <summary>Traces that are looked for a second, each right after it was acknowledged.</summary>
    public double Probes { get; init; } = 4;

    /// <summary>Rows that are afterwards inserted into a store of their own, without a server; 0 leaves that out.</summary>
    public int RawRows { get; init; } = 200_000;

    public string RawTable { get; init; } = "spans";

    /// <summary>Days that the traces are spread over, the last of which is today; 0 lets them happen now.</summary>
    public int Days { get; init; }

    /// <summary>How often each query is asked afterwards; 0 asks none.</summary>
    public int Queries { get; init; }

    /// <summary>Added to the number of each sending, of which its trace ids are made.</summary>
    public long Numbering { get; init; }

    public string? Json { get; init; }

    /// <summary>Where the server keeps its data; null for a folder that is removed afterwards.</summary>
    public string? Data { get; init; }

    public static LoadPlan Parse(string[] args)
    {
        var plan = new LoadPlan { Server = "" };
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            if (name == "--gzip")
            {
                plan = plan with { Gzip = true };
                continue;
            }

            var value = i + 1 < args.Length ? args[++i] : throw new FormatException($"{name} has no value.\n{Usage}");
            plan = name switch
            {
                "--server" => plan with { Server = Path.GetFullPath(value) },
                "--spans" => plan with { Spans = Number(value) },
                "--rate" => plan with { Rate = Number(value) },
                "--connections" => plan with { Connections = Number(value) },
                "--batch" => plan with { Batch = Number(value) },
                "--span-bytes" => plan with { SpanBytes = Number(value) },
                "--templates" => plan with { Templates = Number(value) },
                "--seed" => plan with { Seed = Number(value) },
                "--probes" => plan with { Probes = double.Parse(value, CultureInfo.InvariantCulture) },
                "--raw-rows" => plan with { RawRows = Number(value) },
                "--raw-table" => plan with { RawTable = value },
                "--days" => plan with { Days = Number(value) },
                "--queries" => plan with { Queries = Number(value) },
                "--json" => plan with { Json = Path.GetFullPath(value) },
                "--data" => plan with { Data = Path.GetFullPath(value) },
                _ => throw new FormatException($"{name} is not known.\n{Usage}"),
            };
        }

        return File.Exists(plan.Server) ? plan : throw new FormatException($"There is no server at '{plan.Server}'.\n{Usage}");
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
