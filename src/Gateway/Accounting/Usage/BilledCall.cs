namespace Espalier.Gateway.Accounting.Usage;

/// <summary>The names under which tools of the providers' own are counted and priced.</summary>
internal static class BilledCall
{
    public const string WebSearch = "web_search";

    public const string WebSearchPreview = "web_search_preview";

    /// <summary>Tools that fetch a page for the model are counted so that a table can say that they are free.</summary>
    public const string WebFetch = "web_fetch";

    /// <summary>A source that a live search used.</summary>
    public const string SearchSource = "search_source";

    public const string FileSearch = "file_search";

    /// <summary>A container that the model's code ran in; one container serves many calls.</summary>
    public const string CodeContainer = "code_container";

    public const string ImageGeneration = "image_generation";

    /// <summary>A search query that the model grounded its answer on; newer models are billed by these.</summary>
    public const string GroundingQuery = "grounding_query";

    /// <summary>A request that was grounded, by however many queries; older models are billed by these.</summary>
    public const string GroundingRequest = "grounding_request";

    public const string GroundingMaps = "grounding_maps";
}
