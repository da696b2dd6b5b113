// vsock-cat CID PORT: connects, then copies standard input to the socket and the socket to standard output.
// Ends with status 0 when the peer closes, in whatever way, and 1 when there was no connection.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

static int copy(int from, int to)
{
    char buffer[65536];
    ssize_t count = read(from, buffer, sizeof buffer);

    for (ssize_t done = 0, written; done < count; done += written)
        if ((written = write(to, buffer + done, count - done)) < 0)
            return -1;
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: vsock-cat CID PORT\n", stderr);
        return 2;
    }

    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = strtoul(argv[1], NULL, 0), .svm_port = strtoul(argv[2], NULL, 0) };
    int peer = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer < 0 || connect(peer, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("vsock-cat: connect");
        return 1;
    }

    signal(SIGPIPE, SIG_IGN);
    struct pollfd ready[] = { { .fd = peer, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    while (poll(ready, 2, -1) >= 0) {
        if (ready[0].revents && copy(peer, STDOUT_FILENO) <= 0)
            return 0;
        if (ready[1].revents && copy(STDIN_FILENO, peer) <= 0) {
            shutdown(peer, SHUT_WR);
            ready[1].fd = -1;
        }
    }
    return 1;
}
