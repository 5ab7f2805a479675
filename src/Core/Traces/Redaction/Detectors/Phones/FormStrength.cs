namespace Espalier.Core.Traces.Redaction.Detectors.Phones;

/// <summary>How much the form of some digits says about their being a telephone number.</summary>
internal enum FormStrength
{
    /// <summary>No telephone number looks like this.</summary>
    None,

    /// <summary>Digits in one piece.</summary>
    Bare,

    /// <summary>Grouped as telephone numbers are, and other numbers too.</summary>
    Grouped,

    /// <summary>Hardly anything else is written like this.</summary>
    Certain,
}
