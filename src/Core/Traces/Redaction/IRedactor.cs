namespace Espalier.Core.Traces.Redaction;

/// <summary>Takes personal data and secrets out of a text before it is stored.</summary>
/// <remarks>Thread-safe. A text without any comes back as the same instance and costs no memory; redacting twice changes nothing.</remarks>
public interface IRedactor
{
    /// <summary>The text with each finding replaced by a <see cref="Placeholder"/>. What was JSON is JSON afterwards.</summary>
    string Redact(string text);

    /// <summary>A placeholder when the whole text is one finding, such as a user id that is an e-mail address; else the text as it is.</summary>
    string RedactWhole(string text);

    /// <summary>A placeholder for the whole text, whatever it is: the value of a field that holds secrets only.</summary>
    string Hide(string text);
}
