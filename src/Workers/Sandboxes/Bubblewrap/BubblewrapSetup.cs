using Microsoft.Extensions.Logging;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>What was found on this machine once and serves every sandbox.</summary>
internal sealed record BubblewrapSetup
{
    public required BubblewrapArguments Arguments { get; init; }

    public required string Forwarder { get; init; }

    public required string Version { get; init; }

    public required SupportFiles Support { get; init; }

    public required ControlGroups? Groups { get; init; }

    /// <summary>True when the server is root: each sandbox then gets a user id of its own.</summary>
    public required bool OwnUsers { get; init; }

    public required Staging Staging { get; init; }

    /// <summary>Whether large folders can be laid under an overlay rather than copied.</summary>
    public bool Overlays { get; init; }

    /// <summary>The set-up, or what is missing and how to get it.</summary>
    public static async Task<(BubblewrapSetup? Setup, string Missing, string Fix)> FindAsync(
        WorkersOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var bubblewrap = options.BubblewrapPath ?? Programs.Find("bwrap");
        if (bubblewrap is null || !Programs.IsExecutable(bubblewrap))
            return (null, $"bubblewrap is not installed{(bubblewrap is null ? "" : $" at {bubblewrap}")}", "apt-get install bubblewrap");
        var version = await Tool.AskAsync(bubblewrap, ["--version"], cancellationToken) is [var line, ..] ? line.Split(' ')[^1] : "?";
        if (System.Version.TryParse(version, out var number) && number < new Version(0, 8))
            return (null, $"bubblewrap {version} is too old: 0.8 or later is needed", "Install bubblewrap 0.8 or later (Debian 12, Ubuntu 24.04)");
        if (ForwarderProgram.Find(options.ForwarderPath) is not { } forwarder)
            return (null, $"the sandbox's helper program is missing{(options.ForwarderPath is { } path ? $" at {path}" : "")}",
                "eng/forwarder/build.sh (needs apt-get install gcc libc6-dev)");

        var (groups, why) = ControlGroups.Detect();
        if (groups is null) logger.ControlGroupsMissing(why);
        else foreach (var folder in await groups.SweepAsync()) logger.LeftoverRemoved(folder);
        var support = SupportFiles.Write(options.StateFolder);
        var interpreters = await Interpreters.FoldersAsync(options, logger, cancellationToken);
        return (new BubblewrapSetup
        {
            Arguments = new BubblewrapArguments(bubblewrap, forwarder, support, interpreters),
            Forwarder = forwarder,
            Version = version,
            Support = support,
            Groups = groups,
            OwnUsers = Environment.IsPrivilegedProcess,
            Staging = Environment.IsPrivilegedProcess ? Staging.Root : Staging.OwnNamespace,
        }, "", "");
    }
}
