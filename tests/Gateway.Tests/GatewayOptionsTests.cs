using Espalier.Gateway.Providers;
using Microsoft.Extensions.Configuration;

namespace Espalier.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void Bind_EverySettingOfTheReference_IsTaken()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gateway:MaxRetries"] = "4",
            ["Gateway:MaxTryTime"] = "00:00:30",
            ["Gateway:Breaker:ConsecutiveFailures"] = "3",
            ["Gateway:Breaker:OpenFor"] = "00:00:02",
            ["Gateway:Fallbacks:gpt-5:0:Model"] = "claude-sonnet-4-5",
            ["Gateway:Fallbacks:gpt-5:0:On:0"] = "rate_limit",
            ["Gateway:OpenAi:Keys:0:Name"] = "second",
            ["Gateway:OpenAi:Keys:0:ApiKey"] = "sk-second",
            ["Gateway:OpenAi:Keys:0:BaseUrl"] = "http://127.0.0.1:9/v1",
            ["Gateway:Compatible:house:BaseUrl"] = "http://127.0.0.1:9/v1",
            ["Gateway:Compatible:house:Models:0"] = "qwen3",
            ["Gateway:Anthropic:FirstByteTimeout"] = "00:00:07",
            ["Gateway:Azure:Deployments:gpt-5"] = "ours",
        }).Build();
        var options = new GatewayOptions();
        configuration.GetSection(GatewayOptions.Section).Bind(options);
        (options.MaxRetries, options.MaxTryTime, options.Breaker.ConsecutiveFailures, options.Breaker.OpenFor).ShouldBe((4, TimeSpan.FromSeconds(30), 3, TimeSpan.FromSeconds(2)));
        options.Fallbacks["gpt-5"].ShouldHaveSingleItem().On.ShouldBe(["rate_limit"]);
        var key = options.OpenAi.Keys.ShouldHaveSingleItem();
        (key.Name, key.ApiKey, key.BaseUrl!.Port).ShouldBe(("second", "sk-second", 9));
        options.Compatible["house"].Models.ShouldBe(["qwen3"]);
        options.Anthropic.FirstByteTimeout.ShouldBe(TimeSpan.FromSeconds(7));
        options.Azure.Deployments["gpt-5"].ShouldBe("ours");
        new GatewayOptionsValidator().Validate(null, options).Succeeded.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    public void Validate_KeyWithoutAName_IsRefused(string name)
    {
        var options = new GatewayOptions();
        options.OpenAi.Keys.Add(new Gateway.Providers.Keys.UpstreamKeyOptions { Name = name, ApiKey = "sk-planted" });
        var result = new GatewayOptionsValidator().Validate(null, options);
        result.Failed.ShouldBeTrue();
        result.FailureMessage.ShouldNotContain("sk-planted");
    }
}
