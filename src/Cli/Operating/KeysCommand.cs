using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Operating;

/// <summary><c>keys</c>: virtual keys, and the keys of providers.</summary>
internal static class KeysCommand
{
    private static readonly Dictionary<string, KeyScope> Scopes = Enum.GetValues<KeyScope>().ToDictionary(scope => scope.ToString().ToLowerInvariant());

    public static Command Create(Shell shell) => Shell.Noun(
        "keys", "Makes, lists and revokes keys of callers; keeps keys of providers", New(shell), List(shell), Revoke(shell), SetProvider(shell), Providers(shell));

    private static Command New(Shell shell)
    {
        var name = new Argument<string>("NAME") { Description = "What the key is for" };
        var scopes = new Option<string[]>("--scope") { Description = "What it may do: ingest, call, read, operate, approve, admin (default: call)", HelpName = "SCOPE", AllowMultipleArgumentsPerToken = true };
        var agent = new Option<string?>("--agent") { Description = "The one agent that its calls are of", HelpName = "AGENT" };
        var models = new Option<string[]>("--model") { Description = "A model that it may call; 'gpt-5*' stands for any end", HelpName = "MODEL", AllowMultipleArgumentsPerToken = true };
        var budget = new Option<string?>("--budget") { Description = "All that it may spend", HelpName = "USD" };
        var session = new Option<string?>("--session-budget") { Description = "What each session may spend, named by the header x-espalier-session", HelpName = "USD" };
        var run = new Option<string?>("--run-budget") { Description = "What each run may spend, named by the header x-espalier-run-id", HelpName = "USD" };
        var requests = new Option<int?>("--requests-per-minute") { Description = "Most requests a minute", HelpName = "N" };
        var tokens = new Option<long?>("--tokens-per-minute") { Description = "Most tokens a minute", HelpName = "N" };
        var concurrent = new Option<int?>("--concurrent") { Description = "Most calls at the same time", HelpName = "N" };
        var days = new Option<int?>("--days") { Description = "Days until it expires (default: 90)", HelpName = "N" };
        var never = new Option<bool>("--never-expires") { Description = "It does not expire" };
        var unknown = new Option<string?>("--unknown-price") { Description = "Models without a known price: block or allow_and_flag (default: block where there is a budget)", HelpName = "POLICY" };
        var untraced = new Option<bool>("--untraced") { Description = "Nothing of its calls is written to the trace store; their money counts" };
        return shell.Connected(
            "create",
            "Makes a key and shows its secret this once",
            async (invocation, client, parse, cancellationToken) =>
            {
                var limits = new KeyLimits { RequestsPerMinute = parse.GetValue(requests), TokensPerMinute = parse.GetValue(tokens), Concurrent = parse.GetValue(concurrent) };
                var created = await client.Server.CreateKeyAsync(
                    new CreateKey
                    {
                        Name = parse.GetValue(name)!,
                        Scopes = ReadScopes(parse.GetValue(scopes)),
                        Agent = parse.GetValue(agent),
                        Models = parse.GetValue(models) is { Length: > 0 } listed ? listed : null,
                        Budget = ReadBudget(parse.GetValue(budget), "--budget"),
                        SessionBudget = ReadBudget(parse.GetValue(session), "--session-budget"),
                        RunBudget = ReadBudget(parse.GetValue(run), "--run-budget"),
                        Limits = limits == new KeyLimits() ? null : limits,
                        UnknownPrice = ReadPolicy(parse.GetValue(unknown)),
                        Untraced = parse.GetValue(untraced),
                        ExpiresInDays = parse.GetValue(days),
                        NeverExpires = parse.GetValue(never),
                    },
                    cancellationToken);
                invocation.Answer(created, ContractsJson.Default.CreatedKey, () => invocation.Line(created.Secret));
                invocation.Say($"{created.Key.Id} {created.Key.Name}: keep the secret now, it is not shown again");
                return ExitCodes.Done;
            },
            name, scopes, agent, models, budget, session, run, requests, tokens, concurrent, days, never, unknown, untraced);
    }

    private static Command List(Shell shell) => shell.Connected(
        "list",
        "Lists keys, newest first",
        async (invocation, client, _, cancellationToken) =>
        {
            var page = await client.Server.KeysAsync(cancellationToken);
            invocation.Answer(page, ContractsJson.Default.PageApiKey, () =>
            {
                var rows = new Rows("key", "name", "ends in", "scopes", "agent", "budget", "expires", "state");
                foreach (var key in page.Items)
                {
                    rows.Add(
                        key.Id, Text.Cut(key.Name, 40), key.Last4, string.Join(",", key.Scopes).ToLowerInvariant(), key.Agent ?? "any", key.Budget?.ToString() ?? "no limit",
                        key.Expires?.ToString("u") ?? "never", State(key, invocation.Terminal.Time.GetUtcNow()));
                }

                rows.Write(invocation);
            });
            return ExitCodes.Done;
        });

