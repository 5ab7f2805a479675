namespace Espalier.Core.Traces.Redaction.Detectors.Accounts;

/// <summary>Addresses of Ethereum: <c>0x</c> and 40 hex digits. Hashes of transactions have 64 and stay.</summary>
internal sealed class EthereumDetector : IDetector
{
    public string Kind => "account";

    public int Rank => 75;

    public Anchor Anchor => Anchor.Token;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = new Finding(place.At, place.End);
        if (finding.Length != 42 || place.Text[place.At] != '0' || place.Text[place.At + 1] is not ('x' or 'X')) return false;
        foreach (var c in place.Text[(place.At + 2)..place.End])
        {
            if (!char.IsAsciiHexDigit(c)) return false;
        }

        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => value.ToString().ToLowerInvariant();
}
