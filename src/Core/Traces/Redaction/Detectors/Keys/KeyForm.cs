namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>What keys of one provider look like.</summary>
/// <param name="Prefix">What they all begin with.</param>
/// <param name="Fewest">Fewest characters behind the prefix.</param>
/// <param name="Most">Most characters behind the prefix; more is something else.</param>
/// <param name="Punctuation">Characters besides letters and digits.</param>
internal sealed record KeyForm(string Prefix, int Fewest, int Most = 512, string Punctuation = "");
