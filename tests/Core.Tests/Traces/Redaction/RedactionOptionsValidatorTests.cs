using Espalier.Core.Traces.Redaction;

namespace Espalier.Core.Tests.Traces.Redaction;

public sealed class RedactionOptionsValidatorTests
{
    [Theory]
    [InlineData("email", "customer", "C-[0-9]{8}", null)]
    [InlineData("e-mail", "customer", "x", "which is no kind. Known: ")]
    [InlineData("email", "Customer", "x", "named wrongly")]
    [InlineData("email", "email", "x", "built in")]
    [InlineData("email", "customer", "", "0 characters")]
    [InlineData("email", "customer", "(", "cannot be used")]
    [InlineData("email", "customer", "(?=x)", "cannot be used")]
    [InlineData("email", "customer", "a*", "matches the empty text")]
    [InlineData("email", "customer", "(a{1000}){1000}", "cannot be used")]
    public void Validate_Options_AreRefusedWithTheReason(string kind, string name, string pattern, string? reason)
    {
        var options = new RedactionOptions();
        options.Kinds.Add(kind);
        options.Patterns[name] = pattern;

        var result = new RedactionOptionsValidator().Validate(null, options);

        result.Failed.ShouldBe(reason is not null);
        if (reason is not null) result.FailureMessage!.ShouldContain(reason);
    }

    [Fact]
    public void Validate_TooManyOrTooLongPatterns_AreRefused()
    {
        var options = new RedactionOptions();
        for (var i = 0; i <= RedactionOptions.MostPatterns; i++) options.Patterns[$"p{i}"] = "x";
        options.Patterns["long"] = new string('x', RedactionOptions.LongestPattern + 1);

        var result = new RedactionOptionsValidator().Validate(null, options);

        result.FailureMessage.ShouldNotBeNull().ShouldContain("50 are the most");
        result.FailureMessage!.ShouldContain("1001 characters");
    }
}
