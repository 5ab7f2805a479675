using System.Diagnostics;
using Espalier.Contracts.Traces;
using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Programs;
using Espalier.Sdk;

namespace Espalier.Loop.Tests.Failures;

/// <summary>The data folder lies on a disk that fills up. Needs the right to mount, as CI has it.</summary>
public sealed class FullDiskTests
{
    private const int Mebibytes = 96;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_DiskFull_SaysSoReadsOnAndRecovers()
    {
        await using var place = new Place();
        Directory.CreateDirectory(place.Data);
        await MountAsync(place.Data);
        try
        {
            (await place.RunAsync("up", "--detach")).Done();
            SmallAgent.Write(place, "agent", SmallAgent.Honest);
            var acknowledged = new List<string> { await AskAsync(place), await AskAsync(place) };
            (await place.RunAsync("traces", "list", "-C", "agent")).Done();

            Fill(Path.Combine(place.Data, "filler"));
            var full = await place.RunAsync("run", "--agent", "agent", "--input", "where is my parcel");
            full.Failed(8, "disk", "free");
            var import = await place.RunAsync("datasets", "import", SmallAgent.WriteCases(place), "--agent", "agent");
            import.Failed(8, "disk", "free");
            (await place.RunAsync("agents", "list")).Done();
            foreach (var trace in acknowledged) (await place.RunAsync("traces", "show", trace)).Done();
            (await place.RunAsync("audit", "verify")).Done();

            File.Delete(Path.Combine(place.Data, "filler"));
            acknowledged.Add(await AskAsync(place));
            using var client = place.Client();
            // Until the spans that waited are written the server says so, and never that there is no such trace.
            await Eventually.TrueAsync(() => IsStoredAsync(client, acknowledged[^1]), "what waited for the disk is stored");
            foreach (var trace in acknowledged) (await client.Traces.GetAsync(new TraceId(trace), Token)).Summary.Output.ShouldNotBeNull();
        }
        finally
        {
            await place.RunAsync("down");
            await UnmountAsync(place.Data);
        }
    }

    /// <summary>One request; the id of its trace, which the answer acknowledged.</summary>
    private static async Task<string> AskAsync(Place place)
    {
        var ended = (await place.RunAsync("run", "--input", "where is my parcel", "--json", "-C", "agent")).Done();
        return ended.Json.GetProperty("trace_id").GetString()!;
    }

    private static async Task<bool> IsStoredAsync(EspalierClient client, string trace)
    {
        try
        {
            await client.Traces.GetAsync(new TraceId(trace), Token);
            return true;
        }
        catch (EspalierException waits) when (waits.Status != 404)
        {
            return false;
        }
    }

    private static void Fill(string file)
    {
        using var filler = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 1 << 20, 4096, 512, 1 })
        {
            try
            {
                while (true) filler.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for blocks of this size.
            }
        }
    }

    private static async Task MountAsync(string folder)
    {
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={Mebibytes}m", "espalier-test", folder]) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = await mount.StandardError.ReadToEndAsync(Token);
        await mount.WaitForExitAsync(Token);
        if (mount.ExitCode != 0) Assert.Fail($"A full disk cannot be tested without the right to mount one: run the tests as root ({error.Trim()}).");
    }

    private static async Task UnmountAsync(string folder)
    {
        using var unmount = Process.Start("umount", ["--lazy", folder]);
        await unmount.WaitForExitAsync(CancellationToken.None);
    }
}
