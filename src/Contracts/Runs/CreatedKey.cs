namespace Espalier.Contracts.Runs;

/// <summary>A new key with its secret, which is shown this once.</summary>
/// <param name="Key">What is kept.</param>
/// <param name="Secret"><c>espk_...</c>; to be sent where the vendors' SDKs put their key.</param>
public sealed record CreatedKey(ApiKey Key, string Secret);
