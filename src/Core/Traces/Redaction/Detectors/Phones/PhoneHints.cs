namespace Espalier.Core.Traces.Redaction.Detectors.Phones;

/// <summary>Words for telephones beside a number.</summary>
internal static class PhoneHints
{
    /// <summary>Names of fields and labels.</summary>
    private static readonly Hints Labels = new(
        "phone", "phones", "telephone", "tel", "telno", "mobile", "mob", "cell", "cellphone", "fax", "hotline", "landline", "whatsapp", "sms", "msisdn", "pager",
        "phonenumber", "phone_number", "voicemail", "telefon", "telefonnummer", "handy", "handynummer", "rufnummer", "téléphone", "portable", "teléfono", "telefono",
        "móvil", "movil", "celular", "cellulare", "telefone", "telemóvel", "telefoon", "mobiel", "mobil", "puhelin", "komórka", "телефон", "тел", "τηλέφωνο",
        "电话", "電話", "手机", "전화");

    /// <summary>What one does with a telephone.</summary>
    private static readonly Hints Verbs = new("call", "called", "calling", "dial", "dialed", "ring", "text", "contact", "reach", "reached", "answering", "anrufen", "appeler", "llamar", "chiamare", "ligar", "bellen");

    /// <summary>Which of somebody's telephones, as in lists of contacts: <c>desk: 467 3395</c>, <c>467 3395 (home)</c>.</summary>
    private static readonly Hints Places = new("office", "home", "work", "desk", "direct", "mobile", "cell", "fax", "phone", "tel");

    /// <summary>For groups that are spaced like a telephone number.</summary>
    public static bool Near(ReadOnlySpan<char> text, int start, int end, int digits) =>
        Labels.Before(text, start, 28) || (digits >= 7 && Verbs.Before(text, start, 20)) || Places.After(text, end, 10)
        || (start > 1 && text[start - 1] is ' ' or ':' && text[..start].TrimEnd().EndsWith(':') && Places.Before(text, start, 12));

    /// <summary>For digits in one piece, which might be anything.</summary>
    public static bool Beside(ReadOnlySpan<char> text, int start, int end) =>
        Labels.Before(text, start, 18) || Places.After(text, end, 8)
        || (end - start >= 10 && Verbs.Before(text, start, 12))
        || (start > 1 && text[start - 1] is ' ' or ':' && text[..start].TrimEnd().EndsWith(':') && Places.Before(text, start, 12));
}
