using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;

namespace Espalier.Cli.Traces;

/// <summary><c>traces conversation</c>.</summary>
internal static class TalkCommand
{
    public static Command Create(Shell shell)
    {
        var id = new Argument<string>("conversation") { HelpName = "CONVERSATION", Description = "Its id, as traces show it" };
        return shell.Connected(
            "conversation",
            "Shows a conversation, oldest turn first",
            async (invocation, client, parse, cancellationToken) =>
            {
                var conversation = await client.Traces.GetConversationAsync(parse.GetValue(id)!, cancellationToken);
                invocation.Answer(conversation, ContractsJson.Default.Conversation, () =>
                {
                    invocation.Line($"{conversation.Id}: {conversation.Traces.Count} turns, {Text.Money(conversation.Totals.Cost)}{(conversation.User is { } user ? $", user {user}" : "")}");
                    if (conversation.Feedback.Count > 0) invocation.Line($"feedback {TracesCommand.Words(conversation.Feedback)}");
                    foreach (var trace in conversation.Traces)
                    {
                        invocation.Line();
                        invocation.Line($"{trace.Start:u}  {trace.TraceId}  {Text.Seconds(trace.Duration)}  {Text.Money(trace.Cost)}");
                        invocation.Line($"  > {Text.Cut(trace.Input, 400)}");
                        invocation.Line($"  < {Text.Cut(trace.Error is { } error ? $"error: {error}" : trace.Output, 400)}");
                    }
                });
                invocation.Next($"espalier traces show {conversation.Traces[^1].TraceId}");
                return ExitCodes.Done;
            },
            id);
    }
}
