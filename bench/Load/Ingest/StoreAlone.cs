using System.Diagnostics;
using System.Globalization;

namespace Espalier.Ingest;

/// <summary>How fast the store takes the same rows when nothing stands before it: read back from the server's store, then inserted into a
/// fresh store of the same program with the same tables and views, in batches as the server's loader makes them.</summary>
internal sealed class StoreAlone(LoadPlan plan) : IDisposable
{
    private const int BatchRows = 20_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("espalier-store-alone-").FullName;

    public async Task<RawInsert> MeasureAsync(int storeProcess)
    {
        using var from = StoreHttp.Of(storeProcess);
        var columns = await from.TextAsync(
            $"SELECT arrayStringConcat(groupArray(name), ', ') FROM (SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{plan.RawTable}' "
            + "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position) FORMAT TSVRaw");
        var batches = await ReadAsync(from, columns);
        var tables = await TablesAsync(from);
        using var store = StartStore(storeProcess, out var process);
        try
        {
            foreach (var create in tables) await store.QueryAsync(create);
            var cpu = ProcessorTime.Seconds(process.Id);
            var clock = Stopwatch.StartNew();
            foreach (var (file, _) in batches) await store.InsertAsync($"INSERT INTO {plan.RawTable} ({columns}) FORMAT RowBinary", file);
            var elapsed = clock.Elapsed;
            var rows = batches.Sum(batch => batch.Rows);
            var stored = await store.NumberAsync($"SELECT count() FROM {plan.RawTable}");
            if (stored != rows) throw new InvalidOperationException($"{rows} rows were inserted and {stored} are there.");
            return new RawInsert(rows, batches.Sum(batch => new FileInfo(batch.File).Length), elapsed.TotalSeconds, ProcessorTime.Seconds(process.Id) - cpu);
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // By the order of the table, in windows of time that hold about a batch each: as they came in.
    private async Task<IReadOnlyList<(string File, long Rows)>> ReadAsync(StoreHttp from, string columns)
    {
        var total = await from.NumberAsync($"SELECT count() FROM {plan.RawTable}");
        var low = await from.NumberAsync($"SELECT toUnixTimestamp64Micro(min(start)) FROM {plan.RawTable}");
        var high = await from.NumberAsync($"SELECT toUnixTimestamp64Micro(max(start)) + 1 FROM {plan.RawTable}");
        var width = Math.Max(1, (high - low) * Math.Min(BatchRows, total) / Math.Max(1, total));
        var batches = new List<(string, long)>();
        long rows = 0;
        for (var start = low; start < high && rows < plan.RawRows; start += width)
        {
            var window = string.Create(CultureInfo.InvariantCulture, $"WHERE start >= fromUnixTimestamp64Micro({start}) AND start < fromUnixTimestamp64Micro({start + width})");
            var count = await from.NumberAsync($"SELECT count() FROM {plan.RawTable} {window}");
            if (count == 0) continue;
            var file = Path.Combine(_folder, $"{batches.Count}.rows");
            await File.WriteAllBytesAsync(file, await from.QueryAsync($"SELECT {columns} FROM {plan.RawTable} {window} FORMAT RowBinary"));
            batches.Add((file, count));
            rows += count;
        }

        return batches;
    }

    // Views last: they refer to the tables.
    private static async Task<IReadOnlyList<string>> TablesAsync(StoreHttp from)
    {
        var text = await from.TextAsync(
            "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY engine LIKE '%View', name FORMAT JSONCompactEachRow");
        return [.. text.Split('\n').Select(line =>
        {
            using var row = System.Text.Json.JsonDocument.Parse(line);
            return row.RootElement[0].GetString()!;
        })];
    }

    private StoreHttp StartStore(int like, out Process process)
    {
        var arguments = File.ReadAllText($"/proc/{like}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var program = Array.FindIndex(arguments, argument => argument.StartsWith("--", StringComparison.Ordinal));
        var start = new ProcessStartInfo(arguments[0])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in arguments[1..program]) start.ArgumentList.Add(argument);
        foreach (var name in (string[])["--library", "--memory"])
        {
            start.ArgumentList.Add(name);
            start.ArgumentList.Add(arguments[Array.IndexOf(arguments, name) + 1]);
        }

        foreach (var argument in (string[])["--path", Path.Combine(_folder, "store"), "--port", "0", "--exit-with-parent"]) start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginErrorReadLine();
        var ready = process.StandardOutput.ReadLine();
        if (ready?.StartsWith("ready ", StringComparison.Ordinal) != true) throw new InvalidOperationException("The store's program did not start.");
        return StoreHttp.At(new Uri(ready["ready ".Length..].Trim() + "/"));
    }
}

/// <summary>What the store alone took, one batch after the other.</summary>
internal sealed record RawInsert(long Rows, long Bytes, double Seconds, double CpuSeconds)
{
    public double RowsPerSecond => Rows / Seconds;
}
