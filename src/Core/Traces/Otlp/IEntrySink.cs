namespace Espalier.Core.Traces.Otlp;

/// <summary>Takes items as they are decoded.</summary>
internal interface IEntrySink
{
    /// <summary>The item is reused as soon as this returns.</summary>
    void Take(OtlpEntry item);

    /// <summary>Counts data points, of which nothing is kept.</summary>
    void Ignore(int items);

    /// <summary>False, and the item is counted as rejected, when the request holds more than <see cref="OtlpLimits.Items"/>.</summary>
    bool MayTake();

    /// <summary>False when the request holds more than <see cref="OtlpLimits.AttributesPerRequest"/>.</summary>
    bool MayTakeAttribute();
}
