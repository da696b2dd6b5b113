using System.Runtime.ExceptionServices;
using Qga.Platform.Native;
using Qga.Platform.Threads;

namespace Qga.Platform.Users;

/// <summary>
/// Access to files with the rights of a user and no others: whatever the user puts in our way leads nowhere that the user could not go.
/// The thread is no process of the user's, who can neither signal nor trace it (setfsuid(2)).
/// </summary>
internal static class UserIdentity
{
    /// <summary>
    /// Runs <paramref name="work"/> as the user, on a thread that ends with it: there is no way back from the identity that could
    /// fail, and nothing else ever runs with it. Nothing in the work may start a thread, which would inherit it.
    /// </summary>
    /// <exception cref="PlatformException">The work's own, or this process may not act as the user, or there are no threads left.</exception>
    public static void Run(UserAccount user, Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = OwnThread.Start("as a user", () =>
        {
            try
            {
                Assume(user);
                work();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Join();
        failure?.Throw();
    }

    private static void Assume(UserAccount user)
    {
        var errno = LibC.SetThreadGroups(user.Groups);
        if (errno == Errno.Success)
            errno = LibC.SetThreadFileIdentity(user.UserId, user.GroupId);

        // Setting the user drops root's capabilities over files, unless the securebits keep them. Others matter to files too, as
        // CAP_SYS_RESOURCE, which passes over quotas. Root keeps its own.
        if (errno == Errno.Success && user.UserId != 0)
            errno = LibC.DropThreadCapabilities();
        SystemCallException.ThrowIfFailed(errno, $"failed to act as user '{user.Name}'");
    }
}
