using Espalier.Gateway.Ingress;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>What a client says about the cache in <c>x-espalier-cache</c>.</summary>
internal enum CacheWish
{
    /// <summary>Nothing: the version's policy decides, else the server's setting.</summary>
    None,

    On,

    Off,

    /// <summary>Ask anew, and keep the answer.</summary>
    Refresh,
}

/// <summary>Reads the header.</summary>
internal static class CacheWishes
{
    public const string Header = "x-espalier-cache";

    /// <exception cref="CallRefusal">It says something else.</exception>
    public static CacheWish Read(IHeaderDictionary headers) => headers[Header].ToString() switch
    {
        "" => CacheWish.None,
        "on" => CacheWish.On,
        "off" => CacheWish.Off,
        "refresh" => CacheWish.Refresh,
        _ => throw CallRefusal.Invalid($"The header '{Header}' is none of on, off and refresh. Send one of them, or leave it out.", Header),
    };
}
