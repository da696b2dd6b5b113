using Qga.Platform.Native;
using Qga.Platform.Trust;

namespace Qga.Platform.Policy.Reading;

/// <summary>The directory of the rules: every <c>*.rules</c> in it, in the order of their names.</summary>
public static class PolicyDirectory
{
    public const string Default = "/etc/qemu/qga-policy.d";

    private const string Suffix = ".rules";
    private const int LargestFile = 1 << 20;

    /// <summary>Reads the rules.</summary>
    /// <param name="directory">Where they are.</param>
    /// <param name="vocabulary">The commands.</param>
    /// <param name="clocks">What rates and hours go by.</param>
    /// <returns>Null if there are none: no file, or not even the directory, if it is the default one.</returns>
    /// <exception cref="PolicyException">They can't be read, make no sense, or somebody else than we and root could write them.</exception>
    public static GuestPolicy? Load(string directory, PolicyVocabulary vocabulary, PolicyClocks clocks)
    {
        var errno = LibC.List(directory, out var names);
        if (errno == Errno.ENOENT && directory == Default)
            return null;
        if (errno != Errno.Success)
            throw new PolicyException(directory, 0, LibC.TextOf(errno));
        Trust(directory);
        var files = names.ToLookup(name => name.EndsWith(Suffix, StringComparison.Ordinal) && !name.StartsWith('.'));
        if (!files[true].Any())
        {
            return files[false].FirstOrDefault(name => !name.StartsWith('.')) is not { } other ? null : throw new PolicyException(
                directory, 0, $"there are no rules, but '{other}', which is not read: the names of rules end in {Suffix}");
        }

        var parser = new PolicyParser(vocabulary, clocks);
        var paths = files[true].Order(StringComparer.Ordinal).Select(name => $"{directory.TrimEnd('/')}/{name}");
        return new GuestPolicy(vocabulary, directory, [.. paths.SelectMany(path => parser.Parse(path, Read(path)))])
        {
            PassedOver = [.. files[false].Order(StringComparer.Ordinal)],
        };
    }

    private static byte[] Read(string path)
    {
        Trust(path);

        // Not a FIFO, which would be waited for.
        var errno = LibC.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_NOCTTY, out var file);
        using (file)
        {
            if (errno == Errno.Success)
                errno = LibC.Status(file, out var status) is var known && known == Errno.Success && !status.IsRegularFile
                    ? throw new PolicyException(path, 0, "it is no file")
                    : known;
            byte[] content = [];
            if (errno == Errno.Success)
                errno = LibC.ReadToEnd(file, out content, LargestFile);
            if (errno != Errno.Success)
                throw new PolicyException(path, 0, LibC.TextOf(errno));
            return content.Length <= LargestFile ? content : throw new PolicyException(path, 0, $"it is larger than {LargestFile} bytes");
        }
    }

    private static void Trust(string path)
    {
        const string Meaning = "which would let them make the rules";
        if (FileTrust.WeaknessOf(path) is { } weakness)
            throw new PolicyException(path, 0, $"{weakness}, {Meaning}", $"{weakness.Brief}, {Meaning}");
    }
}
