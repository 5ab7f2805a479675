using System.Diagnostics;

namespace Espalier.Cli.Servers;

/// <summary>Starts the server so that it outlives this command: a session of its own, no terminal, output to its log.</summary>
internal static class ServerProcess
{
    // The shell only redirects and steps aside: exec keeps the process id, setsid keeps Ctrl-C of this terminal away.
    private const string Script = """
        log=$1; shift
        exec </dev/null >>"$log" 2>&1
        if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; else trap '' INT HUP; exec "$@"; fi
        """;

    public static Process Start(IReadOnlyList<string> command, IReadOnlyList<string> arguments, string logFile, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = folder };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        start.ArgumentList.Add("espalier-server");
        start.ArgumentList.Add(logFile);
        foreach (var part in command.Concat(arguments)) start.ArgumentList.Add(part);
        return Process.Start(start) ?? throw new IOException("The shell did not start.");
    }

    /// <summary>True while a process with this id is there, whoever it is.</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
