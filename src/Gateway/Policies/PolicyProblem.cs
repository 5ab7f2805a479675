namespace Espalier.Gateway.Policies;

/// <summary>What is wrong in a version's policy file, and what would be right.</summary>
/// <param name="File"><c>models.yaml</c>, <c>router.yaml</c> or <c>memory.yaml</c>.</param>
/// <param name="What">What is wrong, with line, key and value.</param>
/// <param name="Fix">What would be right.</param>
public sealed record PolicyProblem(string File, string What, string Fix);
