using System.Text;
using System.Text.Json;
using Espalier.Contracts.Search;
using Espalier.Storage.Sqlite;
using Espalier.Testing;
using Espalier.Testing.Contracts;

namespace Espalier.Storage.Tests.Sqlite;

public sealed class StoredEventTests
{
    // These bytes lie in people's databases: a difference here is a change of format.
    [Fact]
    public void Serialize_EveryKindOfEvent_MatchesTheGoldenLines()
    {
        var lines = new StringBuilder();
        foreach (var one in SessionEvents.OneOfEach) lines.Append(Write(one)).Append('\n');
        Golden.Match(lines.ToString(), "session-events.jsonl");
    }

    [Fact]
    public void Serialize_WhatWasRead_GivesTheSameBytes()
    {
        foreach (var one in SessionEvents.OneOfEach)
            Write(JsonSerializer.Deserialize(Write(one), StorageJson.Canonical.SessionEvent)!).ShouldBe(Write(one));
    }

    [Fact]
    public void Deserialize_FailureOfALogOlderThanCodes_HasNone() =>
        JsonSerializer.Deserialize("""{"type":"failed","reason":"disk full","fix":"free space","resumable":true}""", StorageJson.Canonical.SessionEvent)
            .ShouldBe(new SessionEvent.SessionFailed(null, "disk full", "free space", Resumable: true));

    private static string Write(SessionEvent one) => JsonSerializer.Serialize(one, StorageJson.Canonical.SessionEvent);
}
