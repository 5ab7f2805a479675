using Espalier.Core.Shared;

namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>Keys and tokens of the known providers by the prefixes that they document, so that scanners find them.</summary>
internal static class KeyForms
{
    private const int Own = KeyFormat.RandomLength + 6;

    public static readonly IReadOnlyList<KeyForm> All =
    [
        // Models. What begins with sk- serves OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek, Langfuse (sk-lf-) and others.
        new("sk-", 20, 512, "-_"),
        new("pk-lf-", 30, 64, "-"),
        new("sess-", 40, 64),
        new("AIza", 35, 35, "-_"),
        new("hf_", 30, 64),
        new("gsk_", 40, 64),
        new("xai-", 60, 96),
        new("pplx-", 40, 64),
        new("r8_", 37, 40),
        new("nvapi-", 60, 80, "-_"),
        new("tvly-", 20, 64, "-"),
        new("lsv2_pt_", 32, 64, "_"),
        new("lsv2_sk_", 32, 64, "_"),
        new("fw_", 22, 32),
        new("jina_", 40, 72, "_-"),

        // Clouds.
        new("AKIA", 16, 16),
        new("ASIA", 16, 16),
        new("ABIA", 16, 16),
        new("ACCA", 16, 16),
        new("ya29.", 40, 1024, "-_"),
        new("GOCSPX-", 28, 28, "-_"),
        new("dop_v1_", 64, 64),
        new("doo_v1_", 64, 64),

        // Code and packages.
        new("ghp_", 36, 255),
        new("gho_", 36, 255),
        new("ghu_", 36, 255),
        new("ghs_", 36, 255),
        new("ghr_", 36, 255),
        new("github_pat_", 60, 255, "_"),
        new("glpat-", 20, 64, "-_"),
        new("npm_", 36, 36),
        new("pypi-AgE", 50, 512, "-_"),
        new("dckr_pat_", 20, 40, "-_"),

        // Messages, payments, shops.
        new("xoxb-", 20, 255, "-"),
        new("xoxp-", 20, 255, "-"),
        new("xoxa-", 20, 255, "-"),
        new("xoxs-", 20, 255, "-"),
        new("xoxr-", 20, 255, "-"),
        new("xoxe-", 20, 255, "-"),
        new("xapp-", 20, 255, "-"),
        new("hooks.slack.com/services/", 30, 128, "/"),
        new("sk_live_", 16, 255),
        new("sk_test_", 16, 255),
        new("rk_live_", 16, 255),
        new("rk_test_", 16, 255),
        new("pk_live_", 16, 255),
        new("whsec_", 24, 255, "+/="),
        new("SG.", 60, 80, ".-_"),
        new("shpat_", 32, 32),
        new("shpss_", 32, 32),
        new("EAAC", 80, 400),

        // Our own.
        new("espk_", Own, Own),
        new(KeyFormat.Run, Own, Own),
        new(KeyFormat.Local, Own, Own),
    ];
}
