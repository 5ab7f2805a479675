using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Storage.Git;
using Espalier.Storage.Sqlite;
using Espalier.Storage.Sqlite.Agents;
using Espalier.Storage.Sqlite.Datasets;
using Espalier.Storage.Sqlite.Releases;
using Espalier.Storage.Sqlite.Runs;
using Espalier.Storage.Sqlite.Search;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Espalier.Storage;

/// <summary>Every store on one visible list.</summary>
public static class StorageServiceCollectionExtensions
{
    /// <summary>The control plane in one SQLite file, <c>espalier.db</c> in a data folder.</summary>
    /// <remarks>The file is opened when <see cref="SqliteDatabase"/> is first asked for; ask for it at start so that a fault shows there.</remarks>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, string dataFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SqliteDatabase.Open(dataFolder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IAgentStore, SqliteAgentStore>();
        services.AddSingleton<IDatasetStore, SqliteDatasetStore>();
        services.AddSingleton<IRunCache, SqliteRunCache>();
        services.AddSingleton<IBlobStore, SqliteBlobStore>();
        services.AddSingleton<SqliteLedger>();
        services.AddSingleton<ILedger>(provider => provider.GetRequiredService<SqliteLedger>());
        services.AddSingleton<ILedgerAudit>(provider => provider.GetRequiredService<SqliteLedger>());
        services.AddSingleton<IKeyStore, SqliteKeyStore>();
        services.AddSingleton<IApprovalStore, SqliteApprovalStore>();
        services.AddSingleton<ICallSiteStore, SqliteCallSiteStore>();
        services.AddSingleton<IDeferredBills, SqliteDeferredBills>();
        services.AddSingleton<IToolStore, SqliteToolStore>();
        services.AddSingleton<ISessionStore, SqliteSessionStore>();
        services.AddSingleton<IReleaseStore, SqliteReleaseStore>();
        services.AddSingleton<IAuditLog, SqliteAuditLog>();
        return services;
    }

    /// <summary>Agents' repositories, <c>AGENT.git</c> each, as bare git repositories in a folder; needs the program <c>git</c>.</summary>
    public static IServiceCollection AddGitRepositories(this IServiceCollection services, string folder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<GitProgram>();
        services.AddSingleton<IAgentRepository>(provider => new GitAgentRepository(
            provider.GetRequiredService<GitProgram>(), folder, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
