using Espalier.Core.Search.Proposers;
using Espalier.Core.Search.Proposers.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Search;

/// <summary>Every proposer on one visible list, and the parts of a session.</summary>
public static class SearchServiceCollectionExtensions
{
    public static IServiceCollection AddSearch(this IServiceCollection services) => services
        .AddSingleton<IProposer, CatalogProposer>()
        .AddSingleton<SearchRounds>()
        .AddSingleton<SessionRunner>();
}
