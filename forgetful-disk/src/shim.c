/* A disk that forgets, a clock that steps, and a disk that refuses: loaded into a process with LD_PRELOAD.
 *
 * For every file in the folder TORTURE_FOLDER (but SQLite's shared memory, which no power cut spares anyway) it notes,
 * before a write, what stood there: in TORTURE_LOG/<inode>, one record a write. A sync of the file empties its notes;
 * the files made since the folder was last synced stand in TORTURE_LOG/made. Whoever cuts the power ends the process
 * with SIGKILL and undoes any of what is still noted. Syncs themselves are left out: the disk is the one played here.
 *
 * TORTURE_CONTROL is a file of eight 64-bit numbers that may change at any time:
 *   0  nanoseconds added to the time of day
 *   1  the errno that writes in the folder answer, or 0
 *   2  the errno that syncs in the folder answer, or 0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
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
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define FILES 256
enum kind { KIND_WRITE = 1, KIND_TRUNCATE = 2 };

/* What a note begins with; the bytes that stood there follow. */
struct note {
    uint64_t magic, kind, offset, length, old_size, old_length;
};
static const uint64_t MAGIC = 0x6b7573746f6e6f74;

struct file {
    dev_t device;
    ino_t inode;
    int log;
    pthread_mutex_t lock;
};

static struct file files[FILES];
static int file_count;
static struct file *by_descriptor[DESCRIPTORS];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX], notes[PATH_MAX];
static volatile int64_t *control;

#define REAL(result, name, ...)                                                                                        \
    static result (*real_##name)(__VA_ARGS__);                                                                         \
    if (!real_##name) real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* Without a way to note a write, nothing this process does afterwards would prove anything. */
static void give_up(const char *what) {
    dprintf(2, "the disk that forgets cannot go on: %s: %s\n", what, strerror(errno));
    _exit(70);
}

__attribute__((constructor)) static void begin(void) {
    const char *kept = getenv("TORTURE_FOLDER"), *side = getenv("TORTURE_LOG"), *shared = getenv("TORTURE_CONTROL");
    if (kept && side && realpath(kept, folder)) snprintf(notes, sizeof notes, "%s", side);
    if (shared) {
        int descriptor = (int)syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC, 0);
        void *mapped = MAP_FAILED;
        if (descriptor >= 0) mapped = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (mapped == MAP_FAILED) give_up("TORTURE_CONTROL");
        control = mapped;
        syscall(SYS_close, descriptor);
    }
}

static int64_t controlled(int word) { return control ? control[word] : 0; }

static int open_note(const char *name) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", notes, name);
    int log = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) give_up(path);
    return log;
}

static void note_bytes(int log, const void *bytes, size_t length) {
    if (syscall(SYS_write, log, bytes, length) != (long)length) give_up("a note");
}

/* ---- which files ---- */

static struct file *file_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS ? by_descriptor[descriptor] : NULL;
}

static void opened(int descriptor, int was_made) {
    char link[64], path[PATH_MAX];
    struct stat about;
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !notes[0]) return;
    by_descriptor[descriptor] = NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = 0;
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) || (path[prefix] && path[prefix] != '/')) return;
    if (length > 4 && !strcmp(path + length - 4, "-shm")) return;
    if (fstat(descriptor, &about)) return;
    pthread_mutex_lock(&table);
    struct file *file = NULL;
    for (int i = 0; i < file_count && !file; i++)
        if (files[i].device == about.st_dev && files[i].inode == about.st_ino) file = &files[i];
    if (!file) {
        if (file_count == FILES) give_up("too many files");
        file = &files[file_count++];
        file->device = about.st_dev;
        file->inode = about.st_ino;
        pthread_mutex_init(&file->lock, NULL);
        char name[32];
        snprintf(name, sizeof name, "%llu", (unsigned long long)about.st_ino);
        file->log = S_ISDIR(about.st_mode) ? open_note("made") : open_note(name);
        /* An inode that is used again does not inherit the notes of the file that had it. */
        if (was_made && syscall(SYS_ftruncate, file->log, 0)) give_up("ftruncate");
    }
    if (was_made) {
        strcat(path, "\n");
        int made = open_note("made");
        note_bytes(made, path, strlen(path));
        syscall(SYS_close, made);
    }
    by_descriptor[descriptor] = file;
    pthread_mutex_unlock(&table);
}

/* ---- what is noted, with the file's lock held ---- */

