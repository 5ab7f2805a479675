using Espalier.Contracts.Agents;

namespace Espalier.Core.Runs;

/// <summary>Runs one command of a version in a sandbox without network: verifiers and checks.</summary>
public interface ICommandRunner
{
    /// <summary>Never throws for what the command did; a refusal <c>sandbox-unavailable</c> when no sandbox can be started here.</summary>
    Task<CommandResult> RunAsync(CommandRequest request, CancellationToken cancellationToken);
}

/// <summary>A command with its input and limits.</summary>
public sealed record CommandRequest
{
    /// <summary>The version whose files the command finds, as a private copy, in its work folder.</summary>
    public required AgentVersion Version { get; init; }

    /// <summary>Run by <c>/bin/sh -c</c>.</summary>
    public required string Command { get; init; }

    /// <summary>Standard input, which is closed after it.</summary>
    public required string Input { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>More standard output than this ends the command.</summary>
    public int OutputBytes { get; init; } = 1 << 20;
}

/// <summary>How a command ended.</summary>
public sealed record CommandResult
{
    public required CommandEnd End { get; init; }

    /// <summary>Exit code, or 128 + signal; it means nothing unless <see cref="End"/> is <see cref="CommandEnd.Exited"/>.</summary>
    public required int ExitCode { get; init; }

    public required string Output { get; init; }

    /// <summary>The last 4 KiB of standard error.</summary>
    public required string Stderr { get; init; }
}

/// <summary>Exited: by itself. The others: it was ended, or its sandbox could not be set up.</summary>
public enum CommandEnd
{
    Exited,
    TimedOut,
    TooMuchOutput,
    SandboxFailed,
}
