/* Randomness for the runtime, linked in the place of its own, which reads /dev/urandom: a guest need not have that file, and its descriptor
   would be the business of every thread with a table of its own. It never waits: nothing in the agent is secret by a number of the runtime's
   (BannedSymbols.txt), so a guest that has just started, and has none to give yet, costs unpredictability and no time. */
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

void qga_random_bytes(uint8_t *buffer, int32_t length)
{
    int32_t done = 0;
    for (ssize_t count; done < length && (count = getrandom(buffer + done, length - done, GRND_NONBLOCK)) > 0; done += count)
        ;

    /* A filter may keep the call from us, too. xorshift by Marsaglia, from a time that never comes again. */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec ^ (uintptr_t)&now;
    for (; done < length; done++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        buffer[done] = (uint8_t)(state >> 32);
    }
}

int32_t qga_secure_random_bytes(uint8_t *buffer, int32_t length)
{
    qga_random_bytes(buffer, length);
    return 0;
}
