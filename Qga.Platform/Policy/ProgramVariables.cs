namespace Qga.Platform.Policy;

/// <summary>
/// What a host may do with the variables of a program. Those that name something (a file, a command, an address) can have it do anything; a list of
/// them is never complete, so what no rule names is let through only if it is known to have no such effect.
/// </summary>
internal static class ProgramVariables
{
    // Those that are known to have a program run, load or obey something else than what it is: those that the C library takes from set-user-ID
    // programs (ld.so(8)), and their like.
    private static readonly string[] Prefixes =
    [
        "LD_", "BASH_", "PYTHON", "PERL", "RUBY", "NODE_", "NPM_", "LUA_", "GUILE_", "TCL_", "OCAML", "ERL_", "DOTNET_", "CORECLR_", "GIT_",
        "SVN_", "SSH_", "RSYNC_", "SUDO_", "GCONV_", "OPENSSL_", "SSL_", "DBUS_", "SYSTEMD_", "XDG_", "LESS", "GROFF_", "TAR_", "GTK_", "GIO_",
        "GDK_", "GSETTINGS_", "QT_", "KRB5", "SASL_", "LDAP", "PSQL", "MYSQL_", "DOCKER_", "KUBE", "AWS_", "ANSIBLE_", "CARGO_", "RUSTC", "MALLOC_",
        "NIS_", "RES_", "RESOLV_", "TERMINFO", "LIBVIRT_", "VIRSH_",
    ];

    private static readonly string[] Suffixes =
    [
        "PATH", "HOME", "ENV", "EDITOR", "PAGER", "BROWSER", "SHELL", "RSH", "ASKPASS", "COMMAND", "OPTIONS", "OPTS", "OPT", "FLAGS", "INIT",
        "RC", "CONFIG", "FILE", "DIR", "DIRS", "PRELOAD", "HOOK", "WRAPPER",
    ];

    private static readonly HashSet<string> Names =
    [
        "IFS", "PS4", "GLOBIGNORE", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "TERMCAP", "VISUAL", "MAKE", "MAKEFILES", "CC", "CXX", "LEX",
        "YACC", "GOROOT",
    ];

    /// <summary>Whether a program trusts what a variable of that name says of what it is to run: a rule names it in full or not at all.</summary>
    internal static bool IsTrusted(string name) => Names.Contains(name)
        || Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        || Array.Exists(Suffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Whether a variable only says in which words a program speaks, and to which terminal. A slash in one would lead to a file of translations,
    /// which can be made to do harm.
    /// </summary>
    internal static bool IsHarmless(string variable) => !variable.Contains('/', StringComparison.Ordinal) && NameOf(variable) is var name
        && (name is "LANG" or "LANGUAGE" or "TERM" || name.StartsWith("LC_", StringComparison.Ordinal));

    /// <summary>The name of a variable; a text without a value is one.</summary>
    internal static string NameOf(string variable) =>
        variable.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? variable[..end] : variable;
}
