namespace Espalier.Gateway.Pricing;

/// <summary>USD per million tokens of each kind. Null is not told, and what that means depends on the kind.</summary>
internal sealed record Rates
{
    public required decimal Input { get; init; }

    public required decimal Output { get; init; }

    /// <summary>Null: tokens read from a cache cost as input, because providers that name no discount give none.</summary>
    public decimal? CacheRead { get; init; }

    /// <summary>Null: tokens written to a cache cost as input.</summary>
    public decimal? CacheWrite { get; init; }

    /// <summary>Null: the price of what is kept for an hour is unknown.</summary>
    public decimal? CacheWriteHour { get; init; }

    /// <summary>Null: reasoning is output like any other.</summary>
    public decimal? Reasoning { get; init; }

    /// <summary>Null: the price of sound is unknown; it is seldom that of text.</summary>
    public decimal? InputAudio { get; init; }

    public decimal? OutputAudio { get; init; }

    public Rates Times(decimal factor) => factor == 1 ? this : new()
    {
        Input = Input * factor,
        Output = Output * factor,
        CacheRead = CacheRead * factor,
        CacheWrite = CacheWrite * factor,
        CacheWriteHour = CacheWriteHour * factor,
        Reasoning = Reasoning * factor,
        InputAudio = InputAudio * factor,
        OutputAudio = OutputAudio * factor,
    };

    /// <summary>These rates, with those of <paramref name="over"/> that it tells in their place.</summary>
    public Rates With(SomeRates over) => new()
    {
        Input = over.Input ?? Input,
        Output = over.Output ?? Output,
        CacheRead = over.CacheRead ?? CacheRead,
        CacheWrite = over.CacheWrite ?? CacheWrite,
        CacheWriteHour = over.CacheWriteHour ?? CacheWriteHour,
        Reasoning = over.Reasoning ?? Reasoning,
        InputAudio = over.InputAudio ?? InputAudio,
        OutputAudio = over.OutputAudio ?? OutputAudio,
    };
}

/// <summary>Those rates that a tier tells; the others are those of the tier below it.</summary>
internal sealed record SomeRates
{
    public decimal? Input { get; init; }

    public decimal? Output { get; init; }

    public decimal? CacheRead { get; init; }

    public decimal? CacheWrite { get; init; }

    public decimal? CacheWriteHour { get; init; }

    public decimal? Reasoning { get; init; }

    public decimal? InputAudio { get; init; }

    public decimal? OutputAudio { get; init; }

    /// <summary>True when both sides have a price of their own, so that nothing of the tier below is left to guess from.</summary>
    public bool IsWhole => Input is not null && Output is not null;
}

/// <summary>Rates of a whole request whose prompt, cached part included, is longer than a number of tokens.</summary>
internal sealed record PromptTier(long Tokens, SomeRates Rates);

/// <summary>Rates of a service tier: a factor on the row's own, and on top of it what the tier tells itself.</summary>
internal sealed record ServiceTier(decimal Factor, SomeRates Rates);
