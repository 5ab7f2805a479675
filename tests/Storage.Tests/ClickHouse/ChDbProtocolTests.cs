using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization;
using Espalier.Storage.ChDb;
using Espalier.Storage.ClickHouse;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>ClickHouse's HTTP protocol as the embedded engine speaks it, and as the client reads it.</summary>
public sealed class ChDbProtocolTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TraceStack _stack = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stack = await TraceStack.StartAsync(_folder);
        await _stack.Store.TotalsAsync(new(), Cancellation);
        _http = Raw(_stack.Supervisor.Endpoint.Key);
    }

    [Fact]
    public async Task Query_AnyTextAsParameter_ComesBackAndIsNeverRun()
    {
        var texts = new List<string>
        {
            "'); DROP TABLE spans; --", "\\'", "\\", "\\N", "\t\n\r\0\b\f", "{b:String}", "a'b\"c`d", "\ud83c\udf33 漢 \u202E", "",
            "%27 OR 1=1 &param_a=x", "[1,2]", "'", "','",
        };
        for (var c = 0; c < 0x180; c++) texts.Add($"x{(char)c}'{(char)c}y");
        var parameters = new ClickHouseParameters().Add("texts", texts).Add("one", texts[0]);
        var rows = await _stack.Client.QueryAsync(
            "SELECT arrayJoin({texts:Array(String)}) AS text, {one:String} AS one", parameters, ProtocolJson.Default.EchoRow, Cancellation);
        rows.Select(r => r.Text).ShouldBe(texts);
        rows.ShouldAllBe(r => r.One == texts[0]);
        foreach (var text in texts)
        {
            var single = await _stack.Client.QueryAsync(
                "SELECT {text:String} AS text, '' AS one", new ClickHouseParameters().Add("text", text), ProtocolJson.Default.EchoRow, Cancellation);
            single[0].Text.ShouldBe(text);
        }

        await _stack.Client.ExecuteAsync("SELECT count() FROM spans", Cancellation);
    }

    [Fact]
    public async Task Query_ParameterOfAnotherType_IsAnError()
    {
        using var answer = await _http.PostAsync("?param_n=1%20OR%201", new StringContent("SELECT {n:Int64}"), Cancellation);
        answer.IsSuccessStatusCode.ShouldBeFalse();
        answer.Headers.GetValues("X-ClickHouse-Exception-Code").ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("SELEC 1", 62, HttpStatusCode.BadRequest)]
    [InlineData("SELECT * FROM nowhere", 60, HttpStatusCode.NotFound)]
    [InlineData("SELECT throwIf(number = 100000) FROM numbers(1000000)", 395, HttpStatusCode.BadRequest)]
    public async Task Query_ThatFails_CarriesItsCodeInTextAndHeader(string sql, int code, HttpStatusCode status)
    {
        using var answer = await _http.PostAsync("?wait_end_of_query=1", new StringContent(sql), Cancellation);
        answer.StatusCode.ShouldBe(status);
        answer.Headers.GetValues("X-ClickHouse-Exception-Code").ShouldBe([$"{code}"]);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain($"Code: {code}.");
        (await Should.ThrowAsync<ClickHouseException>(() => _stack.Client.ExecuteAsync(sql, Cancellation))).Code.ShouldBe(code);
    }

    [Fact]
    public async Task Query_OverItsTime_IsStopped()
    {
        using var answer = await _http.PostAsync("?max_execution_time=1", new StringContent("SELECT count() FROM numbers(1000000000000)"), Cancellation);
        answer.Headers.GetValues("X-ClickHouse-Exception-Code").ShouldBe(["159"]);
    }

    [Fact]
    public async Task Query_Setting_HoldsForOneRequestOnly()
    {
        const string sql = "SELECT getSetting('max_block_size')";
        var usual = await TextAsync("", sql);
        (await TextAsync("?max_block_size=12345", sql)).ShouldBe("12345");
        // More requests than there are connections: none of them remembers.
        for (var i = 0; i < 8; i++) (await TextAsync("", sql)).ShouldBe(usual);
        using var answer = await _http.PostAsync("?no_such_setting=1", new StringContent(sql), Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await TextAsync("", sql)).ShouldBe(usual);
    }

    [Fact]
    public async Task Query_WrongKey_IsForbidden()
    {
        using var stranger = Raw("wrong");
        using var answer = await stranger.PostAsync("", new StringContent("SELECT 1"), Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        answer.Headers.GetValues("X-ClickHouse-Exception-Code").ShouldBe(["516"]);
        (await stranger.GetStringAsync("ping", Cancellation)).ShouldBe("Ok.\n");
    }

    [Fact]
    public async Task Get_ThatWouldWrite_IsRefused()
    {
        using var answer = await _http.GetAsync("?query=DROP%20TABLE%20spans", Cancellation);
        answer.Headers.GetValues("X-ClickHouse-Exception-Code").ShouldBe(["164"]);
        (await _http.GetStringAsync("?query=SELECT%201", Cancellation)).ShouldBe("1\n");
    }

    [Fact]
    public async Task Insert_Binary_TakesEveryByte()
    {
        await TextAsync("", "CREATE TABLE bytes (a Int64, b String) ENGINE = MergeTree ORDER BY a");
        using var rows = new MemoryStream();
        for (var i = 0; i < 3000; i++)
        {
            rows.Write(BitConverter.GetBytes((long)i));
            rows.WriteByte(255 & 0x7F | 0x80);
            rows.WriteByte(2);
            for (var b = 0; b < 383; b++) rows.WriteByte((byte)(b + i));
        }

        using var answer = await _http.PostAsync("?query=INSERT%20INTO%20bytes%20(a,%20b)%20FORMAT%20RowBinary", new ByteArrayContent(rows.ToArray()), Cancellation);
        answer.EnsureSuccessStatusCode();
        (await TextAsync("", "SELECT count(), sum(length(b)), sum(a) FROM bytes")).ShouldBe($"3000\t{3000 * 383}\t{2999 * 3000 / 2}");
        (await TextAsync("", "SELECT hex(substring(b, 1, 4)) FROM bytes WHERE a = 10")).ShouldBe("0A0B0C0D");
    }

    [Fact]
    public async Task Insert_TextAfterItsStatement_IsTaken()
    {
        await TextAsync("", "CREATE TABLE lines (a Int64) ENGINE = MergeTree ORDER BY a");
        var body = new StringBuilder("INSERT INTO lines FORMAT JSONEachRow\n");
        for (var i = 0; i < 100_000; i++) body.Append($"{{\"a\":{i}}}\n");
        await TextAsync("", body.ToString());
        await TextAsync("", "INSERT INTO lines VALUES (-1), (-2)");
        await TextAsync("", "INSERT INTO lines SELECT number + 1000000 FROM numbers(3)");
        (await TextAsync("", "SELECT count() FROM lines")).ShouldBe("100005");
    }

    [Fact]
    public async Task Insert_CutOffOrMalformed_LeavesNothing()
    {
        await TextAsync("", "CREATE TABLE cut (a Int64) ENGINE = MergeTree ORDER BY a");
        using (var half = new ByteArrayContent(new byte[8 * 100 + 3]))
        using (var answer = await _http.PostAsync("?query=INSERT%20INTO%20cut%20FORMAT%20RowBinary", half, Cancellation))
            answer.IsSuccessStatusCode.ShouldBeFalse();
        using var cut = new StreamedRows(8 * 1000, async stream =>
        {
            await stream.WriteAsync(new byte[8 * 100], Cancellation);
            await stream.FlushAsync(Cancellation);
            throw new InvalidOperationException("The sender fails.");
        });
        await Should.ThrowAsync<Exception>(() => _http.PostAsync("?query=INSERT%20INTO%20cut%20FORMAT%20RowBinary", cut, Cancellation));
        (await TextAsync("", "SELECT count() FROM cut")).ShouldBe("0");
    }

    [Fact]
    public async Task Query_WhileInsertsAreOpen_IsNotHeldUp()
    {
        await TextAsync("", "CREATE TABLE slow (a Int64) ENGINE = MergeTree ORDER BY a");
        var middle = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        using var rows = new StreamedRows(16, async stream =>
        {
            await stream.WriteAsync(new byte[8], Cancellation);
            await stream.FlushAsync(Cancellation);
            middle.TrySetResult();
            await go.Task;
            await stream.WriteAsync(new byte[8], Cancellation);
        });
        var insert = _http.PostAsync("?query=INSERT%20INTO%20slow%20FORMAT%20RowBinary", rows, Cancellation);
        await middle.Task;
        (await TextAsync("", "SELECT count() FROM slow")).ShouldBe("0");
        go.SetResult();
        (await insert).EnsureSuccessStatusCode();
        (await TextAsync("", "SELECT count() FROM slow")).ShouldBe("2");
    }

    [Fact]
    public async Task SelfCheck_NullReferencesAndCollectionsBetweenQueries_DoNotHang()
    {
        using var store = new TemporaryFolder();
        var info = ChDbExecutable.StartInfo(ChDbExecutable.Find(null).ShouldNotBeNull());
        foreach (var argument in (string[])["--library", ChDbLibrary.Find(null)!, "--path", store["s"], "--self-check"]) info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            (await process.StandardOutput.ReadToEndAsync(limit.Token)).ShouldContain("50 null references caught");
            await process.WaitForExitAsync(limit.Token);
            process.ExitCode.ShouldBe(0);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task Process_ParentGone_StopsByItself()
    {
        using var store = new TemporaryFolder();
        var info = ChDbExecutable.StartInfo(ChDbExecutable.Find(null).ShouldNotBeNull());
        foreach (var argument in (string[])["--library", ChDbLibrary.Find(null)!, "--path", store["s"], "--port", "0", "--exit-with-parent"]) info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        try
        {
            (await process.StandardOutput.ReadLineAsync(Cancellation)).ShouldNotBeNull().ShouldStartWith("ready http://127.0.0.1:");
            process.StandardInput.Close();
            await process.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            process.ExitCode.ShouldBe(0);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Theory]
    [InlineData("--memory", "100")]
    [InlineData("--socket", "also")]
    [InlineData("--unknown", "x")]
    public async Task Process_WrongArguments_SaysWhatIsRight(string name, string value)
    {
        var info = ChDbExecutable.StartInfo(ChDbExecutable.Find(null).ShouldNotBeNull());
        foreach (var argument in (string[])["--library", "x", "--path", "y", "--port", "0", name, value]) info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        var error = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        process.ExitCode.ShouldBe(2);
        error.ShouldContain(name == "--socket" ? "one of them" : name);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_stack is not null) await _stack.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<string> TextAsync(string url, string sql)
    {
        using var answer = await _http.PostAsync(url, new StringContent(sql), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.TrimEnd('\n');
    }

    private HttpClient Raw(string? key)
    {
        var path = _stack.Supervisor.Endpoint.Socket!;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var client = new HttpClient(handler) { BaseAddress = new("http://chdb/") };
        client.DefaultRequestHeaders.Add("X-ClickHouse-Key", key);
        return client;
    }

    private sealed class StreamedRows(long length, Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}

internal sealed record EchoRow(string Text, string One);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EchoRow))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
