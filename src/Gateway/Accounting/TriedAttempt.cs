using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting;

/// <summary>One attempt of a call, as its client is told of it.</summary>
/// <param name="Model">Who was asked.</param>
/// <param name="Role">Why.</param>
internal sealed record TriedAttempt(string Model, AttemptRole Role)
{
    /// <summary><c>ok</c>, a class of failures, or <c>answering</c> while it goes on.</summary>
    public string Outcome { get; set; } = "answering";

    /// <summary>Fit for a header, in the syntax of structured fields.</summary>
    public override string ToString() =>
        $"{string.Concat(Model.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '/' or ':' ? letter : '_'))};role={Role.ToString().ToLowerInvariant()};outcome={Outcome}";
}
