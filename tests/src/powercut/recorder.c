/* Records what a program does to the files of one folder, in the order in which it is done.
 *
 * Loaded in front of the C library (LD_PRELOAD). Each call is made by a bare system call and written to the log
 * while one lock is held, so that the log's order is the order in which the calls took effect. `fsync` and
 * `fdatasync` are recorded and not made: what they promise is judged by replaying the log (disk.rs).
 *
 * LACRE_RECORD_ROOT: the folder (canonical path); LACRE_RECORD_LOG: where to write, outside that folder.
 * A record: op, flags, two bytes zero, fd (u32), number (u64), lengths of two byte strings (u32 each), the strings.
 * What escapes this (another way to write) is found by the replay: its end must equal the folder, byte for byte. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, CLOSE, DUP, UNLINK, RENAME, MKDIR, MAP, LINK };
enum { CREATED = 1, EMPTIED = 2 };
#define FDS 65536

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_len;
static int log_fd = -1;
static volatile unsigned char tracked[FDS];

static void die(const char *what) {
    syscall(SYS_write, 2, what, strlen(what));
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *r = getenv("LACRE_RECORD_ROOT"), *l = getenv("LACRE_RECORD_LOG");
    if (!r || !l || strlen(r) >= sizeof root) return;
    strcpy(root, r);
    root_len = strlen(root);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, l, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) die("recorder: the log cannot be opened\n");
}

static int is_tracked(int fd) { return log_fd >= 0 && fd >= 0 && fd < FDS && tracked[fd]; }

static void record(uint8_t op, uint8_t flags, int fd, uint64_t number, const void *a, size_t a_len, const void *b, size_t b_len) {
    unsigned char head[24] = {op, flags, 0, 0};
    uint32_t f = (uint32_t)fd, la = (uint32_t)a_len, lb = (uint32_t)b_len;
    memcpy(head + 4, &f, 4);
    memcpy(head + 8, &number, 8);
    memcpy(head + 16, &la, 4);
    memcpy(head + 20, &lb, 4);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)a, a_len}, {(void *)b, b_len}};
    ssize_t want = (ssize_t)(sizeof head + a_len + b_len);
    if (syscall(SYS_writev, log_fd, parts, 3) != want) die("recorder: the log cannot be written\n");
}

static int inside(const char *path) {
    return strncmp(path, root, root_len) == 0 && (path[root_len] == '/' || path[root_len] == 0);
}

static int path_of_fd(int fd, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    if (n < 0) return -1;
    out[n] = 0;
    return 0;
}

/* The canonical path of a name whose folder exists; 0 when it lies inside the root. */
static int resolve(int dir, const char *path, char *out) {
    char folder[PATH_MAX];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    size_t cut = n;
    while (cut > 0 && path[cut - 1] != '/') cut--;
    if (n >= sizeof folder) return -1;
    if (cut == 0) strcpy(folder, ".");
    else { memcpy(folder, path, cut); folder[cut] = 0; }
    int fd = (int)syscall(SYS_openat, dir, folder, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int bad = path_of_fd(fd, out);
    syscall(SYS_close, fd);
    size_t m = bad ? 0 : strlen(out);
    if (bad || m + (n - cut) + 2 > PATH_MAX) return -1;
    out[m] = '/';
    memcpy(out + m + 1, path + cut, n - cut);
    out[m + 1 + n - cut] = 0;
    return inside(out) ? 0 : -1;
}

static int do_open(int dir, const char *path, int flags, mode_t mode) {
    if (log_fd < 0) return (int)syscall(SYS_openat, dir, path, flags, mode);
    pthread_mutex_lock(&order);
    char full[PATH_MAX];
    int was = syscall(SYS_faccessat, dir, path, F_OK) == 0;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    int error = errno;
    if (fd >= 0 && fd < FDS) {
        tracked[fd] = 0;
        if (fd != log_fd && path_of_fd(fd, full) == 0 && inside(full)) {
            tracked[fd] = 1;
            uint8_t how = (uint8_t)((was ? 0 : CREATED) | (was && (flags & O_TRUNC) ? EMPTIED : 0));
            record(OPEN, how, fd, 0, full, strlen(full), "", 0);
        }
    }
    pthread_mutex_unlock(&order);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list args) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}
