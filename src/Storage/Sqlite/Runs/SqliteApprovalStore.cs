using System.Text.Json;
using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite.Runs;

/// <remarks>There is one writer, so what is read and written inside one write is one step.</remarks>
internal sealed class SqliteApprovalStore(SqliteDatabase database) : IApprovalStore
{
    public Task<ToolApproval> AskAsync(ToolApproval asked, Func<ToolApproval, ToolApproval> known, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power, connection => Put(connection, Find(connection, asked.Id) is { } there ? known(there) : asked), cancellationToken);

    public Task<ToolApproval?> UpdateAsync(string id, Func<ToolApproval, ToolApproval> change, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power, connection => Find(connection, id) is { } there ? Put(connection, change(there)) : null, cancellationToken);

    public Task<ToolApproval?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(connection => Find(connection, id), cancellationToken);

    public Task<IReadOnlyList<ToolApproval>> ListAsync(string? agent, ApprovalState? state, CancellationToken cancellationToken)
    {
        var asked = new { agent, state = state?.ToString() };
        return database.ReadAsync<IReadOnlyList<ToolApproval>>(
            connection =>
            [
                .. connection.Query<string>(
                    "select body from tool_approval where (@agent is null or agent = @agent) and (@state is null or state = @state) order by asked_us desc, id limit 1000", asked).Select(Read),
            ],
            cancellationToken);
    }

    private static ToolApproval? Find(SqliteConnection connection, string id) =>
        connection.QuerySingleOrDefault<string>("select body from tool_approval where id = @id", new { id }) is { } body ? Read(body) : null;

    private static ToolApproval Put(SqliteConnection connection, ToolApproval approval)
    {
        connection.Execute(
            """
            insert into tool_approval (id, agent, state, body, asked_us) values (@Id, @Agent, @State, @Body, @Asked)
            on conflict (id) do update set state = excluded.state, body = excluded.body, asked_us = excluded.asked_us
            """,
            new
            {
                approval.Id,
                approval.Agent,
                State = approval.State.ToString(),
                Body = JsonSerializer.Serialize(approval, StorageJson.Canonical.ToolApproval),
                Asked = UnixMicros.From(approval.Asked),
            });
        return approval;
    }

    private static ToolApproval Read(string body) => JsonSerializer.Deserialize(body, StorageJson.Canonical.ToolApproval)!;
}
