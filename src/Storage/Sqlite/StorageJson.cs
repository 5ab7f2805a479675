using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;

namespace Espalier.Storage.Sqlite;

/// <summary>The one writer of what is stored as JSON: members in declared order, no white space, nulls left out. Equal values give equal bytes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [typeof(SnakeCaseEnumConverter<Split>), typeof(SnakeCaseEnumConverter<Boundary>), typeof(SnakeCaseEnumConverter<FileChangeKind>), typeof(SnakeCaseEnumConverter<Goal>), typeof(SnakeCaseEnumConverter<KeyScope>),
        typeof(SnakeCaseEnumConverter<ApprovalState>), typeof(SnakeCaseEnumConverter<UnknownPricePolicy>)])]
[JsonSerializable(typeof(AgentCallSite))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(Case))]
[JsonSerializable(typeof(DeferredBill))]
[JsonSerializable(typeof(Dictionary<string, int>))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(ReleaseEvent))]
[JsonSerializable(typeof(ToolApproval))]
internal sealed partial class StorageJson : JsonSerializerContext
{
    /// <summary>The context to store with: text that is not English stays readable and short. Never put into HTML as it is.</summary>
    public static StorageJson Canonical => Holder.Context;

    // A class of its own, because the generated half's statics must be there first.
    private static class Holder
    {
        public static readonly StorageJson Context =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
