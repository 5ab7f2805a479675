using System.Diagnostics;
using System.Security.Cryptography;
using Espalier.Testing;

namespace Espalier.Server.Tests.Fakes;

/// <summary>A program written with a vendor's SDK, as a team would bring it: its source is the agent, what it depends on is installed once by its lock file and
/// lies in a folder that sandboxes may read.</summary>
internal sealed record SdkAgent
{
    private static readonly SemaphoreSlim Installing = new(1, 1);

    /// <summary>What lies beside the agents and is none.</summary>
    private static readonly string[] NoAgents = ["fake-model-server"];

    public required string Name { get; init; }

    /// <summary>The folder with the program's own files.</summary>
    public required string Source { get; init; }

    /// <summary>Run in the agent's folder; the task is its argument.</summary>
    public required string Command { get; init; }

    /// <summary>Where its dependencies lie; null when it has none.</summary>
    public string? Installed { get; init; }

    public static IReadOnlyList<string> All => [.. Directory.GetDirectories(SharedFiles.Require("agents")).Select(path => Path.GetFileName(path)).Except(NoAgents).Order(StringComparer.Ordinal)];

    /// <summary>Fails for a folder that nobody said how to install.</summary>
    public static async Task<SdkAgent> InstallAsync(string name)
    {
        var source = SharedFiles.Require(Path.Combine("agents", name));
        if (File.Exists(Path.Combine(source, "agent.py"))) return new SdkAgent { Name = name, Source = source, Command = "python3 agent.py \"$(cat)\"" };
        var isNode = File.Exists(Path.Combine(source, "package-lock.json"));
        var project = Directory.GetFiles(source, "*.csproj");
        if (!isNode && project.Length != 1) throw new InvalidOperationException($"Nobody said how to install {source}: it has no agent.py, package-lock.json or one project of .NET.");
        var hash = Convert.ToHexStringLower(SHA256.HashData([.. Directory.GetFiles(source).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)]))[..12];
        var folder = Path.Combine(Checkout(), "artifacts", "agents", $"{name}-{hash}");
        await Installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var done = Path.Combine(folder, ".installed");
            if (!File.Exists(done))
            {
                Directory.CreateDirectory(folder);
                foreach (var file in Directory.GetFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
                // What the repository says about its own projects and packages does not hold for this one.
                if (!isNode)
                    foreach (var stop in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
                        await File.WriteAllTextAsync(Path.Combine(folder, stop), "<Project />", TestContext.Current.CancellationToken);
                if (isNode) await InstallAsync("npm", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier");
                else await InstallAsync("dotnet", folder, "build", "-c", "Release", "-o", "out", "-v", "q", "-p:UseAppHost=false");
                await File.WriteAllTextAsync(done, "", TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            Installing.Release();
        }

        return new SdkAgent
        {
            Name = name,
            Source = source,
            Installed = folder,
            Command = isNode
                ? $"ln -s {folder}/node_modules node_modules && exec node agent.mjs \"$(cat)\""
                : $"exec dotnet {folder}/out/{Path.GetFileNameWithoutExtension(project[0])}.dll \"$(cat)\"",
        };
    }

    /// <summary>The agent's folder with its contract; nothing that was installed is in it.</summary>
    public AgentFolder Write()
    {
        var folder = new AgentFolder();
        foreach (var file in Directory.GetFiles(Source)) folder.Write(Path.GetFileName(file), File.ReadAllText(file));
        folder.Write("espalier.yaml", $$"""
            agent: sdk-{{Name}}
            run:
              command: {{Quoted(Command)}}
              protocol: stdio
              timeout: 120s
              memory_mb: 1024
              environment: { DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1", DOTNET_CLI_HOME: /tmp }
            artifacts: { code: ["**"] }
            judge: { expected: contains }
            budget: { run: 1usd }
            """);
        return folder;
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Checkout()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        return at.ShouldNotBeNull().FullName;
    }

    private static async Task InstallAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (process.ExitCode != 0) NotHere($"{program} {arguments[0]} in {folder}: {await output} {await errors}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            NotHere($"'{program}' does not start: {e.Message}");
        }
    }

    private static void NotHere(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(why);
        Assert.Skip($"The program cannot be had on this machine: {why}");
    }
}
