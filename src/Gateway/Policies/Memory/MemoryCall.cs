using Espalier.Core.Runs;
using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Memory;

/// <summary>The call whose messages are changed.</summary>
/// <param name="Run">Whose it is.</param>
/// <param name="Side">Asks models on its behalf.</param>
/// <param name="Note">Keeps something about it for its span.</param>
internal sealed record MemoryCall(RunContext Run, SideModels Side, Action<string, string> Note);
