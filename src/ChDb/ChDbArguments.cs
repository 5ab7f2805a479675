using System.Globalization;

namespace Espalier.ChDb;

/// <summary>What this process was told on its command line.</summary>
internal sealed record ChDbArguments
{
    public const string Usage =
        "Usage: Espalier.ChDb --library FILE --path FOLDER (--socket FILE | --port N) [--key-file FILE] [--memory MIB] [--exit-with-parent] [--self-check]";

    /// <summary>libchdb.so.</summary>
    public required string Library { get; init; }

    /// <summary>The store's folder, absolute: with fsync on, inserts into a relative path fail.</summary>
    public required string Path { get; init; }

    public string? Socket { get; init; }

    /// <summary>A port on the loopback address; 0 lets the system choose.</summary>
    public int? Port { get; init; }

    /// <summary>A file whose first line every request must show; null lets everyone in who reaches the socket.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Most memory of the engine in MiB, at least 400: below that a batch of 20,000 rows does not fit.</summary>
    public int MemoryMib { get; init; } = 1024;

    /// <summary>Stop when standard input ends, as it does when the process that started this one is gone.</summary>
    public bool ExitWithParent { get; init; }

    /// <summary>Try the library beside the runtime for a moment, tell the result, and stop.</summary>
    public bool SelfCheck { get; init; }

    /// <exception cref="FormatException">Says what is wrong and how it should be.</exception>
    public static ChDbArguments Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (name is "--exit-with-parent" or "--self-check") values[name] = "";
            else if (name is "--library" or "--path" or "--socket" or "--port" or "--key-file" or "--memory" && i + 1 < arguments.Count)
                values[name] = arguments[++i];
            else throw new FormatException($"'{name}' is not an argument, or its value is missing. {Usage}");
        }

        var selfCheck = values.ContainsKey("--self-check");
        if (!selfCheck && values.ContainsKey("--socket") == values.ContainsKey("--port"))
            throw new FormatException($"Give --socket or --port, one of them. {Usage}");
        return new()
        {
            Library = Absolute("--library") ?? throw new FormatException($"--library is missing. {Usage}"),
            Path = Absolute("--path") ?? throw new FormatException($"--path is missing. {Usage}"),
            Socket = Absolute("--socket"),
            Port = Number("--port", 0, 65_535),
            KeyFile = Absolute("--key-file"),
            MemoryMib = Number("--memory", 400, 1_048_576) ?? 1024,
            ExitWithParent = values.ContainsKey("--exit-with-parent"),
            SelfCheck = selfCheck,
        };

        string? Absolute(string name) => values.TryGetValue(name, out var value) ? System.IO.Path.GetFullPath(value) : null;

        int? Number(string name, int least, int most)
        {
            if (!values.TryGetValue(name, out var text)) return null;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            throw new FormatException($"{name} is a whole number from {least} to {most}, not '{text}'.");
        }
    }
}
