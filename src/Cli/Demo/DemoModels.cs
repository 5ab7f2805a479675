using Espalier.Cli.Output;

namespace Espalier.Cli.Demo;

/// <summary>Which models the demo may use, and the one that its agent starts with when it is not the sample's own.</summary>
internal sealed record DemoModels(IReadOnlyList<string> Names, string? Own)
{
    private static readonly string[] Local = ["local/word-nn", "local/char-nn"];

    public static DemoModels Choose(Invocation invocation, DemoOptions options)
    {
        var endpoint = invocation.Terminal.Variable("OPENAI_BASE_URL") is { Length: > 0 } url
            && invocation.Terminal.Variable("OPENAI_API_KEY") is { Length: > 0 } ? url : null;
        if (options.Models.Count > 0)
        {
            if (endpoint is null && !options.Models.All(model => model.StartsWith("local/", StringComparison.Ordinal)))
                throw CliError.Usage("--model names a model, and no endpoint is set.", "The demo takes it from OPENAI_BASE_URL and OPENAI_API_KEY.", "Set both, or leave --model out for the local models.");
            invocation.Say(endpoint is null ? "models: local" : $"models: the endpoint at {endpoint} (OPENAI_BASE_URL); its calls cost real money within the budget");
            return new DemoModels(options.Models, options.Models[0]);
        }

        if (endpoint is not null)
            invocation.Say($"models: local. OPENAI_BASE_URL is set too: to use {endpoint}, name its models with --model CHEAP --model DEAR");
        return new DemoModels(Local, null);
    }
}
