// The smallest KVM loop in C, for comparison: one vCPU, one region of memory, and a console that
// prints what the guest stores outside of it.
//
// Usage: hello GUEST newline|shutdown
//
// GUEST is a flat binary for 0x10000. It ends with its first newline or when it asks PSCI to switch
// off. Then stderr tells how many MMIO exits there were, how many nanoseconds the loop took, and how
// many a single exit: the median over every 256 of them.

#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RAM_BASE 0x10000
#define RAM_SIZE 0x10000

#define WINDOW 256
#define MOST_WINDOWS 1024

// The register ID of a 64-bit core register: its place in struct kvm_regs, counted in words.
#define CORE_REGISTER(field) \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
     offsetof(struct kvm_regs, field) / sizeof(__u32))

// Ends the program if a system call failed.
static int check(int result, const char *call)
{
    if (result < 0)
        err(1, "%s", call);
    return result;
}

static void *map(size_t size, int flags, int fd)
{
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (address == MAP_FAILED)
        err(1, "mmap");
    return address;
}

static void load(const char *path, void *ram)
{
    int file = check(open(path, O_RDONLY), path);
    check(read(file, ram, RAM_SIZE), path);
    close(file);
}

static void add_memory(int vm, void *ram)
{
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = RAM_BASE,
        .memory_size = RAM_SIZE,
        .userspace_addr = (__u64)ram,
    };
    check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void prepare(int vm, int vcpu)
{
    struct kvm_vcpu_init init;
    if (ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) < 0)
        init.target = KVM_ARM_TARGET_GENERIC_V8;
    memset(init.features, 0, sizeof init.features);
    init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
    check(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");

    __u64 entry = RAM_BASE;
    struct kvm_one_reg pc = { .id = CORE_REGISTER(regs.pc), .addr = (__u64)&entry };
    check(ioctl(vcpu, KVM_SET_ONE_REG, &pc), "KVM_SET_ONE_REG");
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

// When each window of exits ended.
static long marks[MOST_WINDOWS];
static int mark_count;

static int by_value(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static long median_exit(void)
{
    if (mark_count < 2)
        return 0;
    int count = mark_count - 1;
    for (int i = 0; i < count; i++)
        marks[i] = marks[i + 1] - marks[i];
    qsort(marks, count, sizeof marks[0], by_value);
    return marks[count / 2] / WINDOW;
}

// Runs the guest to its end, and returns how many MMIO exits it made.
static long run_guest(int vcpu, volatile struct kvm_run *run, bool until_newline)
{
    for (long exits = 0;;) {
        check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        switch (run->exit_reason) {
        case KVM_EXIT_MMIO:
            if (++exits % WINDOW == 0 && mark_count < MOST_WINDOWS)
                marks[mark_count++] = now();
            if (run->mmio.is_write)
                putchar(run->mmio.data[0]);
            if (run->mmio.is_write && until_newline && run->mmio.data[0] == '\n')
                return exits;
            break;
        case KVM_EXIT_SYSTEM_EVENT:
            return exits;
        default:
            errx(1, "exit reason %u", run->exit_reason);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: hello GUEST newline|shutdown");
    int kvm = check(open("/dev/kvm", O_RDWR), "/dev/kvm");
    int vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    void *ram = map(RAM_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
    load(argv[1], ram);
    add_memory(vm, ram);
    int vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    int run_size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = map(run_size, MAP_SHARED, vcpu);
    prepare(vm, vcpu);

    long start = now();
    long exits = run_guest(vcpu, run, strcmp(argv[2], "newline") == 0);
    fflush(stdout);
    long nanoseconds = now() - start;
    fprintf(stderr, "%ld exits in %ld ns, one in %ld ns\n", exits, nanoseconds, median_exit());
}
