namespace Espalier.Core.Traces.Redaction;

/// <summary>Leaves every text as it is: redaction is switched off.</summary>
internal sealed class NoRedactor : IRedactor
{
    public string Redact(string text) => text;

    public string RedactWhole(string text) => text;

    public string Hide(string text) => text;
}
