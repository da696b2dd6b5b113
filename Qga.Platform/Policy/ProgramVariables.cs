namespace Qga.Platform.Policy;

/// <summary>
/// Variables by which a program, or a shell or interpreter that it is made of, is made to run something else than what it is: those that the
/// C library takes from set-user-ID programs (ld.so(8)), and their like.
/// </summary>
internal static class ProgramVariables
{
    private static readonly string[] Prefixes =
        ["LD_", "BASH_FUNC_", "PYTHON", "PERL", "RUBY", "NODE_", "LUA_", "DOTNET_", "CORECLR_", "GIT_", "GCONV_", "OPENSSL_"];

    private static readonly HashSet<string> Names =
    [
        "PATH", "HOME", "ENV", "BASH_ENV", "IFS", "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "GLOBIGNORE", "ZDOTDIR",
        "GLIBC_TUNABLES", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF",
        "RES_OPTIONS", "TMPDIR", "TZDIR", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
        "CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR", "EDITOR", "VISUAL", "PAGER", "BROWSER", "SHELL", "LESSOPEN", "LESSCLOSE", "MANPAGER",
        "SYSTEMD_PAGER", "SYSTEMD_EDITOR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    ];

    /// <summary>Whether a program trusts what a variable of that name says of what it is to run.</summary>
    internal static bool AreTrusted(string name) =>
        Names.Contains(name) || Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The name of a variable; a text without a value is one.</summary>
    internal static string NameOf(string variable) =>
        variable.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? variable[..end] : variable;
}
