using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Espalier.ChDb.Engine;
using Espalier.ChDb.Native;

namespace Espalier.ChDb.Http;

/// <summary>ClickHouse's HTTP interface over the embedded engine, as far as a client needs it.</summary>
/// <remarks>An answer is complete before its first byte is sent, so a failure always has its own status: every request behaves as if it
/// had asked for <c>wait_end_of_query=1</c>.</remarks>
internal sealed class ClickHouseProtocol(ConnectionPool pool, Credentials credentials)
{
    private const int ChunkBytes = 256 * 1024;
    private const int AppendedBytes = 1024 * 1024;

    // A statement is text; rows, which may be long, are streamed.
    private const int MostStatementBytes = 16 * 1024 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path == "/ping")
        {
            await context.Response.WriteAsync("Ok.\n", context.RequestAborted);
            return;
        }

        try
        {
            if (!credentials.Allow(request))
                throw new EngineException(ErrorCodes.AuthenticationFailed, "Code: 516. DB::Exception: Authentication failed: the key is wrong. (AUTHENTICATION_FAILED)");
            await RunAsync(context);
        }
        catch (EngineException error) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, error);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody reads an answer.
        }
    }

    private static async Task RefuseAsync(HttpContext context, EngineException error)
    {
        context.Response.StatusCode = ErrorCodes.ToStatus(error.Code);
        context.Response.Headers["X-ClickHouse-Exception-Code"] = error.Code.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = "text/plain; charset=UTF-8";
        await context.Response.WriteAsync(error.Message + "\n", context.RequestAborted);
    }

    private async Task RunAsync(HttpContext context)
    {
        var url = RequestUrl.Read(context.Request);
        if (url.Query is { } stated && SqlText.TrySplitInsert(stated, out var insert, out var format, out var rows))
        {
            CheckMethod(context, isRead: false);
            await InsertAsync(context, url, insert, format, Encoding.UTF8.GetBytes(stated[rows..]));
            return;
        }

        var body = await ReadStatementAsync(context.Request.BodyReader, url.Query is null, context.RequestAborted);
        var text = Encoding.UTF8.GetString(body.Statement);
        if (url.Query is null && SqlText.TrySplitInsert(text, out insert, out format, out rows))
        {
            CheckMethod(context, isRead: false);
            await InsertAsync(context, url, insert, format, body.Statement.AsMemory(Encoding.UTF8.GetByteCount(text.AsSpan(0, rows))));
            return;
        }

        if (!body.Complete) throw new EngineException(ErrorCodes.SyntaxError, "Code: 62. DB::Exception: The statement is longer than 16 MiB.");
        await QueryAsync(context, url, url.Query is null ? text : text.Length == 0 ? url.Query : url.Query + "\n" + text);
    }

    private async Task QueryAsync(HttpContext context, RequestUrl url, string sql)
    {
        if (string.IsNullOrWhiteSpace(sql)) throw new EngineException(ErrorCodes.SyntaxError, "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)");
        var isRead = SqlText.IsRead(sql);
        CheckMethod(context, isRead);
        using var lease = await pool.RentAsync(isRead, context.RequestAborted);
        using var result = await Task.Run(() => Execute(lease.Connection, url, sql), context.RequestAborted);
        context.Response.ContentType = "text/plain; charset=UTF-8";
        context.Response.ContentLength = result.Length;
        for (long offset = 0; offset < result.Length; offset += ChunkBytes)
        {
            CopyChunk(result, offset, context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private static Result Execute(Connection connection, RequestUrl url, string sql)
    {
        Prepare(connection, url);
        return connection.Query(sql, url.Format, url.Parameters);
    }

    private static void Prepare(Connection connection, RequestUrl url)
    {
        connection.Apply(url.Settings);
        connection.Use(url.Database ?? "default");
    }

    private static void CopyChunk(Result result, long offset, PipeWriter writer)
    {
        var chunk = result.Slice(offset, ChunkBytes);
        chunk.CopyTo(writer.GetSpan(chunk.Length));
        writer.Advance(chunk.Length);
    }

    private async Task InsertAsync(HttpContext context, RequestUrl url, string insert, string format, ReadOnlyMemory<byte> first)
    {
        using var lease = await pool.RentAsync(forReading: false, context.RequestAborted);
        var connection = lease.Connection;
        using var stream = await Task.Run(() => Start(connection, url, insert, format), context.RequestAborted);
        if (first.Length > 0) stream.Append(first.Span);
        await AppendAsync(context.Request.BodyReader, stream, context.RequestAborted);
        await Task.Run(stream.Commit, CancellationToken.None);
    }

    // The body comes in pieces of 4 KiB, and each that the engine gets wakes a thread of it: it gets large ones.
    private static async Task AppendAsync(PipeReader body, InsertStream stream, CancellationToken cancellationToken)
    {
        var rows = ArrayPool<byte>.Shared.Rent(AppendedBytes);
        try
        {
            for (var count = 0; ;)
            {
                var read = await body.ReadAsync(cancellationToken);
                var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, rows.Length - count));
                taken.CopyTo(rows.AsSpan(count));
                count += (int)taken.Length;
                body.AdvanceTo(taken.End);
                var isLast = read.IsCompleted && taken.Length == read.Buffer.Length;
                if (count == rows.Length || (isLast && count > 0))
                {
                    stream.Append(rows.AsSpan(0, count));
                    count = 0;
                }

                if (isLast) return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rows);
        }
    }

    private static InsertStream Start(Connection connection, RequestUrl url, string insert, string format)
    {
        Prepare(connection, url);
        var stream = connection.Insert(insert, format);
        try
        {
            stream.ThrowIfFailed();
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // What an insert carries after its statement may be of any length: the rest is left in the reader for the caller to stream.
    private static async Task<(byte[] Statement, bool Complete)> ReadStatementAsync(PipeReader reader, bool mayCarryRows, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.IsCompleted || read.Buffer.Length > (mayCarryRows && StartsInsert(read.Buffer) ? ChunkBytes : MostStatementBytes))
            {
                var bytes = new byte[read.Buffer.Length];
                read.Buffer.CopyTo(bytes);
                reader.AdvanceTo(read.Buffer.End);
                return (bytes, read.IsCompleted);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool StartsInsert(ReadOnlySequence<byte> body)
    {
        var start = Encoding.UTF8.GetString(body.Slice(0, Math.Min(64, body.Length)));
        return start.TrimStart().StartsWith("INSERT", StringComparison.OrdinalIgnoreCase);
    }

    private static void CheckMethod(HttpContext context, bool isRead)
    {
        if (!isRead && !HttpMethods.IsPost(context.Request.Method))
            throw new EngineException(ErrorCodes.Readonly, "Code: 164. DB::Exception: Cannot execute query in readonly mode: send it with POST. (READONLY)");
    }
}
