using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>Says what a call cost that was made elsewhere, by the price table and the day of the call.</summary>
public interface IPricing
{
    /// <param name="provider">As the sender names it: <c>openai</c>, <c>aws.bedrock</c>; null when it does not.</param>
    CallPrice Price(string? provider, string model, TokenUsage usage, DateTimeOffset at);
}
