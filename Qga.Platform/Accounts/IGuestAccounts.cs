namespace Qga.Platform.Accounts;

/// <summary>The accounts of the guest's users. Each call may hang with what the user's home is on.</summary>
public interface IGuestAccounts
{
    /// <summary>
    /// How long setting a password may take: another program may hold the lock of the password file, and hashing is slow on purpose.
    /// </summary>
    static readonly TimeSpan PasswordLimit = TimeSpan.FromMinutes(1);

    /// <summary>Sets a user's password.</summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="password">Any bytes but LF and NUL; nothing of it is kept.</param>
    /// <param name="isCrypted">Whether that is what crypt(5) has made of the password, or a word that locks it.</param>
    /// <exception cref="PlatformException">The guest did not take it, or not in time.</exception>
    void SetPassword(string user, ReadOnlySpan<byte> password, bool isCrypted);

    /// <summary>
    /// The keys that a user may log in with by SSH, in the order of the file: its lines without blanks around them, comments left out.
    /// </summary>
    /// <exception cref="PlatformException">There is no such user, or no such file, or it can't be read.</exception>
    IReadOnlyList<string> AuthorizedKeys(string user);

    /// <summary>
    /// Adds those keys that are not there yet, without the blanks around them, a line for each; everything else in the file stays as
    /// it is, but that its last line ends too.
    /// </summary>
    /// <param name="user">The name of the user.</param>
    /// <param name="keys">The keys, each on one line. One of blanks alone is none.</param>
    /// <param name="reset">Whether what is there now goes.</param>
    /// <exception cref="PlatformException">There is no such user, or the file can't be read or written; it is as it was then.</exception>
    void AddAuthorizedKeys(string user, IReadOnlyList<string> keys, bool reset);

    /// <summary>Removes the lines that have a key, whatever blanks are around it. A file that is not there has none.</summary>
    /// <exception cref="PlatformException">There is no such user, or the file can't be read or written; it is as it was then.</exception>
    void RemoveAuthorizedKeys(string user, IReadOnlyList<string> keys);
}
