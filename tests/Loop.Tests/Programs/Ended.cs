using System.Text.Json;

namespace Espalier.Loop.Tests.Programs;

/// <summary>What one call of a program came to.</summary>
internal sealed record Ended(int Exit, string Out, string Err)
{
    public string[] ErrorLines => Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Standard output, which must be exactly one JSON document on one line or several, and nothing else.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                using var document = JsonDocument.Parse(Out);
                return document.RootElement.Clone();
            }
            catch (JsonException exception)
            {
                throw new Xunit.Sdk.XunitException($"Standard output is not one JSON document: {exception.Message}\n{this}", exception);
            }
        }
    }

    /// <summary>Ended well.</summary>
    public Ended Done()
    {
        Exit.ShouldBe(0, ToString());
        return this;
    }

    /// <summary>Ended with one clear message: what, why and fix, as the last three lines, and nothing on standard output.</summary>
    public Ended Failed(int exit, params string[] words)
    {
        Exit.ShouldBe(exit, ToString());
        Out.ShouldBeEmpty(ToString());
        var lines = ErrorLines;
        lines.Length.ShouldBeGreaterThanOrEqualTo(3, ToString());
        lines[^3].ShouldStartWith("error: ", Case.Sensitive, ToString());
        lines[^2].ShouldStartWith("why:   ", Case.Sensitive, ToString());
        lines[^1].ShouldStartWith("fix:   ", Case.Sensitive, ToString());
        lines.Count(line => line.StartsWith("error: ", StringComparison.Ordinal)).ShouldBe(1, ToString());
        lines.ShouldNotContain(line => line.StartsWith("   at ", StringComparison.Ordinal), ToString());
        lines[^3].Length.ShouldBeGreaterThan("error: ".Length + 5, ToString());
        lines[^1].Length.ShouldBeGreaterThan("fix:   ".Length + 5, ToString());
        var message = string.Join('\n', lines[^3..]);
        foreach (var word in words) message.ShouldContain(word, Case.Insensitive, ToString());
        return this;
    }

    /// <summary>The same with <c>--json</c>: one object on the last line of standard error; returns what to do.</summary>
    public string FailedJson(int exit, params string[] words)
    {
        Exit.ShouldBe(exit, ToString());
        Out.ShouldBeEmpty(ToString());
        using var document = JsonDocument.Parse(ErrorLines[^1]);
        var error = document.RootElement.GetProperty("error");
        foreach (var part in new[] { "code", "message", "why", "fix" }) error.GetProperty(part).GetString().ShouldNotBeNullOrEmpty(ToString());
        foreach (var word in words) error.GetRawText().ShouldContain(word, Case.Insensitive, ToString());
        return error.GetProperty("fix").GetString()!;
    }

    public override string ToString() => $"exit {Exit}\n--- out\n{Cut(Out)}\n--- err\n{Cut(Err)}";

    private static string Cut(string text) => text.Length <= 4000 ? text : text[..2000] + "\n[...]\n" + text[^2000..];
}
