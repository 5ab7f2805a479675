using Espalier.Cli.Output;
using Espalier.Contracts.Datasets;

namespace Espalier.Cli.Datasets;

/// <summary>A split as a flag's value.</summary>
internal static class Splits
{
    private static readonly string[] Names = ["search", "confirm", "vault"];

    public static Split Read(string text) => text switch
    {
        "search" => Split.Search,
        "confirm" => Split.Confirm,
        "vault" => Split.Vault,
        _ => throw CliError.Usage($"--split is \"{text}\".", "It is search, confirm or vault.", $"Write --split {Nearest.Of(text, Names, 1)[0]}"),
    };
}
