using System.Runtime.InteropServices;
using Espalier.Cli.Output;

namespace Espalier.Cli.Servers;

/// <summary>Where the server's program lies and how it is called.</summary>
internal static class ServerProgram
{
    public const string Variable = "ESPALIER_SERVER_DLL";

    private const string FileName = "Espalier.Server.dll";

    /// <summary>The program and its first arguments.</summary>
    public static IReadOnlyList<string> Command(Terminal terminal)
    {
        var file = Find(terminal);
        return file.EndsWith(".dll", StringComparison.Ordinal) ? [DotnetHost(), file] : [file];
    }

    private static string Find(Terminal terminal)
    {
        if (terminal.Variable(Variable) is { Length: > 0 } given)
        {
            return File.Exists(given)
                ? Path.GetFullPath(given)
                : throw new CliError(
                    ExitCodes.Unreachable, "server-not-found", $"There is no server program at {given}.", $"{Variable} names it.", $"Correct or unset {Variable}.");
        }

        var places = Places().ToArray();
        return Array.Find(places, File.Exists) ?? throw new CliError(
            ExitCodes.Unreachable,
            "server-not-found",
            $"{FileName} was not found.",
            $"Looked in {string.Join(", ", places.Select(Path.GetDirectoryName))}.",
            $"Build it (dotnet build src/Server), or set {Variable}, or name a running server with --server URL.");
    }

    // Beside the command when installed; in the neighbour's folder when built from source (artifacts/bin/PROJECT/CONFIGURATION).
    private static IEnumerable<string> Places()
    {
        var here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var configuration = Path.GetFileName(here);
        yield return Path.Combine(here, FileName);
        yield return Path.Combine(here, "server", FileName);
        yield return Path.GetFullPath(Path.Combine(here, "..", "Server", FileName));
        yield return Path.GetFullPath(Path.Combine(here, "..", "..", "Server", configuration, FileName));
        foreach (var other in new[] { "release", "debug" })
            if (other != configuration) yield return Path.GetFullPath(Path.Combine(here, "..", "..", "Server", other, FileName));
    }

    /// <summary>The host that runs this very process's runtime: it is there even when PATH does not know it.</summary>
    private static string DotnetHost()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : "dotnet";
    }
}
