using System.IO.Compression;
using System.Text;
using Espalier.Cli.Datasets;
using Espalier.Cli.Output;
using Espalier.Cli.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Cli.Tests.Datasets;

public sealed class RequestReaderTests : IDisposable
{
    private readonly Commands _commands = new();

    public static TheoryData<string, string> Formats { get; } = new()
    {
        { "a.jsonl", "{\"text\":\"hi, \\\"you\\\"\",\"intent\":\"greet\",\"conversation\":\"c1\",\"id\":\"1\"}\n\n{\"text\":\"bye\",\"intent\":\"part\"}\n" },
        { "a.json", "[{\"text\":\"hi, \\\"you\\\"\",\"intent\":\"greet\",\"conversation\":\"c1\",\"id\":1},\n{\"text\":\"bye\",\"intent\":\"part\"}]" },
        { "a.csv", "id,text,intent,conversation\n1,\"hi, \"\"you\"\"\",greet,c1\n,bye,part,\n" },
        { "a.crlf.csv", "\ufeffid,Text,INTENT,conversation\r\n1,\"hi, \"\"you\"\"\",greet,c1\r\n,bye,part,\r\n" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task ReadAsync_AnyFormat_GivesTheSameRows(string name, string text)
    {
        var plain = await ReadAsync(_commands.Write(name, text));
        var zipped = await ReadAsync(Zip(name + ".gz", text));

        foreach (var file in new[] { plain, zipped })
        {
            file.Rejected.ShouldBeEmpty();
            file.Rows.Select(row => (row.Text, row.Label, row.Group, row.Id)).ShouldBe([("hi, \"you\"", "greet", "c1", "1"), ("bye", "part", null, null)]);
        }
    }

    [Theory]
    [InlineData("text")]
    [InlineData("input")]
    [InlineData("request")]
    [InlineData("question")]
    [InlineData("message")]
    [InlineData("utterance")]
    [InlineData("query")]
    [InlineData("prompt")]
    public async Task ReadAsync_TextAlias_IsTaken(string column)
    {
        var file = await ReadAsync(_commands.Write("a.csv", $"nr,{column},category\n7,hello,greet\n"));

        file.Rows.ShouldHaveSingleItem().ShouldBe(new RequestRow(2, "hello", "greet", null, null));
    }

    [Fact]
    public async Task ReadAsync_BadLines_AreRejectedWithLineAndReason()
    {
        var file = await ReadAsync(_commands.Write("a.jsonl", "{\"text\":\"ok\",\"label\":\"a\"}\nnot json\n{\"text\":\"\",\"label\":\"a\"}\n{\"text\":{\"x\":1},\"label\":\"a\"}\n[1]\n{\"label\":\"a\"}\n"));

        file.Rows.Count.ShouldBe(1);
        file.Rejected.Select(row => (row.Line, row.Reason)).ShouldBe([(2, "not JSON"), (3, "no text"), (4, "text is not text"), (5, "not a JSON object"), (6, "no text")]);
    }

    [Fact]
    public async Task ReadAsync_BadCsvRecords_AreRejectedAndTheRestIsRead()
    {
        var file = await ReadAsync(_commands.Write("a.csv", "text,label\ngood,a\nonly one field\n\"never closed,a\n\"two\nlines\",b\n\"x\"y,c\nlast,d\n"));

        file.Rows.Select(row => (row.Line, row.Text)).ShouldBe([(2, "good"), (5, "two\nlines"), (8, "last")], customMessage: string.Join("; ", file.Rejected));
        file.Rejected.Select(row => row.Line).ShouldBe([3, 4, 7]);
    }

    [Fact]
    public async Task ReadAsync_BytesThatAreNotUtf8_RejectTheirRowOnly()
    {
        var path = Path.Combine(_commands.Folder, "a.csv");
        await File.WriteAllBytesAsync(path, [.. "text,label\n"u8, 0xff, 0xfe, .. ",a\nfine,b\n"u8], TestContext.Current.CancellationToken);

        var file = await ReadAsync(path);

        file.Rows.ShouldHaveSingleItem().Text.ShouldBe("fine");
        file.Rejected.ShouldHaveSingleItem().Reason.ShouldBe("not UTF-8");
    }

    [Fact]
    public async Task ReadAsync_NoUsableColumn_NamesFoundAndWanted()
    {
        var error = await Should.ThrowAsync<CliError>(() => ReadAsync(_commands.Write("a.csv", "body,class\nhello,a\n")));

        error.ExitCode.ShouldBe(2);
        error.Why.ShouldContain("body, class");
        error.Fix.ShouldContain("text, input");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("[{\"text\":")]
    [InlineData("{broken\n{also")]
    public async Task ReadAsync_NothingInIt_OneClearError(string text)
    {
        (await Should.ThrowAsync<CliError>(() => ReadAsync(_commands.Write("a.txt", text)))).ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task ReadAsync_BrokenGzip_OneClearError()
    {
        var path = Zip("a.gz", "text\nhello\n");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[10] ^= 0xff;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliError>(() => ReadAsync(path))).Message.ShouldContain("gzip");
    }

    [Fact]
    public void Csv_AnyFields_ComeBackAsTheyWent()
    {
        var fields = ArbMap.Default.GeneratorFor<string>().Where(text => text is not null && !text.Contains('\0')).ArrayOf(3);
        Prop.ForAll(fields.ArrayOf().ToArbitrary(), rows =>
        {
            var text = string.Concat(rows.Select(row => string.Join(',', row.Select(field => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\n"));
            var read = CsvReader.Read(text).Select(entry => entry.Fields.ToArray()).ToArray();
            return read.Length == rows.Length && read.Zip(rows).All(pair => pair.First.SequenceEqual(pair.Second));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Import_BadRows_AreCountedAndKeptBesideTheFile()
    {
        await using var server = await FakeServer.StartAsync();
        _commands.Against(server).Write("cases.jsonl", "{\"text\":\"ok\",\"label\":\"a\"}\nbroken\n");

        var ended = await _commands.RunAsync("datasets", "import", "cases.jsonl", "--agent", "support-triage");

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Out.ShouldContain("dataset   cases");
        ended.Err.ShouldContain("1 of 2 rows were left out (line 2: not JSON)");
        var rejected = await File.ReadAllTextAsync(Path.Combine(_commands.Folder, "cases.jsonl.rejected.jsonl"), TestContext.Current.CancellationToken);
        rejected.ShouldBe("{\"line\":2,\"reason\":\"not JSON\",\"row\":\"broken\"}\n");
    }

    [Theory]
    [InlineData("banking77")]
    [InlineData("clinc150")]
    public async Task ReadAsync_RealRequests_AllRowsAreUsable(string set)
    {
        var shared = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine(Repository(), "..", "shared");
        var path = Path.Combine(shared, "data", set, "requests.csv.gz");
        Assert.SkipUnless(File.Exists(path), $"{path} is not on this machine.");

        var file = await RequestReader.ReadAsync(path, needsLabel: true, TestContext.Current.CancellationToken);

        file.Rejected.ShouldBeEmpty();
        file.Rows.Count.ShouldBeGreaterThan(7000);
    }

    public void Dispose() => _commands.Dispose();

    private static Task<RequestFile> ReadAsync(string path) => RequestReader.ReadAsync(path, needsLabel: false, TestContext.Current.CancellationToken);

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        return at?.FullName ?? "/";
    }

    private string Zip(string name, string text)
    {
        var path = Path.Combine(_commands.Folder, name);
        using var zip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        zip.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }
}
