using System.IO.Compression;
using System.Text;
using Espalier.Cli.Output;
using Espalier.Cli.Traces.Imports;

namespace Espalier.Cli.Tests.Traces.Imports;

public sealed class TraceFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("espalier-import-").FullName;

    [Fact]
    public async Task Read_Lines_AreOneRecordEachWhateverTheyHold() =>
        (await ReadAsync("{\"a\":1}\n\nbroken {\n  {\"b\":\"x\\ny\"}  \r\n{\"c\":3}")).ShouldBe([(1, "{\"a\":1}"), (3, "broken {"), (4, "{\"b\":\"x\\ny\"}"), (5, "{\"c\":3}")]);

    [Fact]
    public async Task Read_AnArray_IsItsElementsOverAsManyLinesAsTheyTake() =>
        (await ReadAsync("[\n {\"a\": [1, \"]}\\\"\"]},\n {\n  \"b\": 2\n }, 7, \"x,y\"\n]\n"))
            .ShouldBe([(2, "{\"a\": [1, \"]}\\\"\"]}"), (3, "{\n  \"b\": 2\n }"), (5, "7"), (5, "\"x,y\"")]);

    [Fact]
    public async Task Read_ADocumentOverLines_IsOneRecord_AndSoIsTheNext() =>
        (await ReadAsync("{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n")).ShouldBe([(1, "{\n \"a\": 1\n}"), (4, "{\n \"b\": 2\n}")]);

    [Fact]
    public async Task Read_ADocumentThatIsCut_IsARecordThatItsReaderRejects() =>
        (await ReadAsync("[{\"a\":1},\n{\"b\":")).ShouldBe([(1, "{\"a\":1}"), (2, "{\"b\":")]);

    [Fact]
    public async Task Read_Zipped_IsTheSame() =>
        (await ReadAsync("{\"a\":1}\n{\"b\":2}\n", zip: true)).ShouldBe([(1, "{\"a\":1}"), (2, "{\"b\":2}")]);

    [Fact]
    public async Task Read_Protobuf_IsOneRecordOfBytes()
    {
        byte[] bytes = [0x0a, 0x14, 0x12, 0x12, 0x00, 0xff, 0x80, 0x01];
        var path = Path.Combine(_folder, "x.pb");
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var records = await RecordsAsync(path);

        records.ShouldHaveSingleItem().Protobuf.ShouldBe(bytes);
    }

    [Fact]
    public async Task Read_ALineThatIsTooLong_IsToldAndTheNextIsRead()
    {
        var path = Path.Combine(_folder, "long.jsonl");
        await File.WriteAllTextAsync(path, new string('x', TraceFile.MostOfOne + 1) + "\n{\"a\":1}\n", TestContext.Current.CancellationToken);

        var records = await RecordsAsync(path);

        records.Select(record => (record.Line, record.Problem is null)).ShouldBe([(1, false), (2, true)]);
        records[0].Problem.ShouldNotBeNull().ShouldContain("24 million");
        records[0].Text!.Length.ShouldBe(500);
    }

    [Theory]
    [InlineData(null, "There is no file")]
    [InlineData(new byte[0], "is empty")]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0xff }, "not a whole gzip file")]
    public async Task Open_WhatCannotBeRead_SaysWhy(byte[]? bytes, string reason)
    {
        var path = Path.Combine(_folder, "x.jsonl");
        if (bytes is not null) await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<CliError>(() => RecordsAsync(path))).What.ShouldContain(reason);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<IReadOnlyList<(long, string?)>> ReadAsync(string text, bool zip = false)
    {
        var path = Path.Combine(_folder, "x.jsonl");
        await using (var file = File.Create(path))
        {
            await using Stream to = zip ? new GZipStream(file, CompressionLevel.Fastest) : file;
            await to.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        }

        return [.. (await RecordsAsync(path)).Select(record => (record.Line, record.Text))];
    }

    private static async Task<List<FileRecord>> RecordsAsync(string path)
    {
        await using var file = await TraceFile.OpenAsync(path, TestContext.Current.CancellationToken);
        var records = new List<FileRecord>();
        await foreach (var record in file.ReadAsync(TestContext.Current.CancellationToken)) records.Add(record);
        return records;
    }
}
