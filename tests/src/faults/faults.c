/* Makes a program's world worse, while it runs: another time, a disk with less room, and a death at a moment of our choice.
 *
 * Loaded in front of the C library (LD_PRELOAD). LACRE_FAULTS names a file of three numbers (int64, this machine's order),
 * mapped and read at each call: milliseconds added to the time of day; bytes that all files below LACRE_FAULTS_ROOT (a
 * canonical path) may have together, 0 for no limit (what would be more is answered with ENOSPC, as a disk does); and how
 * many syncs to disk are still done before the program gets SIGKILL, right behind the last of them; 0 for never. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *faults;
static const char *root;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("LACRE_FAULTS");
    root = getenv("LACRE_FAULTS_ROOT");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0) return;
    void *map = mmap(0, 3 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (map != MAP_FAILED) faults = map;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int bad = (int)syscall(SYS_clock_gettime, clock, at);
    if (!bad && clock == CLOCK_REALTIME && faults) {
        int64_t ms = faults[0];
        int64_t nanos = at->tv_nsec + (ms % 1000) * 1000000;
        at->tv_sec += ms / 1000 + nanos / 1000000000;
        at->tv_nsec = nanos % 1000000000;
    }
    return bad;
}

static int64_t size_below(const char *folder) {
    int64_t sum = 0;
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[PATH_MAX];
        struct stat found;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path || lstat(path, &found)) continue;
        sum += S_ISDIR(found.st_mode) ? size_below(path) : S_ISREG(found.st_mode) ? found.st_size : 0;
    }
    closedir(dir);
    return sum;
}

/* Whether a file may reach this size. */
static int has_room(int fd, int64_t end) {
    char link[64], path[PATH_MAX];
    struct stat found;
    int64_t most = faults ? faults[1] : 0;
    if (most <= 0 || !root || fstat(fd, &found) || !S_ISREG(found.st_mode) || end <= found.st_size) return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 1;
    path[n] = 0;
    if (strncmp(path, root, strlen(root)) != 0) return 1;
    if (size_below(root) + end - found.st_size <= most) return 1;
    errno = ENOSPC;
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t n) {
    int64_t at = faults && faults[1] > 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    if (at >= 0 && !has_room(fd, at + (int64_t)n)) return -1;
    return syscall(SYS_write, fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    return has_room(fd, at + (int64_t)n) ? syscall(SYS_pwrite64, fd, bytes, n, at) : -1;
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return pwrite64(fd, bytes, n, at); }

int ftruncate64(int fd, off64_t size) { return has_room(fd, size) ? (int)syscall(SYS_ftruncate, fd, size) : -1; }
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fallocate64(int fd, int mode, off64_t at, off64_t n) {
    return has_room(fd, at + n) ? (int)syscall(SYS_fallocate, fd, mode, at, n) : -1;
}
int fallocate(int fd, int mode, off_t at, off_t n) { return fallocate64(fd, mode, at, n); }
int posix_fallocate64(int fd, off64_t at, off64_t n) { return fallocate64(fd, 0, at, n) ? errno : 0; }
int posix_fallocate(int fd, off_t at, off_t n) { return posix_fallocate64(fd, at, n); }

/* What was to be durable is: dies if this was the last. */
static int synced(int done) {
    if (!done && faults && faults[2] > 0 && __atomic_sub_fetch(&faults[2], 1, __ATOMIC_SEQ_CST) == 0) kill(getpid(), SIGKILL);
    return done;
}
int fsync(int fd) { return synced((int)syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { return synced((int)syscall(SYS_fdatasync, fd)); }
