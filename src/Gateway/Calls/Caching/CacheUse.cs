namespace Espalier.Gateway.Calls.Caching;

/// <summary>How one request to a model uses the cache.</summary>
/// <param name="Key">What it is.</param>
/// <param name="MayRead">Whether a kept answer will do; false when it is to be asked for anew and then kept.</param>
internal sealed record CacheUse(CacheKey Key, bool MayRead);
