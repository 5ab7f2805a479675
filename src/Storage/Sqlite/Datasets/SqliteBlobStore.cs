using System.Security.Cryptography;
using Dapper;
using Espalier.Core.Datasets;

namespace Espalier.Storage.Sqlite.Datasets;

internal sealed class SqliteBlobStore(SqliteDatabase database) : IBlobStore
{
    public async Task<string> SaveAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var (hash, body) = (Convert.ToHexStringLower(SHA256.HashData(content.Span)), content.ToArray());
        await database.WriteAsync(
            Durability.Process,
            connection => connection.Execute("insert into blob (hash, body) values (@hash, @body) on conflict (hash) do nothing", new { hash, body }), cancellationToken);
        return hash;
    }

    public Task<byte[]?> FindAsync(string blob, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<byte[]>("select body from blob where hash = @blob", new { blob }), cancellationToken);
}
