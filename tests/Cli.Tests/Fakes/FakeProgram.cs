using System.Diagnostics;
using System.Globalization;

namespace Espalier.Cli.Tests.Fakes;

/// <summary>A program that stands for the server's: it announces the fake server's address and waits.</summary>
internal sealed class FakeProgram : IDisposable
{
    public FakeProgram(Commands commands, FakeServer server, string? body = null, string folder = "")
    {
        Data = Path.Combine(commands.Folder, folder, ".espalier");
        var script = commands.Write("fake-server.sh", body ?? $$"""
            #!/bin/sh
            arguments="$*"
            while [ $# -gt 0 ]; do [ "$1" = --data ] && data=$2; shift; done
            echo "$arguments" >> "$data/starts"
            echo "hello from the server"
            printf '{"url":"{{server.Url}}","process_id":%d,"version":"0.1.0"}' $$ > "$data/server.json.new"
            echo local-token > "$data/token"
            mv "$data/server.json.new" "$data/server.json"
            exec sleep 60
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        commands.Variables["ESPALIER_SERVER_DLL"] = script;
        server.Shutdown = End;
    }

    public string Data { get; }

    public string[] Starts => File.Exists(Path.Combine(Data, "starts")) ? File.ReadAllLines(Path.Combine(Data, "starts")) : [];

    public void Dispose() => End();

    private void End()
    {
        var file = Path.Combine(Data, "server.json");
        if (!File.Exists(file)) return;
        var text = File.ReadAllText(file);
        var at = text.IndexOf("process_id\":", StringComparison.Ordinal) + 12;
        var id = int.Parse(text[at..text.IndexOf(',', at)], CultureInfo.InvariantCulture);
        File.Delete(file);
        try
        {
            using var process = Process.GetProcessById(id);
            if (process.ProcessName is "sleep" or "sh" or "fake-server.sh") process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }
}
