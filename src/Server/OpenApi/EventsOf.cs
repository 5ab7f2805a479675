namespace Espalier.Server.OpenApi;

/// <summary>Says of a route that answers by events which they are: a stream has no schema of its own.</summary>
internal sealed record EventsOf(string Description);
