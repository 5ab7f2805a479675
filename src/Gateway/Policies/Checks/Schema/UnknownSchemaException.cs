namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>A schema says something that the checker does not know: better refused than taken for fulfilled.</summary>
internal sealed class UnknownSchemaException(string message) : Exception(message);