    private static Command Revoke(Shell shell)
    {
        var key = new Argument<string>("KEY") { Description = "Its id, as 'keys list' shows it" };
        return shell.Connected(
            "revoke",
            "Revokes a key, at once",
            async (invocation, client, parse, cancellationToken) =>
            {
                var revoked = await client.Server.RevokeKeyAsync(parse.GetValue(key)!, cancellationToken);
                invocation.Answer(revoked, ContractsJson.Default.ApiKey, () => invocation.Line($"revoked {revoked.Id} {revoked.Name}"));
                return ExitCodes.Done;
            },
            key);
    }

    private static Command SetProvider(Shell shell)
    {
        var provider = new Argument<string>("PROVIDER") { Description = "openai, anthropic, gemini, azure, or the name of a compatible server" };
        var overlap = new Option<int?>("--overlap") { Description = "Hours for which the key before it stands in when it does not work (default: 0)", HelpName = "HOURS" };
        return shell.Connected(
            "set-provider",
            "Keeps a provider's key, encrypted; reads it from standard input",
            async (invocation, client, parse, cancellationToken) =>
            {
                // Never an argument: other users of the machine see those.
                if (invocation.Terminal.InIsTerminal) invocation.Say("Type or paste the key, then Enter:");
                var secret = await invocation.Terminal.In.ReadLineAsync(cancellationToken);
                if (string.IsNullOrWhiteSpace(secret))
                    throw CliError.Usage("There is no key on standard input.", "A key is never taken from the command line.", "Pipe it: espalier keys set-provider openai < FILE");
                var kept = await client.Server.SetProviderKeyAsync(parse.GetValue(provider)!, secret.Trim(), Until(invocation, parse.GetValue(overlap)), cancellationToken);
                invocation.Answer(kept, ContractsJson.Default.ProviderKey, () => invocation.Line($"kept the key of {kept.Provider} that ends in {kept.Last4}"));
                invocation.Say("the server uses it from the next request on, unless its environment has a key of this provider");
                return ExitCodes.Done;
            },
            provider, overlap);
    }

    private static DateTimeOffset? Until(Invocation invocation, int? hours) => hours switch
    {
        null or 0 => null,
        > 0 and <= 24 * 365 => invocation.Terminal.Time.GetUtcNow().AddHours(hours.Value),
        _ => throw CliError.Usage($"--overlap is {hours}.", "It takes hours from 0 to 8760.", "espalier keys set-provider openai --overlap 24 < FILE"),
    };

    private static Command Providers(Shell shell) => shell.Connected(
        "providers",
        "Lists the providers whose keys are kept",
        async (invocation, client, _, cancellationToken) =>
        {
            var page = await client.Server.ProviderKeysAsync(cancellationToken);
            invocation.Answer(page, ContractsJson.Default.PageProviderKey, () =>
            {
                var rows = new Rows("provider", "ends in", "set", "before it");
                foreach (var kept in page.Items) rows.Add(kept.Provider, kept.Last4, kept.Set.ToString("u"), string.Join(", ", kept.Previous.Select(previous => $"{previous.Last4} until {previous.Until:u}")));
                rows.Write(invocation);
            });
            return ExitCodes.Done;
        });

    private static string State(ApiKey key, DateTimeOffset now) => key.Revoked is not null ? "revoked" : key.Expires <= now ? "expired" : "good";

    private static List<KeyScope> ReadScopes(string[]? words) => words is not { Length: > 0 }
        ? [KeyScope.Call]
        : [.. words.SelectMany(word => word.Split(',')).Select(word => Scopes.TryGetValue(word.Trim(), out var scope)
            ? scope
            : throw CliError.Usage($"'{word}' is no scope.", $"Scopes are {string.Join(", ", Scopes.Keys)}.", "Correct --scope."))];

    private static Usd? ReadBudget(string? text, string option) => text is null ? null : Usd.TryParse(text, out var amount)
        ? amount
        : throw CliError.Usage($"'{text}' is no amount.", "A budget is like 5, $5 or 5usd.", $"Correct {option}.");

    private static UnknownPricePolicy? ReadPolicy(string? word) => word switch
    {
        null => null,
        "block" => UnknownPricePolicy.Block,
        "allow_and_flag" => UnknownPricePolicy.AllowAndFlag,
        _ => throw CliError.Usage($"'{word}' is no policy.", "--unknown-price is block or allow_and_flag.", "Correct --unknown-price."),
    };
}