static void note(struct file *file, int descriptor, enum kind kind, uint64_t offset, uint64_t length) {
    struct stat about;
    if (fstat(descriptor, &about)) give_up("fstat");
    uint64_t size = (uint64_t)about.st_size, from = offset, old = 0;
    if (kind == KIND_WRITE && offset < size) old = offset + length < size ? length : size - offset;
    if (kind == KIND_TRUNCATE && length < size) from = length, old = size - length;
    struct note *record = malloc(sizeof *record + old);
    if (!record) give_up("malloc");
    *record = (struct note){MAGIC, kind, offset, length, size, old};
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    /* Another descriptor: this one may be for writing only. */
    int reader = old ? (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (old && (reader < 0 || syscall(SYS_pread64, reader, record + 1, old, from) != (long)old)) give_up("pread");
    if (reader >= 0) syscall(SYS_close, reader);
    note_bytes(file->log, record, sizeof *record + old);
    free(record);
}

static int refused(int word) {
    int64_t number = controlled(word);
    if (number) errno = (int)number;
    return number != 0;
}

static uint64_t total(const struct iovec *parts, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) sum += parts[i].iov_len;
    return sum;
}

static uint64_t place(int descriptor) {
    struct stat about;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0 && flags & O_APPEND && !fstat(descriptor, &about)) return (uint64_t)about.st_size;
    return (uint64_t)syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
}

/* `call` is the write itself, `at` and `bytes` its place and length. */
#define NOTED_WRITE(descriptor, at, bytes, call)                                                                       \
    do {                                                                                                               \
        struct file *file = file_of(descriptor);                                                                       \
        if (!file) return call;                                                                                        \
        if (refused(1)) return -1;                                                                                     \
        pthread_mutex_lock(&file->lock);                                                                               \
        note(file, descriptor, KIND_WRITE, at, bytes);                                                                 \
        ssize_t written = call;                                                                                        \
        pthread_mutex_unlock(&file->lock);                                                                             \
        return written;                                                                                                \
    } while (0)

ssize_t write(int descriptor, const void *bytes, size_t length) {
    NOTED_WRITE(descriptor, place(descriptor), length, syscall(SYS_write, descriptor, bytes, length));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    NOTED_WRITE(descriptor, (uint64_t)offset, length, syscall(SYS_pwrite64, descriptor, bytes, length, offset));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    NOTED_WRITE(descriptor, (uint64_t)offset, length, syscall(SYS_pwrite64, descriptor, bytes, length, offset));
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    NOTED_WRITE(descriptor, place(descriptor), total(parts, count), real_writev(descriptor, parts, count));
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t);
    NOTED_WRITE(descriptor, (uint64_t)offset, total(parts, count), real_pwritev(descriptor, parts, count, offset));
}

static int cut_to(int descriptor, off64_t length) {
    struct file *file = file_of(descriptor);
    if (!file) return (int)syscall(SYS_ftruncate, descriptor, length);
    if (refused(1)) return -1;
    pthread_mutex_lock(&file->lock);
    note(file, descriptor, KIND_TRUNCATE, 0, (uint64_t)length);
    int result = (int)syscall(SYS_ftruncate, descriptor, length);
    pthread_mutex_unlock(&file->lock);
    return result;
}

int ftruncate(int descriptor, off_t length) { return cut_to(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return cut_to(descriptor, length); }

/* ---- what is durable ---- */

static int synced(int descriptor, int number) {
    struct file *file = file_of(descriptor);
    if (!file) return (int)syscall(number, descriptor);
    pthread_mutex_lock(&file->lock);
    /* About what a disk takes: the power goes off while somebody waits for it. */
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    int failed = refused(2);
    if (!failed && syscall(SYS_ftruncate, file->log, 0)) give_up("ftruncate");
    pthread_mutex_unlock(&file->lock);
    return failed ? -1 : 0;
}

int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

/* ---- opening and closing ---- */

static int opened_at(int at, const char *path, int flags, mode_t mode) {
    struct stat about;
    int may_make = notes[0] && flags & O_CREAT;
    int was_there = may_make && !fstatat(at, path, &about, 0);
    int cut = notes[0] && was_there && flags & O_TRUNC;
    int descriptor = (int)syscall(SYS_openat, at, path, cut ? flags & ~O_TRUNC : flags, mode);
    int reason = errno;
    if (descriptor >= 0) {
        opened(descriptor, may_make && !was_there);
        if (cut) cut_to(descriptor, 0);
    }
    errno = reason;
    return descriptor;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return opened_at(AT_FDCWD, path, flags, mode);                                                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
    int name(int at, const char *path, int flags, ...) {                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return opened_at(at, path, flags, mode);                                                                       \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS) by_descriptor[descriptor] = NULL;
    return (int)syscall(SYS_close, descriptor);
}

/* ---- the time of day ---- */

static void shift(struct timespec *moment) {
    int64_t second = 1000000000, sum = moment->tv_nsec + controlled(0) % second;
    moment->tv_sec += controlled(0) / second + (sum >= second) - (sum < 0);
    moment->tv_nsec = (sum + second) % second;
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    int result = (int)syscall(SYS_clock_gettime, clock, moment);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(moment);
    return result;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    *moment = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *moment) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (moment) *moment = exact.tv_sec;
    return exact.tv_sec;
}
