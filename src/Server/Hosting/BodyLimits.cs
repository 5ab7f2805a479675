using Microsoft.AspNetCore.Mvc;

namespace Espalier.Server.Hosting;

/// <summary>How large a request's body may be.</summary>
internal static class BodyLimits
{
    private const long Usual = 1L << 20;

    private const long Bulk = 64L << 20;

    /// <summary>1 MiB: more than any request that a person or a client makes in one go.</summary>
    public static TBuilder TakesUsualBodies<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new RequestSizeLimitAttribute(Usual));

    /// <summary>64 MiB: cases and feedback come by the thousand.</summary>
    public static TBuilder TakesBulk<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new RequestSizeLimitAttribute(Bulk));

    /// <summary>Refuses a null in a list: annotations, which the reader checks, do not reach inside lists.</summary>
    public static IReadOnlyList<T> WithoutNulls<T>(this IReadOnlyList<T> items, string field)
        where T : class
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is null)
                throw new Core.Shared.Refusal("request-not-valid", 400, $"{field}[{i}] is null.", "Give a value, or leave the item out.");
        }

        return items;
    }
}
