namespace Qga.Testing;

/// <summary>Programs on a kernel that seems to lack system calls: a filter of seccomp(2) answers ENOSYS in their place, or EPERM as older filters do.</summary>
public sealed class OldKernel : IDisposable
{
    /// <summary>All that came with Linux 5.1 and later: the numbers go on from pidfd_send_signal; also <c>SO_PEERPIDFD</c> of 6.5.</summary>
    public const string YoungerThan418 = "younger";

    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        #define CALL(name) { #name, SYS_##name }
        #define OPTION 77                   /* SO_PEERPIDFD, which old headers lack */

        static const struct { const char *name; unsigned int number; } calls[] = {
            CALL(statx), CALL(execveat), CALL(memfd_create), CALL(getrandom), CALL(membarrier), CALL(rseq),
            CALL(pidfd_send_signal), CALL(pidfd_open), CALL(clone3), CALL(close_range), CALL(faccessat2),
        };

        static struct sock_filter filter[64] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
        static unsigned short length = 1;

        static void answer(unsigned short test, unsigned int value, int error)
        {
            filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1);
            filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
        }

        int main(int count, char **arguments)
        {
            if (count < 3)
                return 64;
            int option = 0, error = strncmp(arguments[1], "EPERM:", 6) == 0 ? EPERM : ENOSYS;
            for (char *name = strtok(arguments[1] + (error == EPERM ? 6 : 0), ","); name != NULL; name = strtok(NULL, ",")) {
                size_t index = 0, all = sizeof calls / sizeof *calls;
                if (strcmp(name, "SO_PEERPIDFD") == 0) {
                    option = 1;
                } else if (strcmp(name, "younger") == 0) {
                    answer(BPF_JGE, SYS_pidfd_send_signal, error);
                    option = 1;
                } else {
                    while (index < all && strcmp(name, calls[index].name) != 0)
                        index++;
                    if (index == all) {
                        fprintf(stderr, "%s is no system call that is known here\n", name);
                        return 64;
                    }
                    answer(BPF_JEQ, calls[index].number, error);
                }
            }
            if (option) {
                filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 1, 0);
                filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
                filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
                answer(BPF_JEQ, OPTION, ENOPROTOOPT);
            }
            filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            struct sock_fprog program = { length, filter };
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
                perror("prctl");
                return 71;
            }
            execvp(arguments[2], arguments + 2);
            perror(arguments[2]);
            return 127;
        }
        """;

    private readonly ScratchDirectory _scratch = new();

    public OldKernel()
    {
        Program = _scratch.PathOf("without");
        CProgram.Compile(Source, Program);
    }

    /// <summary>The path of the program that sets the filter, by <c>PROGRAM [EPERM:]CALLS COMMAND...</c>, and becomes the command.</summary>
    public string Program { get; }

    public void Dispose() => _scratch.Dispose();
}