#define OPEN_LIKE(name)                                     \
    int name(const char *path, int flags, ...) {            \
        va_list args; va_start(args, flags);                \
        mode_t mode = mode_of(flags, args); va_end(args);   \
        return do_open(AT_FDCWD, path, flags, mode);        \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
#define OPENAT_LIKE(name)                                   \
    int name(int dir, const char *path, int flags, ...) {   \
        va_list args; va_start(args, flags);                \
        mode_t mode = mode_of(flags, args); va_end(args);   \
        return do_open(dir, path, flags, mode);             \
    }
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)
int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* Does the call, and records it when it was done. */
#define DONE(call, then)                    \
    do {                                    \
        pthread_mutex_lock(&order);         \
        long r = (call);                    \
        int error = errno;                  \
        if (r >= 0) { then; }               \
        pthread_mutex_unlock(&order);       \
        errno = error;                      \
        return r;                           \
    } while (0)

static ssize_t do_pwrite(int fd, const void *data, size_t n, off_t at) {
    if (!is_tracked(fd)) return syscall(SYS_pwrite64, fd, data, n, at);
    DONE(syscall(SYS_pwrite64, fd, data, n, at), record(WRITE, 0, fd, (uint64_t)at, data, (size_t)r, "", 0));
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return do_pwrite(fd, data, n, at); }
ssize_t pwrite64(int fd, const void *data, size_t n, off_t at) { return do_pwrite(fd, data, n, at); }

static uint64_t before(int fd, long written) { return (uint64_t)(syscall(SYS_lseek, fd, 0, SEEK_CUR) - written); }

ssize_t write(int fd, const void *data, size_t n) {
    if (!is_tracked(fd)) return syscall(SYS_write, fd, data, n);
    DONE(syscall(SYS_write, fd, data, n), record(WRITE, 0, fd, before(fd, r), data, (size_t)r, "", 0));
}

static void record_parts(int fd, const struct iovec *parts, int count, uint64_t at, long written) {
    for (int i = 0; i < count && written > 0; i++) {
        size_t n = parts[i].iov_len < (size_t)written ? parts[i].iov_len : (size_t)written;
        record(WRITE, 0, fd, at, parts[i].iov_base, n, "", 0);
        at += n;
        written -= (long)n;
    }
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!is_tracked(fd)) return syscall(SYS_writev, fd, parts, count);
    DONE(syscall(SYS_writev, fd, parts, count), record_parts(fd, parts, count, before(fd, r), r));
}
static ssize_t do_pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    if (!is_tracked(fd)) return syscall(SYS_pwritev, fd, parts, count, at, 0);
    DONE(syscall(SYS_pwritev, fd, parts, count, at, 0), record_parts(fd, parts, count, (uint64_t)at, r));
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return do_pwritev(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return do_pwritev(fd, parts, count, at); }

/* Copies inside the kernel are answered as unknown: callers fall back to read and write. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags) {
    if (!is_tracked(out)) return syscall(SYS_copy_file_range, in, in_at, out, out_at, n, flags);
    errno = ENOSYS;
    return -1;
}
static ssize_t do_sendfile(int out, int in, off_t *at, size_t n) {
    if (!is_tracked(out)) return syscall(SYS_sendfile, out, in, at, n);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int out, int in, off_t *at, size_t n) { return do_sendfile(out, in, at, n); }
ssize_t sendfile64(int out, int in, off_t *at, size_t n) { return do_sendfile(out, in, at, n); }

static int do_ftruncate(int fd, off_t size) {
    if (!is_tracked(fd)) return (int)syscall(SYS_ftruncate, fd, size);
    DONE((int)syscall(SYS_ftruncate, fd, size), record(TRUNCATE, 0, fd, (uint64_t)size, "", 0, "", 0));
}
int ftruncate(int fd, off_t size) { return do_ftruncate(fd, size); }
int ftruncate64(int fd, off_t size) { return do_ftruncate(fd, size); }

/* Reserving space is not supported here; callers that need it write zeros instead. */
static int no_fallocate(int fd, int mode, off_t at, off_t n) {
    if (!is_tracked(fd)) return (int)syscall(SYS_fallocate, fd, mode, at, n);
    errno = EOPNOTSUPP;
    return -1;
}
int fallocate(int fd, int mode, off_t at, off_t n) { return no_fallocate(fd, mode, at, n); }
int fallocate64(int fd, int mode, off_t at, off_t n) { return no_fallocate(fd, mode, at, n); }
int posix_fallocate(int fd, off_t at, off_t n) { return no_fallocate(fd, 0, at, n) ? errno : 0; }
int posix_fallocate64(int fd, off_t at, off_t n) { return no_fallocate(fd, 0, at, n) ? errno : 0; }

int fsync(int fd) {
    if (!is_tracked(fd)) return (int)syscall(SYS_fsync, fd);
    DONE(0, record(SYNC, 0, fd, 0, "", 0, "", 0));
}
int fdatasync(int fd) {
    if (!is_tracked(fd)) return (int)syscall(SYS_fdatasync, fd);
    DONE(0, record(SYNC, 0, fd, 0, "", 0, "", 0));
}

