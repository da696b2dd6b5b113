/* What a unix socket gives: each line is answered with a text that is ready, once the bytes that it stands for have been read.
   Started as an agent is: read-server -m unix-listen -p SOCKET -t DIRECTORY FILE ANSWER */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static size_t fill(int from, char **to)
{
    struct stat status;
    if (fstat(from, &status) || !(*to = malloc(status.st_size)) || pread(from, *to, status.st_size, 0) != status.st_size)
        err(1, "read");
    return status.st_size;
}

int main(int count, char **words)
{
    if (count != 9)
        errx(2, "usage: read-server -m unix-listen -p SOCKET -t DIRECTORY FILE ANSWER");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(words[4]) >= sizeof address.sun_path)
        errx(2, "%s: too long", words[4]);
    strcpy(address.sun_path, words[4]);

    char *bytes, *answer;
    int file = open(words[7], O_RDONLY), text = open(words[8], O_RDONLY);
    if (file < 0 || text < 0)
        err(1, "open");
    size_t size = fill(file, &bytes), length = fill(text, &answer);

    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 8))
        err(1, "listen");
    for (int client; (client = accept(server, NULL, NULL)) >= 0; close(client)) {
        char request[4096];
        for (ssize_t got; (got = read(client, request, sizeof request)) > 0;) {
            if (request[got - 1] != '\n')
                continue;
            if (pread(file, bytes, size, 0) != (ssize_t)size)
                err(1, "%s", words[7]);
            for (size_t sent = 0; sent < length;) {
                ssize_t part = send(client, answer + sent, length - sent, MSG_NOSIGNAL);
                if (part < 0)
                    break;
                sent += part;
            }
        }
    }
    err(1, "accept");
}
