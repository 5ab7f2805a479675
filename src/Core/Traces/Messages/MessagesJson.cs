using System.Text.Json;
using System.Text.Json.Serialization;

namespace Espalier.Core.Traces.Messages;

[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(JsonElement[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class MessagesJson : JsonSerializerContext;
