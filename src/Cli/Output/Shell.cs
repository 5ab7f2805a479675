using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Cli.Servers;
using Espalier.Sdk;

namespace Espalier.Cli.Output;

internal delegate Task<int> Act(Invocation invocation, ParseResult parse, CancellationToken cancellationToken);

internal delegate Task<int> ConnectedAct(Invocation invocation, EspalierClient client, ParseResult parse, CancellationToken cancellationToken);

/// <summary>Makes commands whose every end, good or bad, comes out in the same form.</summary>
internal sealed class Shell(Terminal terminal)
{
    public Terminal Terminal { get; } = terminal;

    public Globals Globals { get; } = new();

    /// <summary>A command that acts without a server, or finds its own.</summary>
    public Command Verb(string name, string description, Act act, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option) command.Add(option);
            else if (symbol is Argument argument) command.Add(argument);
        }

        command.SetAction((parse, cancellationToken) => RunAsync(parse, act, cancellationToken));
        return command;
    }

    /// <summary>A command that needs a server; one is started when none runs.</summary>
    public Command Connected(string name, string description, ConnectedAct act, params Symbol[] symbols) =>
        Verb(
            name,
            description,
            async (invocation, parse, cancellationToken) =>
            {
                using var client = await Connection.OpenAsync(invocation, cancellationToken);
                return await act(invocation, client, parse, cancellationToken);
            },
            symbols);

    public static Command Noun(string name, string description, params Command[] verbs)
    {
        var noun = new Command(name, description);
        foreach (var verb in verbs) noun.Add(verb);
        return noun;
    }

    /// <summary>Three lines on standard error, or one line of JSON.</summary>
    public int Fail(CliError error, bool json, Exception? trace = null)
    {
        if (json)
        {
            var body = new JsonObject { ["code"] = error.Code, ["message"] = error.What, ["why"] = error.Why, ["fix"] = error.Fix };
            if (error.RequestId is { } id) body["request_id"] = id;
            Terminal.Err.WriteLine(JsonText.Of(new JsonObject { ["error"] = body }));
        }
        else
        {
            Terminal.Err.WriteLine($"error: {OneLine(error.What)}");
            Terminal.Err.WriteLine($"why:   {OneLine(error.Why)}");
            Terminal.Err.WriteLine($"fix:   {OneLine(error.Fix)}");
        }

        if (trace is not null) Terminal.Err.WriteLine(trace);
        return error.ExitCode;
    }

    private static string OneLine(string text) => Text.Clean(text).ReplaceLineEndings(" ");

    private async Task<int> RunAsync(ParseResult parse, Act act, CancellationToken cancellationToken)
    {
        var json = parse.GetValue(Globals.Json) is not null;
        var verbose = parse.GetValue(Globals.Verbose);
        try
        {
            return await act(new Invocation(Terminal, Globals, parse), parse, cancellationToken);
        }
        catch (CliError error)
        {
            return Fail(error, json, verbose ? error : null);
        }
        catch (EspalierException exception)
        {
            return Fail(CliError.From(exception, null), json, verbose ? exception : null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Fail(
                new CliError(ExitCodes.Interrupted, "interrupted", "Interrupted.", "The command was asked to stop before it was done.", "Run it again."), json);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            var error = CliError.Usage(exception.Message, "A file or stream could not be used.", "Check the path, its permissions and the free space.");
            return Fail(error, json, verbose ? exception : null);
        }
        catch (Exception exception)
        {
            var error = new CliError(
                ExitCodes.Internal, "internal", $"{exception.GetType().Name}: {exception.Message}", "This is a bug.", "Run it again with --verbose and report what it prints.");
            return Fail(error, json, verbose ? exception : null);
        }
    }
}
