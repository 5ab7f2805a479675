using System.Text.Json;
using Espalier.Cli.Output;

namespace Espalier.Cli.Tests.Fakes;

/// <summary>What one call of the command came to.</summary>
internal sealed record Ended(int Exit, string Out, string Err)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public string[] ErrorLines => Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the command in this process, with streams, variables and folder of its own.</summary>
internal sealed class Commands : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("espalier-cli-").FullName;

    public Dictionary<string, string> Variables { get; } = new() { ["LANG"] = "C.UTF-8" };

    public string Input { get; set; } = "";

    public bool Terminal { get; set; }

    public int Width { get; set; }

    public Task<Ended> RunAsync(params string[] args) => InterruptibleAsync(args, TestContext.Current.CancellationToken);

    public async Task<Ended> InterruptibleAsync(string[] args, CancellationToken cancellationToken)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal
        {
            Out = output, Err = error, In = new StringReader(Input), OutIsTerminal = Terminal, ErrIsTerminal = Terminal, InIsTerminal = Terminal, Width = Width,
            Variable = name => Variables.GetValueOrDefault(name), Directory = Folder, Time = TimeProvider.System,
        };
        var exit = await CommandLine.RunAsync(terminal, args, cancellationToken);
        return new Ended(exit, output.ToString(), error.ToString());
    }

    public Commands Against(FakeServer server)
    {
        Variables["ESPALIER_URL"] = server.Url.ToString();
        return this;
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
