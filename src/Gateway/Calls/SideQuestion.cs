using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Calls;

/// <summary>What a policy asks a model on the way to a call's answer: a rating, a summary.</summary>
/// <param name="Model">Who is asked.</param>
/// <param name="Instructions">The system message.</param>
/// <param name="Text">The user message.</param>
/// <param name="Role">Why, in the attempt's span.</param>
/// <param name="MostTokens">Most output.</param>
internal sealed record SideQuestion(string Model, string Instructions, string Text, AttemptRole Role, int MostTokens);
