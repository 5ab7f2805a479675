using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Tests.Accounting;

public sealed class ToolFeesTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("claude-sonnet-4-5", """{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses": 3}]}""", 0.03)]
    [InlineData("claude-sonnet-4-5", """{"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", 0.05)]
    [InlineData("claude-sonnet-4-5", """{"messages":[{"role":"user","content":"what is a web_search?"}]}""", 0)]
    [InlineData("gpt-5", """{"tools":[{"type":"web_search"},{"type":"file_search"},{"type":"code_interpreter"}]}""", (0.01 + 0.0025 + 0.03) * 5)]
    [InlineData("gemini-2.5-flash", """{"tools":[{"google_search":{}}]}""", 0.035 * 5)]
    [InlineData("gemini-2.5-flash", """{"tools":[{"googleSearch":{}}]}""", 0.035 * 5)]
    [InlineData("gpt-5", """{"tools":[{"type":"function","name":"x"}]}""", 0)]
    public void Most_ToolsThatARequestAllows_AreCountedAsOftenAsTheyMayBeUsed(string model, string body, double dollars)
    {
        var row = PriceTable.Load().Find(null, model, Day).ShouldNotBeNull();
        ToolFees.Most(row, Encoding.UTF8.GetBytes(body), 5).ShouldBe(Usd.FromDollars((decimal)dollars));
    }
}
