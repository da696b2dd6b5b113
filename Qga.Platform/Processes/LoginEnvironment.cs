using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Processes;

/// <summary>
/// What programs expect to find in their environment, and a service manager does not set for a service of root: a shell without HOME
/// takes <c>~/file</c> for <c>/file</c>.
/// </summary>
internal static class LoginEnvironment
{
    /// <summary>As systemd has it, for one that keeps <c>/bin</c> and <c>/sbin</c> apart.</summary>
    internal const string UsualSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] LoginVariables = ["HOME", "USER", "LOGNAME", "SHELL"];

    /// <summary>Root as every system has it, should /etc/passwd not know.</summary>
    private static readonly UserEntry Root = new("root", Id: 0, Group: 0, "/root", "/bin/sh");

    /// <summary>The variables that are not set, or empty, with the values that a login of our user would give them.</summary>
    /// <param name="variable">The value of a variable; null if it is not set.</param>
    internal static IEnumerable<(string Name, string Value)> Missing(Func<string, string?> variable) =>
        Missing(variable, () => AccountOf(LibC.EffectiveUserId()));

    /// <param name="variable">The value of a variable; null if it is not set.</param>
    /// <param name="account">Asked only if something of it is missing; null for a user whom nobody knows.</param>
    internal static IEnumerable<(string Name, string Value)> Missing(Func<string, string?> variable, Func<UserEntry?> account)
    {
        if (IsMissing("PATH"))
            yield return ("PATH", UsualSearchPath);

        string[] names = [.. LoginVariables.Where(IsMissing)];
        if (names.Length == 0 || account() is not { } login)
            yield break;
        foreach (var name in names)
        {
            yield return (name, name switch
            {
                "HOME" => login.Home.Length > 0 ? login.Home : "/",
                "SHELL" => login.Shell.Length > 0 ? login.Shell : Root.Shell,
                _ => login.Name,
            });
        }

        bool IsMissing(string name) => string.IsNullOrEmpty(variable(name));
    }

    /// <summary>No directory is asked, for which it would hold up every program: the login of one of its users has set the variables.</summary>
    private static UserEntry? AccountOf(uint user)
    {
        _ = KernelFile.Read("/etc/passwd", out var text);
        return AccountFile.Users(text).FirstOrDefault(entry => entry.Id == user) ?? (user == 0 ? Root : null);
    }
}
