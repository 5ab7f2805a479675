using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Ingest;

/// <summary>Text as people and agents of a shop write it: sentences of varied words, order numbers, sums, now and then an address.</summary>
internal sealed class Texts(Rng rng)
{
    private static readonly string[] Openings =
    [
        "Hello, I wrote last week about", "Could you please check", "I am still waiting for", "There seems to be a problem with", "Thank you for your quick answer on",
        "My colleague told me to ask about", "According to the tracking page,", "I have been charged twice for", "As I said on the phone,", "Nobody could explain",
    ];

    private static readonly string[] Subjects =
    [
        "the order", "my invoice", "the second parcel", "the replacement keyboard", "our yearly subscription", "the refund", "the delivery window", "a discount code",
        "the warranty claim", "the return label", "the standing desk", "the wrong colour", "my delivery address", "the payment method", "the customs form",
    ];

    private static readonly string[] Middles =
    [
        "which was promised for", "and the courier left it with a neighbour on", "because the page shows nothing since", "although it was confirmed on", "but the sum differs from that of",
        "and your colleague closed the ticket on", "so I would like to change it before", "and I have attached a photo taken on",
    ];

    private static readonly string[] Endings =
    [
        "Please tell me what happens next.", "I would rather have my money back.", "Can this be done without another call?", "Otherwise I will cancel the contract.",
        "The box was open when it arrived.", "It is a present and must be here by the weekend.", "Is there a form for that?", "Sorry for writing so often.",
        "Your shop has always been reliable, so I am surprised.", "If it helps, I can send the serial number.",
    ];

    private static readonly string[] Days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "3 March", "17 June", "29 August", "11 November", "the end of the month"];

    private static readonly string[] Syllables =
    [
        "ka", "lo", "mir", "ten", "ba", "rus", "ol", "vin", "der", "sha", "pi", "gor", "an", "tel", "mo", "ri", "quen", "fa", "lis", "ber", "no", "ges", "ul", "tra", "wen", "ci", "dor", "hep",
    ];

    public string Sentence()
    {
        var text = new StringBuilder();
        text.Append(Pick(Openings)).Append(' ').Append(Pick(Subjects)).Append(' ').Append(Code()).Append(' ').Append(Pick(Middles)).Append(' ').Append(Pick(Days)).Append(". ");
        text.Append(Pick(Endings));
        if (rng.Next(4) == 0) text.Append(" The ").Append(Word()).Append(' ').Append(Word()).Append(" costs ").Append(rng.Next(900) + 1).Append('.').Append(rng.Next(90) + 10).Append(" EUR.");
        if (rng.Next(25) == 0) text.Append(" Write to ").Append(Word()).Append('.').Append(Word()).Append("@example.com.");
        if (rng.Next(40) == 0) text.Append(" My number is +49 30 ").Append(rng.Next(9_000_000) + 1_000_000).Append('.');
        return text.ToString();
    }

    /// <summary>Of about this many characters.</summary>
    public string Paragraph(int length)
    {
        var text = new StringBuilder(length + 200);
        while (text.Length < length) text.Append(Sentence()).Append(' ');
        return text.ToString(0, Math.Max(1, length));
    }

    public string Code() => $"{(char)('A' + rng.Next(26))}{(char)('A' + rng.Next(26))}-{rng.Next(90_000) + 10_000}";

    public string Word()
    {
        var text = new StringBuilder();
        for (var i = 2 + rng.Next(3); i > 0; i--) text.Append(Pick(Syllables));
        return text.ToString();
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[rng.Next(from.Count)];

    public int Next(int exclusiveMax) => rng.Next(exclusiveMax);
}
