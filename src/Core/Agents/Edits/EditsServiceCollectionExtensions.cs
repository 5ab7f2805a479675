using Espalier.Core.Agents.Edits.Context;
using Espalier.Core.Agents.Edits.Examples;
using Espalier.Core.Agents.Edits.Instructions;
using Espalier.Core.Agents.Edits.Memory;
using Espalier.Core.Agents.Edits.Models;
using Espalier.Core.Agents.Edits.Routes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Agents.Edits;

/// <summary>Every edit kind on one visible list.</summary>
public static class EditsServiceCollectionExtensions
{
    public static IServiceCollection AddEditKinds(this IServiceCollection services) => services
        .AddSingleton<IEditKind, ModelEdit>()
        .AddSingleton<IEditKind, RouteEdit>()
        .AddSingleton<IEditKind, MemoryEdit>()
        .AddSingleton<IEditKind, ExamplesEdit>()
        .AddSingleton<IEditKind, ContextEdit>()
        .AddSingleton<IEditKind, InstructionEdit>()
        .AddSingleton<EditKinds>();
}
