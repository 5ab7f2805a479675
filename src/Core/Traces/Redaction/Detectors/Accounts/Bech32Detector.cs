namespace Espalier.Core.Traces.Redaction.Detectors.Accounts;

/// <summary>Segwit addresses, <c>bc1...</c>: the checksums of BIP 173 (Bech32) and BIP 350 (Bech32m).</summary>
internal sealed class Bech32Detector : IDetector
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const uint Bech32m = 0x2bc830a3;

    private static readonly string[] Networks = ["bc1", "tb1", "ltc1"];
    private static readonly uint[] Generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    public string Kind => "account";

    public int Rank => 75;

    public Anchor Anchor => Anchor.Token;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = new Finding(place.At, place.End);
        if (finding.Length is < 14 or > 90) return false;
        var text = place.Text[place.At..place.End];
        foreach (var network in Networks)
        {
            if (text.StartsWith(network, StringComparison.OrdinalIgnoreCase)) return IsChecked(network.AsSpan()[..^1], text[network.Length..]);
        }

        return false;
    }

    public string Normalize(ReadOnlySpan<char> value) => value.ToString().ToLowerInvariant();

    private static bool IsChecked(ReadOnlySpan<char> network, ReadOnlySpan<char> characters)
    {
        var sum = 1u;
        foreach (var c in network) sum = Step(sum, (uint)c >> 5);
        sum = Step(sum, 0);
        foreach (var c in network) sum = Step(sum, (uint)c & 31);
        foreach (var c in characters)
        {
            var value = Alphabet.IndexOf(char.ToLowerInvariant(c));
            if (value < 0) return false;
            sum = Step(sum, (uint)value);
        }

        return sum is 1 or Bech32m;
    }

    private static uint Step(uint sum, uint value)
    {
        var top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ value;
        for (var i = 0; i < Generators.Length; i++)
        {
            if (((top >> i) & 1) != 0) sum ^= Generators[i];
        }

        return sum;
    }
}
