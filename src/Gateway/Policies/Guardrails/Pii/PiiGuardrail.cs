using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Redaction;
using Token = Espalier.Core.Traces.Redaction.Placeholder;

namespace Espalier.Gateway.Policies.Guardrails.Pii;

/// <summary>Personal data and secrets, by the detectors that redact traces: <c>pii: [email, card]</c>, <c>pii: all</c>.</summary>
/// <remarks>One value has one placeholder for as long as the process lives, so that a redacted conversation still makes sense to a model.</remarks>
internal sealed class PiiGuardrail : IGuardrail
{
    public const string Key = "pii";

    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    private readonly TextRedactor _redactor;

    private PiiGuardrail(RedactionOptions options) => _redactor = new TextRedactor(options, ProcessKey);

    public string Name => Key;

    public GuardScope Scope => GuardScope.Texts;

    public static PiiGuardrail Read(StrictYaml yaml)
    {
        var options = new RedactionOptions();
        var kinds = yaml.Texts(Key) ?? [];
        if (kinds.Count == 0) throw yaml.Bad(Key, "is empty", $"Write all, or some of {string.Join(", ", RedactionOptions.KnownKinds)}.");
        if (kinds is ["all"]) return new PiiGuardrail(options);
        foreach (var kind in kinds)
        {
            if (!RedactionOptions.KnownKinds.Contains(kind))
            {
                var nearest = Nearest.Of(kind, RedactionOptions.KnownKinds, 1);
                throw yaml.Bad(Key, $"holds '{kind}'", $"{(nearest.Count > 0 ? $"Did you mean '{nearest[0]}'? " : "")}Write all, or some of {string.Join(", ", RedactionOptions.KnownKinds)}.");
            }

            options.Kinds.Add(kind);
        }

        return new PiiGuardrail(options);
    }

    public IReadOnlyList<TextFinding> FindIn(string text)
    {
        try
        {
            return [.. _redactor.Find(text).Select(found => new TextFinding(found.Finding.Start, found.Finding.End, found.Kind))];
        }
        catch (RegexMatchTimeoutException)
        {
            // Nobody can say what is in it.
            return [new TextFinding(0, text.Length, "unread")];
        }
    }

    public string Placeholder(string text, TextFinding finding) => Token.Make(ProcessKey, finding.What, text[finding.Start..finding.End]);
}
