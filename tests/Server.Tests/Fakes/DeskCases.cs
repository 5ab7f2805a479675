namespace Espalier.Server.Tests.Fakes;

/// <summary>Requests of a small support desk with the right answers; far enough apart not to count as near-duplicates.</summary>
public static class DeskCases
{
    public static IReadOnlyList<(string Input, string Label)> All { get; } =
    [
        ("Why was I charged twice in March?", "billing"),
        ("Please send the invoice to our accountant", "billing"),
        ("My card statement shows a fee nobody explained", "billing"),
        ("Can I pay yearly instead of monthly?", "billing"),
        ("I want my money back for last week", "billing"),
        ("The VAT number on the bill is wrong", "billing"),
        ("Which currencies do you accept?", "billing"),
        ("A discount code did nothing at checkout", "billing"),
        ("How much is the bigger plan?", "billing"),
        ("You took payment after I cancelled", "billing"),
        ("Where is my parcel now?", "delivery"),
        ("The box arrived crushed and wet", "delivery"),
        ("Can the courier leave it with a neighbour?", "delivery"),
        ("Tracking has said 'in transit' for nine days", "delivery"),
        ("I moved house, change the shipping address", "delivery"),
        ("Two of three items were missing from the package", "delivery"),
        ("Do you ship to Iceland?", "delivery"),
        ("Driver never rang the bell, yet says nobody home", "delivery"),
        ("When does express dispatch leave the warehouse?", "delivery"),
        ("Customs is holding my order at the border", "delivery"),
        ("I forgot my password again", "login"),
        ("The two-factor code never reaches my phone", "login"),
        ("It says my account is locked", "login"),
        ("Single sign-on loops back to the start page", "login"),
        ("How do I change the e-mail I sign in with?", "login"),
        ("Someone else got into my profile!", "login"),
        ("Reset link expired before I opened it", "login"),
        ("Captcha refuses me every time", "login"),
        ("Can two people share one username?", "login"),
        ("App logs me out each morning", "login"),
    ];
}
