using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Qga.Testing;

namespace Qga.Client.Tests.Files;

/// <summary>The SHA-256 that qgactl has linked in says what the runtime's says.</summary>
public sealed class Sha256SumTests : IDisposable
{
    private static readonly string Source = Repository.PathOf("Qga.Ctl/Native/sha256.c");

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void Sum_is_that_of_the_standard(string text, string sum) => Assert.Equal(sum, Sha256Sum.Of(Encoding.ASCII.GetBytes(text)));

    [CompilerFact]
    public void Sum_that_is_linked_in_is_the_same_however_the_bytes_come()
    {
        var library = _scratch.PathOf("sha256.so");
        Assert.Equal(0, ProcessRun.Of("cc", ["-O2", "-shared", "-fPIC", "-o", library, Source]).ExitCode);
        NativeLibrary.SetDllImportResolver(
            typeof(GuestAgent).Assembly, (name, _, _) => name == "qga_sha256" ? NativeLibrary.Load(library, Assembly.GetExecutingAssembly(), null) : 0);

        using var sum = new LinkedSha256Sum();
        var bytes = Bytes(1000);
        for (var length = 0; length < 300; length++)
        {
            sum.Reset();
            for (var at = 0; at < length; at += length % 67 + 1)
            {
                sum.Append(bytes.AsSpan(at, Math.Min(length % 67 + 1, length - at)));
                _ = sum.Current();
            }

            Assert.Equal(SumOf(bytes[..length]), sum.Current());
        }

        sum.Append(bytes);
        Assert.Equal(SumOf([.. bytes[..299], .. bytes]), sum.Current());
    }

    [CompilerFact]
    public void Both_ways_say_the_same() => AssertWays(CTarget.Own, "");

    [CompilerFact(Target = CTarget.Arm64)]
    public void Both_ways_say_the_same_on_arm64() => AssertWays(CTarget.Arm64, "#pragma GCC target(\"+crypto\")");

    private static void AssertWays(string target, string pragma)
    {
        const int Blocks = 33;
        var printed = CProgram.OutputOf(
            $$"""
            {{pragma}}
            #include "{{Source}}"
            #include <stdio.h>
            static void print(void add(uint32_t *, const uint8_t *, size_t))
            {
                static uint8_t bytes[{{Blocks}} * 64 + 64];
                for (int i = 0; i < {{Blocks}} * 64; i++)
                    bytes[i] = i * 31 >> 3;
                bytes[{{Blocks}} * 64] = 0x80;
                bytes[sizeof bytes - 2] = ({{Blocks}} * 512) >> 8;
                bytes[sizeof bytes - 1] = ({{Blocks}} * 512) & 255;
                uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
                add(state, bytes, 1);
                add(state, bytes + 64, {{Blocks}});
                for (int i = 0; i < 8; i++)
                    printf("%08x", state[i]);
                puts("");
            }
            int main(void)
            {
                print(add_by_steps);
                print(has_instructions() ? add_by_instructions : add_by_steps);
                print(qga_sha256_add);
            }
            """,
            target: target);
        var sum = SumOf(Bytes(Blocks * 64));
        Assert.Equal($"{sum}\n{sum}\n{sum}\n", printed);
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(index => (byte)(index * 31 >> 3))];

    private static string SumOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
