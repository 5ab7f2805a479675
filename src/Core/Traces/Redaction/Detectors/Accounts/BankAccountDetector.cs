namespace Espalier.Core.Traces.Redaction.Detectors.Accounts;

/// <summary>Numbers of bank accounts beside a word that names them; routing numbers of US banks by their check digit (ABA) as well.</summary>
internal sealed class BankAccountDetector : IDetector
{
    private static readonly Hints Accounts = new(
        "account number", "account no", "acct no", "acct number", "bank account", "checking account", "savings account", "account_number", "bank_account",
        "accountnumber", "kontonummer", "numéro de compte", "número de cuenta", "conto corrente", "rekeningnummer");

    private static readonly Hints Routes = new("routing", "routing number", "aba", "rtn", "routing_number");

    private static readonly int[] RouteWeights = [3, 7, 1, 3, 7, 1, 3, 7, 1];

    public string Kind => "account";

    public int Rank => 35;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        var group = place.Groups[place.Index];
        finding = new Finding(group.Start, group.End);
        if (group.Length is < 6 or > 17 || group.Separator is '.' or '-' or '/') return false;
        if (place.CharAt(group.End) == '.' && char.IsAsciiDigit(place.CharAt(group.End + 1))) return false;
        if (place.Before is '#' or '$' or '€' or '£' or '-') return false;
        return Accounts.Before(place.Text, place.At, 28) || (group.Length == 9 && IsRoute(place) && Routes.Before(place.Text, place.At, 24));
    }

    private static bool IsRoute(in Place place) => Checksums.Weighted(place.Text.Slice(place.At, 9), RouteWeights) % 10 == 0;
}
