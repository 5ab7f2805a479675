using Espalier.Core.Datasets.Curators.Errors;
using Espalier.Core.Datasets.Curators.Traffic;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Datasets;

/// <summary>Every curator on one visible list.</summary>
public static class DatasetsServiceCollectionExtensions
{
    public static IServiceCollection AddDatasets(this IServiceCollection services) => services
        .AddSingleton<ICurator, TrafficCurator>()
        .AddSingleton<ICurator, ErrorsCurator>()
        .AddSingleton<IMemorySource, SearchSplitMemory>()
        .AddSingleton<CaseFiles>().AddSingleton<DatasetBuilder>();
}
