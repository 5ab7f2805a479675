using Espalier.Cli.Output;
using Espalier.Cli.Servers;

namespace Espalier.Cli.Demo;

/// <summary>The demo's own room: the agent's copy, its server's data, its report. Nothing else on the machine is touched.</summary>
internal sealed class DemoFolder
{
    public const string SampleName = "support-triage";

    private DemoFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>The agent's repository. The requests are not in it: an agent that can read the answers needs no improving.</summary>
    public string Agent => System.IO.Path.Combine(Path, "agent");

    public string Report => System.IO.Path.Combine(Path, "report.html");

    public string Plot => System.IO.Path.Combine(Path, "frontier.svg");

    public ServerFolder Server => new(System.IO.Path.Combine(Path, ServerFolder.Name));

    public static DemoFolder Create(Invocation invocation, DemoOptions options)
    {
        if (options.WorkFolder is { } given)
        {
            var chosen = invocation.PathOf(given);
            if (Directory.Exists(chosen) && Directory.EnumerateFileSystemEntries(chosen).Any())
                throw CliError.Usage($"{chosen} is not empty.", "Two demos in one folder would mix their traces.", "Give an empty or new folder to --data-dir.");
            Directory.CreateDirectory(chosen);
            return new DemoFolder(chosen);
        }

        var home = new ServerFolder(System.IO.Path.Combine(invocation.Folder, ServerFolder.Name));
        home.Create();
        var stamp = invocation.Terminal.Time.GetLocalNow().ToString("yyyyMMdd-HHmmss");
        var path = System.IO.Path.Combine(home.Path, "demo", $"{stamp}-seed{options.Seed}");
        for (var i = 2; Directory.Exists(path); i++) path = System.IO.Path.Combine(home.Path, "demo", $"{stamp}-seed{options.Seed}-{i}");
        Directory.CreateDirectory(path);
        return new DemoFolder(path);
    }

    /// <summary>The sample's folder: beside the command when installed, upwards in the repository when built from source.</summary>
    public static string FindSample()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var candidate = System.IO.Path.Combine(at.FullName, "samples", SampleName);
            if (File.Exists(System.IO.Path.Combine(candidate, "espalier.yaml"))) return candidate;
        }

        throw new CliError(
            ExitCodes.Internal,
            "sample-missing",
            $"The sample agent {SampleName} is not there.",
            $"It should lie in samples/{SampleName} beside the command or above it.",
            "Install the command again, or build it from the repository.");
    }

    /// <summary>Copies the agent and puts the requests' own labels into its list of intents.</summary>
    public void CopyAgent(string sample, IReadOnlyCollection<string>? labels, string? model)
    {
        foreach (var file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var name = System.IO.Path.GetRelativePath(sample, file);
            if (name.EndsWith("requests.jsonl", StringComparison.Ordinal) || name.Contains("__pycache__", StringComparison.Ordinal)) continue;
            var target = System.IO.Path.Combine(Agent, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        if (labels is not null)
            File.WriteAllText(System.IO.Path.Combine(Agent, "prompts", "intents.txt"), string.Concat(labels.Order(StringComparer.Ordinal).Select(label => label + "\n")));
        if (model is null) return;
        var models = System.IO.Path.Combine(Agent, "models.yaml");
        File.WriteAllText(models, File.ReadAllText(models).Replace("local/char-nn", model, StringComparison.Ordinal));
    }
}
