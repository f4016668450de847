/* Faults for a server under test: loaded before libc by LD_PRELOAD, told what to do by a page of
   memory that it shares with the test.

   The file and its write-ahead log are watched. Before anything in them changes, what was there is
   noted in a journal, until a sync of that file makes the change durable: whoever kills the process
   and undoes what the journal still holds has cut the power. Beside that: a disk with so much space
   left, a sync that fails, a death before the so-manyth of these steps, another time of day. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { NOT_OURS = 0, DATABASE = 1, WAL = 2 };
enum { MAX_FD = 65536 };

/* As in faults.rs. */
struct control {
  int64_t clock_ns;    /* added to the time of day */
  int64_t space_left;  /* bytes by which the files may grow; below 0: no limit */
  int64_t sync_fails;  /* not 0: each sync says EIO, and makes nothing durable */
  int64_t n_refused;   /* writes that found no space */
  int64_t n_failed;    /* syncs that failed */
  int64_t n_syncs;     /* syncs that did not */
  int64_t sync_ns;     /* how long a sync takes */
  int64_t mad_clock;   /* 1: the thread named hub, 2: the one named writer is told times beyond reason */
  int64_t last_step;   /* the so-manyth change or sync from here on is not made: it is killed; 0: never */
};

struct record {
  int64_t kind; /* 0: changed, 1: synced */
  int64_t file;
  int64_t at;
  int64_t length;   /* of the change */
  int64_t old_size; /* of the file */
  int64_t n_old;    /* bytes that follow: what was there */
};

static struct control *control;
static int journal = -1;
static unsigned char kinds[MAX_FD];
static int is_dirty[3];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS_CONTROL");
  int fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
  if (fd < 0) return;
  void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  path = getenv("FAULTS_JOURNAL");
  if (page == MAP_FAILED || !path) return;
  journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (journal >= 0) control = page;
}

/* ------------------------------------------------------------------------- which files */

static int ends_with(const char *path, const char *end) {
  size_t n = strlen(path), m = strlen(end);
  return n >= m && strcmp(path + n - m, end) == 0;
}

static int opened(int fd, const char *path) {
  if (control && fd >= 0 && fd < MAX_FD)
    kinds[fd] = ends_with(path, "/wiki.db") ? DATABASE : ends_with(path, "/wiki.db-wal") ? WAL : NOT_OURS;
  return fd;
}

static int kind_of(int fd) { return control && fd >= 0 && fd < MAX_FD ? kinds[fd] : NOT_OURS; }

#define MODE_OF(flags) \
  int mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more); }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(syscall(SYS_openat, AT_FDCWD, path, flags, mode), path);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode), path);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(syscall(SYS_openat, folder, path, flags, mode), path);
}
int close(int fd) {
  if (control && fd >= 0 && fd < MAX_FD) kinds[fd] = NOT_OURS;
  return syscall(SYS_close, fd);
}

/* ------------------------------------------------------------------------- what changes in them */

static void keep(const void *bytes, size_t n) {
  const char *at = bytes;
  while (n > 0) {
    ssize_t written = syscall(SYS_write, journal, at, n);
    if (written <= 0) _exit(97); /* without its journal a cut would prove nothing */
    at += written;
    n -= written;
  }
}

static void note(int fd, int file, off_t at, off_t length, off_t size) {
  char old[65536];
  off_t end = at + length < size ? at + length : size;
  struct record record = {0, file, at, length, size, end > at ? end - at : 0};
  keep(&record, sizeof record);
  for (off_t from = at; from < end;) {
    size_t n = end - from < (off_t)sizeof old ? end - from : (off_t)sizeof old;
    ssize_t got = syscall(SYS_pread64, fd, old, n, from);
    if (got <= 0) _exit(97);
    keep(old, got);
    from += got;
  }
  is_dirty[file] = 1;
}

static off_t size_of(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 ? file.st_size : 0;
}

/* A change or a sync is about to be made. */
static void step(void) {
  if (control->last_step > 0 && --control->last_step == 0) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
}

static ssize_t change(int fd, int file, const void *bytes, size_t n, off_t at) {
  pthread_mutex_lock(&lock);
  step();
  off_t size = size_of(fd), growth = at + (off_t)n - size;
  ssize_t written = -1;
  if (control->space_left >= 0 && growth > control->space_left) {
    off_t room = (off_t)n - (growth - control->space_left);
    n = room > 0 ? room : 0;
    control->n_refused++;
  }
  if (n == 0) {
    errno = ENOSPC;
  } else {
    note(fd, file, at, n, size);
    written = syscall(SYS_pwrite64, fd, bytes, n, at);
    growth = written > 0 ? at + written - size : 0;
    /* It may have been made full since it was looked at: below 0 there would be no limit. */
    off_t left = control->space_left;
    if (left >= 0 && growth > 0) control->space_left = growth < left ? left - growth : 0;
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  int file = kind_of(fd);
  return file ? change(fd, file, bytes, n, at) : syscall(SYS_pwrite64, fd, bytes, n, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return pwrite64(fd, bytes, n, at); }

ssize_t write(int fd, const void *bytes, size_t n) {
  int file = kind_of(fd);
  if (!file) return syscall(SYS_write, fd, bytes, n);
  off_t at = lseek(fd, 0, SEEK_CUR);
  ssize_t written = change(fd, file, bytes, n, at);
  if (written > 0) lseek(fd, at + written, SEEK_SET);
  return written;
}

int ftruncate64(int fd, off64_t size) {
  int file = kind_of(fd);
  if (!file) return syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  step();
  off_t old = size_of(fd);
  if (old != size) note(fd, file, size < old ? size : old, size < old ? old - size : 0, old);
  int done = syscall(SYS_ftruncate, fd, size);
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, long call) {
  int file = kind_of(fd);
  if (!file) return syscall(call, fd);
  if (control->sync_fails) {
    control->n_failed++;
    errno = EIO;
    return -1;
  }
  struct timespec takes = {0, control->sync_ns};
  nanosleep(&takes, NULL);
  pthread_mutex_lock(&lock);
  step();
  is_dirty[file] = 0;
  control->n_syncs++;
  if (is_dirty[DATABASE] || is_dirty[WAL]) {
    struct record record = {1, file, 0, 0, 0, 0};
    keep(&record, sizeof record);
  } else if (syscall(SYS_ftruncate, journal, 0) != 0) {
    _exit(97);
  }
  pthread_mutex_unlock(&lock);
  return 0;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* ------------------------------------------------------------------------- the time of day */

static int64_t shift(void) { return control ? control->clock_ns : 0; }

/* What cannot be reckoned with makes the thread panic, at a place that nobody put there for tests. */
static int is_mad(void) {
  if (!control || !control->mad_clock) return 0;
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  return strcmp(name, control->mad_clock == 1 ? "hub" : "writer") == 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int done = syscall(SYS_clock_gettime, clock, now);
  if (done == 0 && is_mad()) {
    now->tv_sec = INT64_MAX;
    return done;
  }
  if (done == 0 && clock == CLOCK_REALTIME && shift() != 0) {
    int64_t ns = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + shift();
    now->tv_sec = ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
  }
  return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  int done = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return done;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