int close(int fd) {
    if (!is_tracked(fd)) return (int)syscall(SYS_close, fd);
    DONE((tracked[fd] = 0, record(CLOSE, 0, fd, 0, "", 0, "", 0), (int)syscall(SYS_close, fd)), (void)0);
}

static void duplicated(int old, int new_fd) {
    if (new_fd >= 0 && new_fd < FDS) {
        tracked[new_fd] = 1;
        record(DUP, 0, old, (uint64_t)new_fd, "", 0, "", 0);
    }
}
int dup(int fd) {
    if (!is_tracked(fd)) return (int)syscall(SYS_dup, fd);
    DONE((int)syscall(SYS_dup, fd), duplicated(fd, (int)r));
}
static int do_dup3(int old, int new_fd, int flags) {
    if (!is_tracked(old) && !is_tracked(new_fd)) return (int)syscall(SYS_dup3, old, new_fd, flags);
    DONE((int)syscall(SYS_dup3, old, new_fd, flags), {
        if (is_tracked(new_fd)) { tracked[new_fd] = 0; record(CLOSE, 0, new_fd, 0, "", 0, "", 0); }
        if (is_tracked(old)) duplicated(old, new_fd);
    });
}
int dup2(int old, int new_fd) { return old == new_fd ? old : do_dup3(old, new_fd, 0); }
int dup3(int old, int new_fd, int flags) { return do_dup3(old, new_fd, flags); }

static int do_fcntl(int fd, int command, long argument) {
    if (!is_tracked(fd) || (command != F_DUPFD && command != F_DUPFD_CLOEXEC)) return (int)syscall(SYS_fcntl, fd, command, argument);
    DONE((int)syscall(SYS_fcntl, fd, command, argument), duplicated(fd, (int)r));
}
#define FCNTL_LIKE(name)                                    \
    int name(int fd, int command, ...) {                    \
        va_list args; va_start(args, command);              \
        long argument = va_arg(args, long); va_end(args);   \
        return do_fcntl(fd, command, argument);             \
    }
FCNTL_LIKE(fcntl)
FCNTL_LIKE(fcntl64)

int unlinkat(int dir, const char *path, int flags) {
    char full[PATH_MAX];
    if (log_fd < 0 || resolve(dir, path, full)) return (int)syscall(SYS_unlinkat, dir, path, flags);
    DONE((int)syscall(SYS_unlinkat, dir, path, flags), record(UNLINK, 0, 0, 0, full, strlen(full), "", 0));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    int r = unlink(path);
    return r < 0 && errno == EISDIR ? rmdir(path) : r;
}

static int do_rename(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    int in = log_fd >= 0 && resolve(from_dir, from, a) == 0, out = log_fd >= 0 && resolve(to_dir, to, b) == 0;
    if (!in && !out) return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (!in || !out || flags & 2) die("recorder: a rename across the folder's border, or an exchange\n");
    DONE((int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags), record(RENAME, 0, 0, 0, a, strlen(a), b, strlen(b)));
}
int renameat2(int fd, const char *from, int td, const char *to, unsigned flags) { return do_rename(fd, from, td, to, flags); }
int renameat(int fd, const char *from, int td, const char *to) { return do_rename(fd, from, td, to, 0); }
int rename(const char *from, const char *to) { return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int fd, const char *from, int td, const char *to, int flags) {
    char a[PATH_MAX], b[PATH_MAX];
    if (log_fd < 0 || resolve(td, to, b)) return (int)syscall(SYS_linkat, fd, from, td, to, flags);
    if (resolve(fd, from, a)) die("recorder: a link across the folder's border\n");
    DONE((int)syscall(SYS_linkat, fd, from, td, to, flags), record(LINK, 0, 0, 0, a, strlen(a), b, strlen(b)));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int dir, const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (log_fd < 0 || resolve(dir, path, full)) return (int)syscall(SYS_mkdirat, dir, path, mode);
    DONE((int)syscall(SYS_mkdirat, dir, path, mode), record(MKDIR, 0, 0, 0, full, strlen(full), "", 0));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Writing through a shared mapping is seen only here: the replay allows it for SQLite's -shm file alone. */
static void *do_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
    if (is_tracked(fd) && (prot & PROT_WRITE) && (flags & MAP_SHARED)) {
        pthread_mutex_lock(&order);
        record(MAP, 0, fd, 0, "", 0, "", 0);
        pthread_mutex_unlock(&order);
    }
    return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) { return do_mmap(at, n, prot, flags, fd, offset); }
void *mmap64(void *at, size_t n, int prot, int flags, int fd, off_t offset) { return do_mmap(at, n, prot, flags, fd, offset); }
