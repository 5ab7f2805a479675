namespace Espalier.Core.Shared;

/// <summary>The caller's mistake, with the fix. Becomes Problem Details with a stable type at the REST edge.</summary>
/// <remarks>Not for bugs or a broken environment: those are ordinary exceptions. Not for failed runs: those are outcomes.</remarks>
public sealed class Refusal(string code, int status, string what, string fix) : Exception($"{what} {fix}")
{
    /// <summary>Stable, lower-case, in the URI <c>/problems/CODE</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The HTTP status that says it best.</summary>
    public int Status { get; } = status;

    /// <summary>What was wrong, with the value.</summary>
    public string What { get; } = what;

    /// <summary>What would be right, or what to type.</summary>
    public string Fix { get; } = fix;
}
