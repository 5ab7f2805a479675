using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary><c>traces delete</c>: for good, with what was said about them.</summary>
internal static class DeleteCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static Command Create(Shell shell)
    {
        var user = new Option<string?>("--user") { HelpName = "ID", Description = "All traces of this user" };
        var conversation = new Option<string?>("--conversation") { HelpName = "ID", Description = "All traces of this conversation" };
        var trace = new Option<string?>("--trace") { HelpName = "TRACE", Description = "This one trace" };
        var yes = new Option<bool>("--yes") { Description = "Do it: what is deleted cannot be had back" };
        return shell.Connected(
            "delete",
            "Deletes a user's, a conversation's or one trace for good, with its feedback",
            async (invocation, client, parse, cancellationToken) =>
            {
                var request = new DeleteTracesRequest
                {
                    User = parse.GetValue(user), Conversation = parse.GetValue(conversation), TraceId = parse.GetValue(trace) is { } id ? new TraceId(id) : null,
                };
                if (!parse.GetValue(yes))
                {
                    var query = new TraceQuery { User = request.User, Conversation = request.Conversation };
                    var count = request.TraceId is null ? (await client.Traces.TotalsAsync(query, cancellationToken)).Observed : 1;
                    throw CliError.Usage($"This would delete {count} traces for good.", "Nothing was deleted yet.", "Add --yes to do it.");
                }

                var deletion = await client.Traces.DeleteAsync(request, cancellationToken);
                using (var block = new ProgressBlock(invocation))
                {
                    while (deletion.DoneAt is null)
                    {
                        block.Show(deletion.Problem is { } problem ? $"deleting; tried again: {problem}" : "deleting");
                        await Task.Delay(Pause, invocation.Terminal.Time, cancellationToken);
                        deletion = await client.Traces.GetDeletionAsync(deletion.Id, cancellationToken);
                    }
                }

                invocation.Answer(deletion, ContractsJson.Default.Deletion, () =>
                    invocation.Line($"deleted {deletion.Traces} traces, {deletion.Spans} spans, {deletion.Feedback} feedback; done at {deletion.DoneAt:u}"));
                return ExitCodes.Done;
            },
            user, conversation, trace, yes);
    }
}
