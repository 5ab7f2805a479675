using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Traces.Redaction;

public sealed class DetectorsTests
{
    private const string Letters = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8zA0cD3fG5hJ7kL9nP1rS2uV4wX6yZ8bC0eF2gH4jK6";

    [Theory]
    [InlineData("write to jane.roe+x@mail.example.co.uk, please", "write to [EMAIL], please")]
    [InlineData("<Jane@Example.com>", "<[EMAIL]>")]
    [InlineData("mailto:jane@example.com?subject=x", "mailto:[EMAIL]?subject=x")]
    [InlineData("user=jane%40example.com&x=1", "user=[EMAIL]&x=1")]
    [InlineData("müller@bücher.example", "[EMAIL]")]
    [InlineData("jane@example.com.", "[EMAIL].")]
    [InlineData("logo@2x.png and @app.route and user@host and lib@1.2.3 and a @ b.com", "logo@2x.png and @app.route and user@host and lib@1.2.3 and a @ b.com")]
    public void Email_InText_IsFoundAndLookAlikesStay(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("4111111111111111", "[CARD]")]
    [InlineData("card 4111 1111 1111 1111 exp 12/27", "card [CARD] exp 12/27")]
    [InlineData("3782-822463-10005", "[CARD]")]
    [InlineData("6011111111111117", "[CARD]")]
    [InlineData("4111111111111112", "4111111111111112")]
    [InlineData("0.4111111111111111", "0.4111111111111111")]
    [InlineData("trace 1718000000000000000 at 1718000000000", "trace 1718000000000000000 at 1718000000000")]
    [InlineData("credit_card_4111111111111111x", "credit_card_4111111111111111x")]
    public void Card_ByIssuerLengthAndCheckDigit_IsFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("DE89370400440532013000", "[IBAN]")]
    [InlineData("DE89 3704 0044 0532 0130 00.", "[IBAN].")]
    [InlineData("no9386011117947", "[IBAN]")]
    [InlineData("FR1420041010050500013M02606", "[IBAN]")]
    [InlineData("DE88370400440532013000", "DE88370400440532013000")]
    [InlineData("DE8937040044053201300", "DE8937040044053201300")]
    [InlineData("XX89370400440532013000", "XX89370400440532013000")]
    public void Iban_ByCountryAndCheckDigits_IsFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("123-45-6789", "[SSN]")]
    [InlineData("SSN: 123456789", "SSN: [SSN]")]
    [InlineData("900-70-1234", "[ITIN]")]
    [InlineData("000-45-6789 666-45-6789 123-00-6789 123-45-0000", "000-45-6789 666-45-6789 123-00-6789 123-45-0000")]
    [InlineData("order 123456789", "order 123456789")]
    [InlineData("QQ123456C AB123456C AB 12 34 56 C", "QQ123456C [NINO] [NINO]")]
    [InlineData("driver's license D1234567 and seat D1234567", "driver's license [DRIVER_LICENCE] and seat D1234567")]
    public void NationalIds_ByTheirRules_AreFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("203.0.113.9:8080", "[IP]:8080")]
    [InlineData("http://203.0.113.9/x", "http://[IP]/x")]
    [InlineData("2001:db8::8a2e:370:7334", "[IP]")]
    [InlineData("::ffff:203.0.113.9 ::ffff:169.254.169.254", "[IP] ::ffff:169.254.169.254")]
    [InlineData("2001:db8:1:2:3:4:5:6:7 2001:db8::1::2 2001:db8:12345::1", "2001:db8:1:2:3:4:5:6:7 2001:db8::1::2 2001:db8:12345::1")]
    [InlineData("[2001:db8:0:0:0:0:2:1]:443", "[[IP]]:443")]
    [InlineData("127.0.0.1 0.0.0.0 ::1 169.254.169.254 fe80::1", "127.0.0.1 0.0.0.0 ::1 169.254.169.254 fe80::1")]
    [InlineData("v1.2.3.4 version 10.0.1.2 Chrome/120.0.0.0 1.2.3 1.2.3.4.5 999.1.1.1", "v1.2.3.4 version 10.0.1.2 Chrome/120.0.0.0 1.2.3 1.2.3.4.5 999.1.1.1")]
    [InlineData("12:30:45 a[1::2] std::vector 00:1a:2b:3c:4d:5e", "12:30:45 a[1::2] std::vector 00:1a:2b:3c:4d:5e")]
    public void Ip_OfOthers_IsFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("+41 (0)44 668 18 00", "[PHONE]")]
    [InlineData("+4420 7946 0018.", "[PHONE].")]
    [InlineData("0049 30 901820", "[PHONE]")]
    [InlineData("(212) 555-0142 x12", "[PHONE] x12")]
    [InlineData("212-555-0142x12", "[PHONE]")]
    [InlineData("1-800-555-0199", "[PHONE]")]
    [InlineData("0171 555 0142", "[PHONE]")]
    [InlineData("02.27.96.63.08", "[PHONE]")]
    [InlineData("phone 2125550142", "phone [PHONE]")]
    [InlineData("""{"phone_number": "2125550142"}""", """{"phone_number": "[PHONE]"}""")]
    [InlineData("Tel. 467 3395", "Tel. [PHONE]")]
    [InlineData("order 2125550142, page 467 3395", "order 2125550142, page 467 3395")]
    [InlineData("2024-05-15 11:25:00, 15.05.2024, 05/15/2024 10:30", "2024-05-15 11:25:00, 15.05.2024, 05/15/2024 10:30")]
    [InlineData("$1,299.00 3 000 000 EUR 12.5% #2125550142", "$1,299.00 3 000 000 EUR 12.5% #2125550142")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012")]
    [InlineData("Smartphone 9929635358 in cart", "Smartphone 9929635358 in cart")]
    public void Phone_ByFormOrNamedBeside_IsFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Theory]
    [InlineData("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "[ACCOUNT]")]
    [InlineData("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "[ACCOUNT]")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7", "[ACCOUNT]")]
    [InlineData("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("account number: 000123456789, routing 021000021", "account number: [ACCOUNT], routing [ACCOUNT]")]
    public void Account_ByChecksumOrNamedBeside_IsFound(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    // Put together here, so that scanners of repositories have nothing to find.
    [Theory]
    [InlineData("sk-", 48)]
    [InlineData("sk-ant-api03-", 60)]
    [InlineData("AIza", 35)]
    [InlineData("hf_", 34)]
    [InlineData("ghp_", 36)]
    [InlineData("github_pat_", 62)]
    [InlineData("sk_live_", 24)]
    [InlineData("xoxb-", 40)]
    [InlineData("gsk_", 52)]
    public void Key_OfAKnownProvider_IsFoundWholeAndAlone(string prefix, int length)
    {
        var key = prefix + Letters[..length];

        Redactors.Shape($"use {key}.").ShouldBe("use [KEY].");
        Redactors.Shape($"\"{key}\"").ShouldBe("\"[KEY]\"");
        Redactors.Shape($"{prefix}short1").ShouldBe($"{prefix}short1");
    }

    [Fact]
    public void Key_OfAws_IsFound() => Redactors.Shape("id " + "AKIA" + "IOSFODNN7EXAMPL2" + ",").ShouldBe("id [KEY],");

    [Fact]
    public void Key_OfOurOwn_IsFound()
    {
        var key = KeyFormat.Make(KeyFormat.Run, Letters[..KeyFormat.RandomLength]);

        Redactors.Shape($"OPENAI_API_KEY={key}").ShouldBe("OPENAI_API_KEY=[KEY]");
    }

    [Fact]
    public void Token_InAHeader_IsFoundAndItsSchemeStays()
    {
        var token = Letters[..30];

        Redactors.Shape($"Authorization: Bearer {token}").ShouldBe("Authorization: Bearer [KEY]");
        Redactors.Shape("Authorization: Basic amFuZTpzZWNyZXQtMTIz").ShouldBe("Authorization: Basic [KEY]");
        Redactors.Shape("Basic understanding of the bearer instruments").ShouldBe("Basic understanding of the bearer instruments");
    }

    [Fact]
    public void JwtAndPrivateKey_AreFoundWhole()
    {
        var jwt = "eyJhbGciOiJIUzI1NiJ9" + "." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0" + "." + "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        var pem = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc=\n-----END RSA " + "PRIVATE KEY-----";

        Redactors.Shape($"token {jwt} end").ShouldBe("token [KEY] end");
        Redactors.Shape($"a\n{pem}\nb").ShouldBe("a\n[KEY]\nb");
        Redactors.Shape("eyJub3QiOiJhIHRva2VuIn0.x.y").ShouldBe("eyJub3QiOiJhIHRva2VuIn0.x.y");
        Redactors.Shape("-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----").ShouldStartWith("-----BEGIN CERTIFICATE");
    }

    [Fact]
    public void Credentials_InAUrl_AreFoundAndTheHostStays()
    {
        Redactors.Shape("postgres://jane:s3cret@db.example.com:5432/x").ShouldBe("postgres://[CREDENTIALS]@db.example.com:5432/x");
        Redactors.Shape("https://example.com/a:b?x=@y").ShouldBe("https://example.com/a:b?x=@y");
    }
}
