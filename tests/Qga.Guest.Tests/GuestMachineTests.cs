namespace Qga.Guest.Tests;

/// <summary>What the cases rely on: a guest of one's own, with its own hardware, that ends as it is told to.</summary>
public sealed class GuestMachineTests
{
    [GuestFact]
    public async Task A_guest_of_its_own_has_the_hardware_that_was_asked_for()
    {
        var disk = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(disk, Content.Of(1024 * 1024));
            await using var guest = await GuestMachine.BootAsync(
                new GuestOptions { Processors = 3, MemoryMegabytes = 384, Disks = [disk], QemuArguments = ["-name", "own"] });

            Assert.Equal("3", await guest.OutputOfAsync("nproc"));
            Assert.Equal("2048 disk0", await guest.OutputOfAsync("echo $(cat /sys/block/vda/size /sys/block/vda/serial)"));
            Assert.InRange(int.Parse(await guest.OutputOfAsync("awk '/^MemTotal/ { print $2 }' /proc/meminfo")), 256 * 1024, 384 * 1024);
        }
        finally
        {
            File.Delete(disk);
        }
    }

    [GuestFact]
    public async Task A_command_gives_its_status_and_both_of_its_streams()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 1 });

        var result = await guest.RunAsync("echo out\necho err >&2; printf ü; exit 42");

        Assert.Equal(new CommandResult(42, "out\nerr\nü"), result);
    }

    [GuestFact]
    public async Task A_guest_that_powers_off_ends()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 1 });

        await Assert.ThrowsAsync<InvalidOperationException>(() => guest.RunAsync("poweroff -f"));

        await guest.WaitForPowerOffAsync();
    }
}
