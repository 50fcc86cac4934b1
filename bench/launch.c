// Runs a command, and tells on stderr what it took: nanoseconds from start to end, its peak memory in
// KiB, and nanoseconds of CPU time.
//
// Usage: launch COMMAND [ARGUMENT...]

#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2)
        errx(2, "usage: launch COMMAND [ARGUMENT...]");
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child < 0)
        err(1, "fork");
    if (child == 0) {
        execvp(argv[1], argv + 1);
        err(127, "%s", argv[1]);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0)
        err(1, "wait4");
    clock_gettime(CLOCK_MONOTONIC, &end);
    long nanoseconds = (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
    struct timeval cpu;
    timeradd(&usage.ru_utime, &usage.ru_stime, &cpu);
    long cpu_nanoseconds = cpu.tv_sec * 1000000000L + cpu.tv_usec * 1000L;
    fprintf(stderr, "%ld ns, %ld KiB, %ld ns of CPU time\n", nanoseconds, usage.ru_maxrss,
            cpu_nanoseconds);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
