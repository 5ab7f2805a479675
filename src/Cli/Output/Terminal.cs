namespace Espalier.Cli.Output;

/// <summary>The world around one call of the command: streams, variables, clock and current folder.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Err { get; init; }

    public required TextReader In { get; init; }

    public required bool OutIsTerminal { get; init; }

    public required bool ErrIsTerminal { get; init; }

    public required bool InIsTerminal { get; init; }

    /// <summary>Columns; 0 when unknown.</summary>
    public required int Width { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public required string Directory { get; init; }

    public required TimeProvider Time { get; init; }

    public static Terminal OfProcess()
    {
        var err = !Console.IsErrorRedirected;
        var dumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Terminal
        {
            Out = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false)) { AutoFlush = true },
            Err = new StreamWriter(Console.OpenStandardError(), new System.Text.UTF8Encoding(false)) { AutoFlush = true },
            In = Console.In,
            OutIsTerminal = !Console.IsOutputRedirected && !dumb,
            ErrIsTerminal = err && !dumb,
            InIsTerminal = !Console.IsInputRedirected,
            Width = ReadWidth(),
            Variable = Environment.GetEnvironmentVariable,
            Directory = Environment.CurrentDirectory,
            Time = TimeProvider.System,
        };
    }

    private static int ReadWidth()
    {
        try
        {
            return Console.IsOutputRedirected && Console.IsErrorRedirected ? 0 : Console.WindowWidth;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return 0;
        }
    }
}
