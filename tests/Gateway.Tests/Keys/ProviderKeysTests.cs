using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Gateway.Keys;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Keys;

public sealed class ProviderKeysTests : IDisposable
{
    private static readonly string Planted = string.Join("-", "planted", "provider", "key", "6350");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "espalier-keys-" + Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Set_Key_IsUsedByItsProviderAndIsNowhereOnTheDisk()
    {
        Keys().Set("anthropic", Planted).Last4.ShouldBe("6350");
        Keys().Open("anthropic").ShouldBe([(Planted, null)]);
        Keys().Open("openai").ShouldBeEmpty();
        Forms(Planted).ShouldAllBe(form => !Everything().Contains(form));
        Keys().List().ShouldHaveSingleItem().ToString().ShouldNotContain(Planted[..12]);
    }

    [Fact]
    public void Files_AreForTheirOwnerAlone()
    {
        if (OperatingSystem.IsWindows()) return;
        Keys().Set("openai", Planted);
        foreach (var file in Directory.GetFiles(_folder)) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        File.GetUnixFileMode(_folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Check_AnotherMasterKey_FailsAndTellsNoSecret()
    {
        Keys().Set("openai", Planted);
        File.Delete(Path.Combine(_folder, MasterKey.FileName));
        var fault = Should.Throw<StorageFault>(() => Keys().Check());
        fault.Message.ShouldContain("'openai'");
        fault.ToString().ShouldNotContain(Planted);
    }

    [Fact]
    public void Check_EntryMovedToAnotherProvider_IsNotOpened()
    {
        Keys().Set("openai", Planted);
        var file = Path.Combine(_folder, "provider-keys.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"openai\"", "\"anthropic\"", StringComparison.Ordinal));
        Should.Throw<StorageFault>(() => Keys().Check());
    }

    [Fact]
    public void MasterKey_GivenFromOutside_IsUsedAndNoFileIsMade()
    {
        var hex = new string('a', 64);
        Keys(name => name == "ESPALIER_MASTER_KEY" ? hex : null).Set("openai", Planted);
        File.Exists(Path.Combine(_folder, MasterKey.FileName)).ShouldBeFalse();
        Should.Throw<Refusal>(() => Keys(name => name == "ESPALIER_MASTER_KEY" ? "short" : null).Set("openai", Planted)).Code.ShouldBe("master-key-not-valid");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\nbreak")]
    [InlineData("schlüssel")]
    public void Set_WhatNoHeaderCanCarry_IsRefusedWithoutRepeatingIt(string key)
    {
        var refusal = Should.Throw<Refusal>(() => Keys().Set("openai", key));
        if (key.Length > 0) refusal.Message.ShouldNotContain(key);
    }

    [Fact]
    public void SecretBox_AnyChangedByte_IsNotOpened()
    {
        var box = new SecretBox(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes));
        var sealed1 = box.Seal(Planted, "a");
        sealed1.ShouldNotBe(box.Seal(Planted, "a"));
        box.Open(sealed1, "a").ShouldBe(Planted);
        Should.Throw<CryptographicException>(() => box.Open(sealed1, "b"));
        for (var i = 0; i < sealed1.Length; i++)
        {
            var changed = sealed1[..i] + (sealed1[i] == 'A' ? 'B' : 'A') + sealed1[(i + 1)..];
            string? opened = null;
            try
            {
                opened = box.Open(changed, "a");
            }
            catch (CryptographicException)
            {
                continue;
            }

            // The last letter before padding holds bits that mean nothing.
            opened.ShouldBe(Planted);
        }
    }

    private static IEnumerable<string> Forms(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return [secret, Convert.ToBase64String(bytes)[..20], Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), Uri.EscapeDataString(secret)];
    }

    private string Everything() => string.Concat(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));

    private ProviderKeys Keys(Func<string, string?>? environment = null) => new(_folder, environment ?? (_ => null), new ManualTime());
}
