using Espalier.Core.Traces.Redaction.Detectors.Accounts;
using Espalier.Core.Traces.Redaction.Detectors.Cards;
using Espalier.Core.Traces.Redaction.Detectors.DriverLicences;
using Espalier.Core.Traces.Redaction.Detectors.Emails;
using Espalier.Core.Traces.Redaction.Detectors.Ibans;
using Espalier.Core.Traces.Redaction.Detectors.IpAddresses;
using Espalier.Core.Traces.Redaction.Detectors.Keys;
using Espalier.Core.Traces.Redaction.Detectors.NationalIds;
using Espalier.Core.Traces.Redaction.Detectors.Phones;
using Espalier.Core.Traces.Redaction.Detectors.Urls;

namespace Espalier.Core.Traces.Redaction.Detectors;

/// <summary>Every detector, on one visible list.</summary>
internal static class DetectorList
{
    public static readonly IReadOnlyList<IDetector> All =
    [
        new PemDetector(),
        new JwtDetector(),
        new KeyDetector(),
        new HeaderDetector(),
        new UrlCredentialsDetector(),
        new EmailDetector(),
        new IbanDetector(),
        new CardDetector(),
        new SsnDetector(),
        new ItinDetector(),
        new NinoDetector(),
        new DriverLicenceDetector(),
        new Base58Detector(),
        new Bech32Detector(),
        new EthereumDetector(),
        new BankAccountDetector(),
        new IpV4Detector(),
        new IpV6Detector(),
        new PhoneDetector(),
    ];

    /// <summary>The words in configuration.</summary>
    public static readonly IReadOnlyList<string> Kinds = [.. All.Select(detector => detector.Kind).Distinct()];
}
