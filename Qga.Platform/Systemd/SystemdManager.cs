using Qga.Platform.Native;
using Qga.Platform.Streams;
using Tmds.DBus.Protocol;

namespace Qga.Platform.Systemd;

/// <summary>systemd as the service manager of the guest, asked over D-Bus: org.freedesktop.systemd1(5).</summary>
public sealed class SystemdManager : IDisposable
{
    private const string Destination = "org.freedesktop.systemd1";
    private const string ManagerPath = "/org/freedesktop/systemd1";
    private const string ManagerInterface = $"{Destination}.Manager";
    private const string NoSuchUnit = $"{Destination}.NoUnitForPID";
    private const string NoSuchObject = "org.freedesktop.DBus.Error.UnknownObject";

    /// <summary>
    /// systemd's own socket first, as systemctl(1) does for root: while a guest is frozen, a bus daemon may be waiting for a
    /// disk. Where that is closed to us the bus remains.
    /// </summary>
    private static readonly string[] Sockets = ["/run/systemd/private", "/run/dbus/system_bus_socket"];

    private readonly Lock _gate = new();
    private DBusConnection? _connection;
    private bool _isDisposed;

    private SystemdManager()
    {
    }

    /// <summary>Whether it runs the guest; sd_booted(3).</summary>
    public static bool IsThere => LibC.DirectoryStatus("/run/systemd/system") == Errno.Success;

    /// <summary>Connects, does something, and disconnects.</summary>
    /// <param name="limit">How long all of that may take.</param>
    /// <param name="use">What to do.</param>
    /// <exception cref="SystemdException">It can't be reached, refuses, or does not answer in time.</exception>
    public static async Task<T> UseAsync<T>(TimeSpan limit, Func<SystemdManager, Task<T>> use)
    {
        using var manager = new SystemdManager();
        try
        {
            return await ConnectAndUse().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            throw new SystemdException($"systemd does not answer within {limit.TotalSeconds:0} s");
        }

        async Task<T> ConnectAndUse()
        {
            await manager.ConnectAsync();
            return await use(manager);
        }
    }

    /// <summary>Its version, as it tells it.</summary>
    /// <exception cref="SystemdException">It refuses.</exception>
    public async Task<string> VersionAsync() => (await GetAsync(ManagerPath, ManagerInterface, "Version")).GetString();

    /// <summary>What it is doing with the unit that a process belongs to.</summary>
    /// <exception cref="SystemdException">It refuses.</exception>
    public async Task<UnitJob> JobOfAsync(int process)
    {
        try
        {
            var unit = await CallAsync("GetUnitByPID", "u", (ref MessageWriter arguments) => arguments.WriteUInt32((uint)process));

            // A number and a path; 0 and / without a job.
            var job = await GetAsync(unit, $"{Destination}.Unit", "Job");
            if (job.GetItem(0).GetUInt32() == 0)
                return UnitJob.None;
            return (await GetAsync(job.GetItem(1).GetObjectPathAsString(), $"{Destination}.Job", "JobType")).GetString() switch
            {
                "stop" => UnitJob.Stop,
                "restart" or "try-restart" => UnitJob.Restart,
                _ => UnitJob.None,
            };
        }
        catch (SystemdException none) when (none.ErrorName is NoSuchUnit or NoSuchObject)
        {
            // The job was done in between.
            return UnitJob.None;
        }
    }

    /// <summary>Has it start a scope with a process that runs already. The process is there when the job is done.</summary>
    /// <param name="name">The unit's name.</param>
    /// <param name="properties">Those of the unit and of the scope; systemd.scope(5).</param>
    /// <exception cref="SystemdException">It refuses, as one does that does not know a property.</exception>
    internal Task StartScopeAsync(string name, IReadOnlyList<(string Name, VariantValue Value)> properties) =>
        CallAsync("StartTransientUnit", "ssa(sv)a(sa(sv))", (ref MessageWriter arguments) =>
        {
            arguments.WriteString(name);
            arguments.WriteString("fail");
            var all = arguments.WriteArrayStart(DBusType.Struct);
            foreach (var (property, value) in properties)
            {
                arguments.WriteStructureStart();
                arguments.WriteString(property);
                arguments.WriteVariant(value);
            }

            arguments.WriteArrayEnd(all);
            arguments.WriteArrayEnd(arguments.WriteArrayStart(DBusType.Struct));
        });

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _connection?.Dispose();
        }
    }

    private async Task ConnectAsync()
    {
        SystemdException? first = null;
        foreach (var path in Sockets)
        {
            try
            {
                await Take(new DBusConnection(new SocketOptions(new SystemdStream(Open(path))))).ConnectAsync();
                return;
            }
            catch (Exception failure) when (failure is DBusExceptionBase or PlatformException)
            {
                first ??= new SystemdException($"systemd can't be reached: {failure.Message}", failure);
            }
        }

        throw first!;
    }

    /// <summary>One that is not connected in time is given up as well.</summary>
    private DBusConnection Take(DBusConnection connection)
    {
        lock (_gate)
        {
            if (_isDisposed)
                connection.Dispose();
            return _connection = connection;
        }
    }

    private static DescriptorStream Open(string path)
    {
        var errno = LibC.OpenConnection(LibC.UnixAddress(path), out var socket);
        try
        {
            LibC.Credentials peer = default;
            if (errno == Errno.Success)
                errno = LibC.PeerCredentials(socket, out peer);
            SystemCallException.ThrowIfFailed(errno, path);

            // Process ids mean something to who is in our pid namespace; one that is outside has none here.
            return peer is { Process: > 0, User: 0 }
                ? new DescriptorStream(socket, EndOfFile.Final)
                : throw new PlatformException($"{path} is that of another machine or container");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method of the manager that returns a path.</summary>
    private Task<string> CallAsync(string method, string signature, Writing write) => CallAsync(
        ManagerPath, ManagerInterface, method, signature, write, static (message, _) => message.GetBodyReader().ReadObjectPathAsString());

    private Task<VariantValue> GetAsync(string path, string type, string property) => CallAsync(
        path,
        "org.freedesktop.DBus.Properties",
        "Get",
        "ss",
        (ref MessageWriter arguments) =>
        {
            arguments.WriteString(type);
            arguments.WriteString(property);
        },
        static (message, _) => message.GetBodyReader().ReadVariantValue());

    private async Task<T> CallAsync<T>(string path, string type, string method, string signature, Writing write, MessageValueReader<T> read)
    {
        try
        {
            return await _connection!.CallMethodAsync(Call(), read);
        }
        catch (DBusErrorReplyException refusal)
        {
            throw new SystemdException($"systemd refuses {method}: {refusal.ErrorMessage}", refusal) { ErrorName = refusal.ErrorName };
        }
        catch (DBusExceptionBase failure)
        {
            throw new SystemdException($"systemd does not answer {method}: {failure.Message}", failure);
        }

        MessageBuffer Call()
        {
            var writer = _connection!.GetMessageWriter();
            try
            {
                writer.WriteMethodCallHeader(Destination, path, type, method, signature);
                write(ref writer);
                return writer.CreateMessage();
            }
            finally
            {
                writer.Dispose();
            }
        }
    }

    private delegate void Writing(ref MessageWriter arguments);

    /// <summary>A socket that is connected already: no file is opened for it, which might be on a frozen disk.</summary>
    private sealed class SocketOptions(Stream socket) : DBusConnectionOptions
    {
        protected override ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken) =>
            new(new SetupResult { ConnectionStream = socket, UserId = $"{LibC.EffectiveUserId()}", MachineId = "", SupportsFdPassing = false });
    }
}
