using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary><c>traces feedback</c>.</summary>
internal static class FeedbackCommand
{
    public static Command Create(Shell shell)
    {
        var id = new Argument<string?>("trace") { HelpName = "TRACE", Description = "The trace that it is about", Arity = ArgumentArity.ZeroOrOne };
        var span = new Option<string?>("--span") { HelpName = "SPAN", Description = "The span of that trace that it is about" };
        var conversation = new Option<string?>("--conversation") { HelpName = "ID", Description = "The conversation that it is about, instead of a trace" };
        var response = new Option<string?>("--response") { HelpName = "ID", Description = "The answer that it is about, by the provider's id, instead of a trace" };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "What is told: outcome, thumbs, csat", DefaultValueFactory = _ => "outcome" };
        var label = new Option<string?>("--label") { HelpName = "TEXT", Description = "The right answer" };
        var value = new Option<double?>("--value") { HelpName = "N", Description = "A number; yes is 1 and no is 0" };
        var source = new Option<string>("--source") { HelpName = "WHO", Description = "Who tells it", DefaultValueFactory = _ => "user" };
        var comment = new Option<string?>("--comment") { HelpName = "TEXT", Description = "In words" };
        var demonstration = new Option<string?>("--demonstration") { HelpName = "TEXT", Description = "What the agent should have answered" };
        return shell.Connected(
            "feedback",
            "Tells something about a trace, a span, a conversation or an answer",
            async (invocation, client, parse, cancellationToken) =>
            {
                if (parse.GetValue(label) is null && parse.GetValue(value) is null && parse.GetValue(comment) is null && parse.GetValue(demonstration) is null)
                {
                    throw CliError.Usage(
                        "There is nothing to tell.", "Feedback is a label, a number, a comment or a demonstration.",
                        "Add --label TEXT, --value N, --comment TEXT or --demonstration TEXT.");
                }

                var item = new FeedbackSignal
                {
                    TraceId = parse.GetValue(id) is { } trace ? new TraceId(trace) : null,
                    SpanId = parse.GetValue(span) is { } one ? new SpanId(one) : null,
                    Conversation = parse.GetValue(conversation),
                    ResponseId = parse.GetValue(response),
                    Name = parse.GetValue(name)!,
                    Source = parse.GetValue(source)!,
                    Label = parse.GetValue(label),
                    Value = parse.GetValue(value),
                    Comment = parse.GetValue(comment),
                    Demonstration = parse.GetValue(demonstration),
                };
                var receipt = await client.Traces.FeedbackAsync(new FeedbackBatch { Items = [item] }, cancellationToken);
                invocation.Answer(receipt, ContractsJson.Default.FeedbackReceipt, () =>
                {
                    invocation.Line("stored");
                    if (receipt.Quarantined > 0) invocation.Line($"'{item.Name}' is no metric that the server knows: it is kept, but counted nowhere until it is added to Traces:Metrics");
                });
                return ExitCodes.Done;
            },
            id, span, conversation, response, name, label, value, source, comment, demonstration);
    }
}
