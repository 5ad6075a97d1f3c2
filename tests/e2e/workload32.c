/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As workload.c, with the system calls of 32-bit x86 programs: a 64-bit program may make them too, by int $0x80, as long as all
 * that they point to lies below 4 GiB. That needs neither a 32-bit compiler nor libraries. In between stand calls of the
 * 64-bit kind: what a number means hangs on the way in, not on the program.
 *
 *   workload32 FOLDER FILE    works in FOLDER and writes the lines to FILE
 *   workload32 --ready        makes one call that can be waited for: close(-4241); exit status 77 when the kernel takes no
 *                             32-bit calls
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "workload.h"

#ifdef __x86_64__

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	I386_fork = 2,
	I386_read = 3,
	I386_write = 4,
	I386_open = 5,
	I386_close = 6,
	I386_waitpid = 7,
	I386_link = 9,
	I386_unlink = 10,
	I386_execve = 11,
	I386_chdir = 12,
	I386_chmod = 15,
	I386_lseek = 19,
	I386_getpid = 20,
	I386_access = 33,
	I386_kill = 37,
	I386_rename = 38,
	I386_mkdir = 39,
	I386_rmdir = 40,
	I386_dup = 41,
	I386_pipe = 42,
	I386_ioctl = 54,
	I386_dup2 = 63,
	I386_setrlimit = 75,
	I386_munmap = 91,
	I386_socketcall = 102,
	I386_wait4 = 114,
	I386_clone = 120,
	I386_mprotect = 125,
	I386__llseek = 140,
	I386_readv = 145,
	I386_writev = 146,
	I386_nanosleep = 162,
	I386_poll = 168,
	I386_prctl = 172,
	I386_rt_sigaction = 174,
	I386_pread64 = 180,
	I386_pwrite64 = 181,
	I386_getcwd = 183,
	I386_sendfile = 187,
	I386_ugetrlimit = 191,
	I386_mmap2 = 192,
	I386_stat64 = 195,
	I386_lstat64 = 196,
	I386_fstat64 = 197,
	I386_getuid32 = 199,
	I386_setresuid32 = 208,
	I386_getresuid32 = 209,
	I386_getdents64 = 220,
	I386_fcntl64 = 221,
	I386_gettid = 224,
	I386_sendfile64 = 239,
	I386_openat = 295,
	I386_mkdirat = 296,
	I386_fstatat64 = 300,
	I386_unlinkat = 301,
	I386_ppoll = 309,
	I386_pipe2 = 331,
	I386_preadv = 333,
	I386_pwritev = 334,
	I386_prlimit64 = 340,
	I386_recvmmsg = 337,
	I386_sendmmsg = 345,
	I386_socket = 359,
	I386_connect = 362,
	I386_sendto = 369,
	I386_recvfrom = 371,
	I386_clock_nanosleep_time64 = 407,
	I386_ppoll_time64 = 414,
};

/* include/uapi/linux/net.h */
enum {
	SOCKET = 1,
	BIND,
	CONNECT,
	LISTEN,
	ACCEPT,
	GETSOCKNAME,
	GETPEERNAME,
	SOCKETPAIR,
	SEND,
	RECV,
	SENDTO,
	RECVFROM,
	SHUTDOWN,
	SETSOCKOPT,
	GETSOCKOPT,
	SENDMSG,
	RECVMSG,
	ACCEPT4,
	RECVMMSG,
	SENDMMSG
};

struct iovec32 {
	uint32_t base, len;
};

struct timespec32 {
	int32_t sec, nsec;
};

struct msghdr32 {
	uint32_t name, namelen, iov, iovlen, control, controllen, flags;
};

struct mmsghdr32 {
	struct msghdr32 hdr;
	uint32_t len;
};

struct rlimit32 {
	uint32_t cur, max;
};

long int80(uint32_t nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
__asm__(".text\n"
	".type int80, @function\n"
	"int80:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	mov %edi, %eax\n"
	"	mov %esi, %ebx\n"
	"	xchg %ecx, %edx\n"
	"	mov %r8d, %esi\n"
	"	mov %r9d, %edi\n"
	"	mov 24(%rsp), %ebp\n"
	"	int $0x80\n"
	"	cltq\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	".size int80, . - int80\n");

#define CALL6(nr, a, b, c, d, e, f, ...) \
	int80(nr, (uint32_t)(a), (uint32_t)(b), (uint32_t)(c), (uint32_t)(d), (uint32_t)(e), (uint32_t)(f))
#define call32(...) CALL6(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* Memory below 4 GiB, never given back. */
static char *arena;
static size_t taken;
#define ARENA (1u << 20)

static uint32_t at(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static void *low(size_t n)
{
	void *p = arena + taken;

	taken += (n + 15) & ~15ul;
	if (taken > ARENA)
		abort();
	return p;
}

/* The address of a copy there. */
static uint32_t copy(const void *p, size_t n)
{
	return at(memcpy(low(n), p, n));
}

static uint32_t text(const char *s)
{
	return copy(s, strlen(s) + 1);
}

static long sockcall(uint32_t which, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)
{
	uint32_t args[6] = { a, b, c, d, e, f };

	return call32(I386_socketcall, which, copy(args, sizeof args));
}

#define SOCK6(which, a, b, c, d, e, f, ...) \
	sockcall(which, (uint32_t)(a), (uint32_t)(b), (uint32_t)(c), (uint32_t)(d), (uint32_t)(e), (uint32_t)(f))
#define sock(which, ...) SOCK6(which, __VA_ARGS__, 0, 0, 0, 0, 0)

/* A call of the 64-bit kind. */
#define call(...)                               \
	({                                      \
		long r_ = syscall(__VA_ARGS__); \
		r_ == -1 ? -(long)errno : r_;   \
	})

static struct stat known;
static long known_res;

static void look(long fd)
{
	known_res = call(SYS_fstat, fd, &known);
}

static void say_fstat(const char *fd)
{
	say("fstat\tres=%s\tfd=%s", res(known_res), fd);
}

static void close_fd(long fd, const char *shown)
{
	say("close\tres=%s\tfd=%s", res(call32(I386_close, fd)), shown);
}

static long file_a;

static void files(void)
{
	char *buf = low(1024);
	uint32_t b = at(buf);
	struct iovec32 out[2] = { { text("abc"), 3 }, { text("def"), 3 } }, in[2] = { { b, 5 }, { b + 5, 6 } },
		       one = { b, 5 };
	struct iovec32 hello = { text("HELLO"), 5 };
	int64_t *where = low(sizeof *where);
	long fd, sub, r;
	const char *f;

	r = call32(I386_chdir, text(dir));
	say("chdir\tres=%s\tpath=%s", res(r), dir);
	r = call32(I386_getcwd, b, 1024);
	say("getcwd\tres=%s\tpath=%s", res(r), dir);
	r = call32(I386_mkdir, text("sub"), 0750);
	say("mkdir\tres=%s\tpath=%s\tmode=1E8", res(r), path("sub"));
	r = call32(I386_mkdir, text("sub"), 0750);
	say("mkdir\tres=-17(EEXIST)\tpath=%s\tmode=1E8", path("sub"));
	r = call32(I386_mkdirat, AT_FDCWD, text("sub2"), 0700);
	say("mkdirat\tres=%s\tdirfd=" CWD "\tpath=%s\tmode=1C0", res(r), path("sub2"));
	r = call32(I386_rmdir, text("sub2"));
	say("rmdir\tres=%s\tpath=%s", res(r), path("sub2"));

	file_a = call32(I386_open, text("a"), O_RDWR | O_CREAT | O_TRUNC, 0640);
	look(file_a);
	f = file(file_a, "a");
	say("open\tfd=%s\tname=%s\tflags=16647(O_TRUNC|O_CREAT|O_RDWR|O_F_CREATED)\tmode=640\tdev=%lX\tino=%lu", f,
	    path("a"), (unsigned long)known.st_dev, (unsigned long)known.st_ino);
	say_fstat(f);
	r = call32(I386_write, file_a, text("hello workload\n"), 15);
	say("write\tres=%s\tdata=hello workload.\tfd=%s\tsize=15", res(r), f);
	r = call32(I386_pwrite64, file_a, text("world"), 5, 6, 0);
	say("pwrite\tres=%s\tdata=world\tfd=%s\tsize=5\tpos=6", res(r), f);
	r = call32(I386_lseek, file_a, 6, SEEK_SET);
	say("lseek\tres=%s\tfd=%s\toffset=6\twhence=0(SEEK_SET)", res(r), f);
	r = call32(I386_read, file_a, b, 5);
	say("read\tres=%s\tdata=world\tfd=%s\tsize=5", res(r), f);
	r = call32(I386_lseek, file_a, -3, SEEK_END);
	say("lseek\tres=%s\tfd=%s\toffset=-3\twhence=2(SEEK_END)", res(r), f);
	/* a 64-bit call with the number of another 32-bit one */
	r = call(SYS_lseek, file_a, 11, SEEK_SET);
	say("lseek\tres=%s\tfd=%s\toffset=11\twhence=0(SEEK_SET)", res(r), f);
	r = call32(I386_pread64, file_a, b, 5, 0, 0);
	say("pread\tres=%s\tdata=hello\tfd=%s\tsize=5\tpos=0", res(r), f);
	r = call32(I386_pread64, file_a, b, 5, 6, 1);
	say("pread\tres=%s\tdata=\tfd=%s\tsize=5\tpos=4294967302", res(r), f);
	r = call32(I386_writev, file_a, copy(out, sizeof out), 2);
	say("writev\tres=%s\tdata=abcdef\tfd=%s\tsize=6", res(r), f);
	r = call32(I386__llseek, file_a, 1, 5, at(where), SEEK_SET);
	say("llseek\tres=%s\tfd=%s\toffset=4294967301\twhence=0(SEEK_SET)", res(r), f);
	r = call32(I386__llseek, file_a, 0, 0, at(where), SEEK_SET);
	say("llseek\tres=%s\tfd=%s\toffset=0\twhence=0(SEEK_SET)", res(r), f);
	r = call32(I386_readv, file_a, copy(in, sizeof in), 2);
	say("readv\tres=%s\tsize=11\tdata=hello world\tfd=%s", res(r), f);
	r = call32(I386_preadv, file_a, copy(&one, sizeof one), 1, 6, 0);
	say("preadv\tres=%s\tsize=5\tdata=world\tfd=%s\tpos=6", res(r), f);
	r = call32(I386_pwritev, file_a, copy(&hello, sizeof hello), 1, 0, 0);
	say("pwritev\tres=%s\tdata=HELLO\tfd=%s\tsize=5\tpos=0", res(r), f);
	r = call32(I386_read, file_a, 1, 5);
	say("read\tres=-14(EFAULT)\tdata=\tfd=%s\tsize=5", f);
	r = call32(I386_ioctl, file_a, FIONREAD, b);
	say("ioctl\tres=%s\tfd=%s\trequest=541B\targument=%X", res(r), f, b);
	r = call32(I386_ioctl, file_a, 0x80005401, 0xfffffff0);
	say("ioctl\tres=%s\tfd=%s\trequest=80005401\targument=FFFFFFF0", res(r), f);

	r = call32(I386_chmod, text("a"), 0600);
	say("chmod\tres=%s\tfilename=%s\tmode=600(S_IWUSR|S_IRUSR)", res(r), path("a"));
	r = call32(I386_link, text("a"), text("b"));
	say("link\tres=%s\toldpath=%s\tnewpath=%s", res(r), path("a"), path("b"));
	r = call32(I386_rename, text("b"), text("c"));
	say("rename\tres=%s\toldpath=%s\tnewpath=%s", res(r), path("b"), path("c"));
	r = call32(I386_unlink, text("c"));
	say("unlink\tres=%s\tpath=%s", res(r), path("c"));
	r = call32(I386_unlink, text("c"));
	say("unlink\tres=-2(ENOENT)\tpath=%s", path("c"));
	r = call32(I386_access, text("a"), R_OK);
	say("access\tres=%s\tname=%s\tmode=4(R_OK)", res(r), path("a"));
	r = call32(I386_stat64, text("a"), b);
	say("stat64\tres=%s\tpath=%s", res(r), path("a"));
	r = call32(I386_lstat64, text("none"), b);
	say("lstat64\tres=-2(ENOENT)\tpath=%s", path("none"));
	r = call32(I386_fstat64, file_a, b);
	say("fstat64\tres=%s", res(r));
	r = call32(I386_fstatat64, AT_FDCWD, text("a"), b, AT_SYMLINK_NOFOLLOW);
	say("newfstatat\tres=%s\tdirfd=" CWD "\tpath=%s\tflags=256(AT_SYMLINK_NOFOLLOW)", res(r), path("a"));
	r = call32(I386_open, text("none"), O_RDONLY);
	say("open\tfd=-2(ENOENT)\tname=%s\tflags=1(O_RDONLY)\tmode=0", path("none"));

	sub = call32(I386_openat, AT_FDCWD, text("sub"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	say("openat\tfd=%s\tdirfd=" CWD "\tname=%s\tflags=5121(O_DIRECTORY|O_RDONLY|O_CLOEXEC)\tmode=0",
	    folder(sub, "sub"), path("sub"));
	fd = call32(I386_openat, sub, text("inner"), O_WRONLY | O_CREAT | O_EXCL, 0600);
	say("openat\tfd=%s\tdirfd=%s\tname=inner(%s)\tflags=16422(O_EXCL|O_CREAT|O_WRONLY|O_F_CREATED)\tmode=600",
	    file(fd, "sub/inner"), folder(sub, "sub"), in_dir("sub/inner"));
	r = call32(I386_read, fd, b, 5);
	say("read\tres=-9(EBADF)\tdata=\tfd=%s\tsize=5", file(fd, "sub/inner"));
	close_fd(fd, file(fd, "sub/inner"));
	r = call32(I386_getdents64, sub, b, 1024);
	say("getdents64\tres=%s\tfd=%s", res(r), folder(sub, "sub"));
	r = call32(I386_unlinkat, sub, text("inner"), 0);
	say("unlinkat\tres=%s\tdirfd=%s\tname=inner(%s)\tflags=0", res(r), folder(sub, "sub"), in_dir("sub/inner"));
	close_fd(sub, folder(sub, "sub"));
}

static void descriptors(void)
{
	const char *f = file(file_a, "a");
	char *buf = low(64);
	uint32_t b = at(buf);
	struct timespec32 *none = low(sizeof *none);
	int64_t *zero = low(sizeof *zero), *none64 = low(2 * sizeof *none64);
	struct pollfd *polls = low(2 * sizeof *polls);
	int *p = low(2 * sizeof *p), *q = low(2 * sizeof *q);
	long fd, r;

	fd = call32(I386_dup, file_a);
	say("dup\tres=%s\toldfd=%s", file(fd, "a"), f);
	close_fd(fd, file(fd, "a"));
	r = call32(I386_dup2, file_a, 32);
	say("dup2\tres=%s\toldfd=%s\tnewfd=%s", file(r, "a"), f, file(32, "a"));
	r = call32(I386_dup2, 999, 33);
	say("dup2\tres=-9(EBADF)\toldfd=999\tnewfd=33");
	close_fd(32, file(32, "a"));
	r = call32(I386_close, -7);
	say("close\tres=-9(EBADF)\tfd=-7*");
	fd = call32(I386_fcntl64, file_a, F_DUPFD, 34);
	say("fcntl\tres=%s\tfd=%s\tcmd=1(F_DUPFD)\targ=22", file(fd, "a"), f);
	close_fd(fd, file(fd, "a"));
	r = call32(I386_fcntl64, file_a, F_GETFD, 0);
	say("fcntl\tres=0*\tfd=%s\tcmd=2(F_GETFD)\targ=0", f);

	r = call32(I386_pipe, at(p));
	look(p[0]);
	say("pipe\tres=%s\tfd1=%d(<p>)\tfd2=%d(<p>)\tino=%lu", res(r), p[0], p[1], (unsigned long)known.st_ino);
	say_fstat(fmt("%d(<p>)", p[0]));
	r = call32(I386_pipe2, at(q), O_CLOEXEC | O_NONBLOCK);
	look(q[0]);
	say("pipe2\tres=%s\tfd1=%d(<p>)\tfd2=%d(<p>)\tino=%lu\tflags=4160(O_NONBLOCK|O_CLOEXEC)", res(r), q[0], q[1],
	    (unsigned long)known.st_ino);
	say_fstat(fmt("%d(<p>)", q[0]));
	r = call32(I386_read, q[0], b, 9);
	say("read\tres=-11(EAGAIN)\tdata=\tfd=%d(<p>)\tsize=9", q[0]);
	r = call32(I386_write, p[1], text("through"), 7);
	say("write\tres=%s\tdata=through\tfd=%d(<p>)\tsize=7", res(r), p[1]);
	polls[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = p[1], .events = POLLOUT };
	r = call32(I386_poll, at(polls), 2, -1);
	say("poll\tres=%s\tfds=%d:p1 %d:p4\ttimeout=-1", res(r), p[0], p[1]);
	r = call32(I386_ppoll, at(polls), 1, at(none), 0, 8);
	say("ppoll\tres=%s\tfds=%d:p1\ttimeout=0(0s)\tsigmask=", res(r), p[0]);
	r = call32(I386_ppoll_time64, at(polls), 1, at(none64), 0, 8);
	say("ppoll\tres=%s\tfds=%d:p1\ttimeout=0(0s)\tsigmask=", res(r), p[0]);
	*zero = 1; /* the kernel moves it by what it sent, and the record has what is there then */
	r = call32(I386_sendfile64, q[1], file_a, at(zero), 5);
	say("sendfile\tres=%s\toffset=6\tout_fd=%d(<p>)\tin_fd=%s\tsize=5", res(r), q[1], f);
	*zero = 0x7700000002; /* an off_t is the low half */
	r = call32(I386_sendfile, q[1], file_a, at(zero), 5);
	say("sendfile\tres=%s\toffset=7\tout_fd=%d(<p>)\tin_fd=%s\tsize=5", res(r), q[1], f);
	for (int i = 0; i < 2; i++) {
		close_fd(p[i], fmt("%d(<p>)", p[i]));
		close_fd(q[i], fmt("%d(<p>)", q[i]));
	}
}

static void memory(void)
{
	uint32_t m;
	long r;

	r = call32(I386_mmap2, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m = (uint32_t)r;
	say("mmap2\tres=%X\taddr=0\tlength=8192\tprot=3(PROT_READ|PROT_WRITE)\tflags=10(MAP_PRIVATE|MAP_ANONYMOUS)\tfd=-1(EPERM)\t"
	    "pgoffset=0",
	    m);
	r = call32(I386_mprotect, m, 4096, PROT_READ);
	say("mprotect\tres=%s\taddr=%X\tlength=4096\tprot=1(PROT_READ)", res(r), m);
	r = call32(I386_munmap, m, 8192);
	say("munmap\tres=%s\taddr=%X\tlength=8192", res(r), m);
	m = (uint32_t)call32(I386_mmap2, 0, 4096, PROT_READ, MAP_SHARED, file_a, 3);
	say("mmap2\tres=%X\taddr=0\tlength=4096\tprot=1(PROT_READ)\tflags=1(MAP_SHARED)\tfd=%s\tpgoffset=3", m,
	    file(file_a, "a"));
	r = call32(I386_munmap, m, 4096);
	say("munmap\tres=%s\taddr=%X\tlength=4096", res(r), m);
	/* in the upper half of the 32-bit address space */
	m = (uint32_t)call32(I386_mmap2, 0xe0000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	say("mmap2\tres=E0000000\taddr=E0000000\tlength=4096\tprot=1(PROT_READ)\tflags=14(MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS)");
	r = call32(I386_munmap, m, 4096);
	say("munmap\tres=%s\taddr=E0000000\tlength=4096", res(r));
	r = call32(I386_mmap2, 0, 4096, PROT_READ, MAP_PRIVATE, 999, 0);
	say("mmap2\tres=%s\taddr=0\tlength=4096\tprot=1(PROT_READ)\tflags=2(MAP_PRIVATE)\tfd=999\tpgoffset=0", res(r));
}

static void times_and_identity(void)
{
	struct timespec32 ms = { 0, 1000000 };
	int64_t ms64[2] = { 0, 1000000 };
	uint32_t ignore[5] = { 1, 0, 0, 0, 0 }, *ids = low(3 * sizeof *ids);
	struct rlimit32 *limit = low(sizeof *limit), wide = { 4096, 0xffffffff };
	uint64_t *limit64 = low(2 * sizeof *limit64);
	long pid, r;

	r = call32(I386_nanosleep, copy(&ms, sizeof ms), 0);
	say("nanosleep\tres=%s\tinterval=1000000(0.001s)", res(r));
	call32(I386_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, copy(ms64, sizeof ms64), 0);
	say("clock_nanosleep_time64");
	pid = call32(I386_getpid);
	say("getpid");
	call32(I386_gettid);
	say("gettid");
	call(SYS_getpid);
	say("getpid");
	r = call32(I386_kill, pid, 0);
	say("kill\tres=%s\tpid=%ld*\tsig=0", res(r), pid);
	r = call32(I386_kill, 999999, SIGKILL);
	say("kill\tres=-3(ESRCH)\tpid=999999*\tsig=9(SIGKILL)");
	r = call32(I386_rt_sigaction, SIGUSR1, copy(ignore, sizeof ignore), 0, 8);
	say("rt_sigaction\tres=%s\tsig=10(SIGUSR1)\thandler=1\tflags=0", res(r));

	say("getuid\tuid=%ld*", call32(I386_getuid32));
	r = call32(I386_getresuid32, at(ids), at(ids + 1), at(ids + 2));
	say("getresuid\tres=%s\truid=%u*\teuid=%u*\tsuid=%u*", res(r), ids[0], ids[1], ids[2]);
	r = call32(I386_setresuid32, -1, 0, -1);
	say("setresuid\tres=%s\truid=-1(<NONE>)\teuid=0*\tsuid=-1(<NONE>)", res(r));
	r = call32(I386_prctl, PR_SET_NAME, text(COMM), 0, 0, 0);
	say("prctl\tres=%s\toption=15(PR_SET_NAME)\targ2_str=" COMM "\targ2_int=0", res(r));

	r = call32(I386_ugetrlimit, RLIMIT_NOFILE, at(limit));
	say("getrlimit\tres=%s\tcur=%u\tmax=%u\tresource=7(RLIMIT_NOFILE)", res(r), limit->cur, limit->max);
	r = call32(I386_setrlimit, RLIMIT_NOFILE, at(limit));
	say("setrlimit\tres=%s\tcur=%u\tmax=%u\tresource=7(RLIMIT_NOFILE)", res(r), limit->cur, limit->max);
	r = call32(I386_setrlimit, RLIMIT_CORE, copy(&wide, sizeof wide));
	say("setrlimit\tres=%s\tcur=4096\tmax=-1\tresource=4(RLIMIT_CORE)", res(r));
	r = call32(I386_prlimit64, 0, RLIMIT_CORE, 0, at(limit64));
	say("prlimit\tres=%s\tnewcur=-1\tnewmax=-1\toldcur=%ld\toldmax=%ld\tpid=0\tresource=4(RLIMIT_CORE)", res(r),
	    (long)limit64[0], (long)limit64[1]);
	r = call32(I386_execve, text(in_dir("none")), at(low(8)), at(low(8)));
	say("execve\tres=-2(ENOENT)\tfilename=%s", in_dir("none"));
}

static void children(void)
{
	int status;
	long pid;

	pid = call32(I386_fork);
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	say("fork\tres=%ld*", pid);
	call32(I386_waitpid, pid, 0, 0);
	say("waitpid");
	pid = call32(I386_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		syscall(SYS_exit_group, 3);
	say("clone\tres=%ld*", pid);
	call32(I386_wait4, pid, at(low(sizeof status)), 0, 0);
	say("wait4");
}

/* --- sockets ------------------------------------------------------------------------------------------------------------ */

static unsigned port_by_name(long fd)
{
	union addr *a = low(sizeof *a);
	socklen_t *len = low(sizeof *len);

	*len = sizeof *a;
	sock(GETSOCKNAME, fd, at(a), at(len));
	return port_of(a);
}

/* All through socketcall. */
static void tcp(int family, unsigned port, unsigned nobody)
{
	const char *ip = ip_of(family), *srv = fmt("%s:%u", ip, port), *there, *back, *k, *kn;
	char v = family == AF_INET ? '4' : '6', *buf = low(64);
	union addr a = loopback(family, port);
	uint32_t b = at(buf), addr = copy(&a, sizeof a), alen = addr_len(&a), *len = low(sizeof *len),
		 *got = low(sizeof *got);
	int32_t one = 1, timeout[2] = { 2, 500000 };
	struct iovec32 out[2] = { { text("po"), 2 }, { text("ng"), 2 } }, *iov = low(sizeof out);
	struct msghdr32 *msg = low(sizeof *msg);
	long s, c, n, r;
	unsigned cport;

	s = sock(SOCKET, family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=524289\tproto=0\tflags=4096*", s, v, domain_of(family));
	r = sock(SETSOCKOPT, s, SOL_SOCKET, SO_REUSEADDR, copy(&one, sizeof one), sizeof one);
	say("setsockopt\tres=%s\tfd=%ld*\tlevel=1(SOL_SOCKET)\toptname=2(SO_REUSEADDR)\tval=1\toptlen=4", res(r), s);
	r = sock(SETSOCKOPT, s, SOL_SOCKET, SO_RCVTIMEO, copy(timeout, sizeof timeout), sizeof timeout);
	say("setsockopt\tres=%s\tfd=%ld*\tlevel=1(SOL_SOCKET)\toptname=20(SO_RCVTIMEO)\tval=2500000000(2.5s)\toptlen=8",
	    res(r), s);
	r = sock(BIND, s, addr, alen);
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), srv, s);
	r = sock(LISTEN, s, 5);
	say("listen\tres=%s\tfd=%ld*\tbacklog=5", res(r), s);

	c = sock(SOCKET, family, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=1\tproto=0\tflags=0*", c, v, domain_of(family));
	r = sock(CONNECT, c, addr, alen);
	cport = port_by_name(c);
	there = fmt("%s:%u->%s", ip, cport, srv);
	back = fmt("%s->%s:%u", srv, ip, cport);
	k = fmt("%ld(<%ct>%s)", c, v, there);
	say("connect\tres=%s\ttuple=%s\tfd=%s\taddr=%s", res(r), there, k, srv);
	say("getsockname");
	n = sock(ACCEPT, s, 0, 0);
	kn = fmt("%ld(<%ct>%s)", n, v, there);
	say("accept\tfd=%s\ttuple=%s\tqueuepct=0\tqueuelen=0\tqueuemax=5", kn, there);
	*len = sizeof(union addr);
	sock(GETPEERNAME, c, at(low(sizeof(union addr))), at(len));
	say("getpeername");

	r = sock(SEND, c, text("ping"), 4, 0);
	say("send\tres=%s\tdata=ping\tfd=%s\tsize=4\ttuple=%s", res(r), k, there);
	r = sock(RECV, n, b, 16, 0);
	say("recv\tres=%s\tdata=ping\tfd=%s\tsize=16\ttuple=%s", res(r), kn, there);
	r = sock(RECV, n, b, 16, MSG_DONTWAIT);
	say("recv\tres=-11(EAGAIN)\tdata=\tfd=%s\tsize=16", kn);
	r = sock(SENDTO, c, text("again"), 5, 0, 0, 0);
	say("sendto\tres=%s\tdata=again\tfd=%s\tsize=5\ttuple=%s", res(r), k, there);
	r = sock(RECVFROM, n, b, 16, 0, 0, 0);
	say("recvfrom\tres=%s\tdata=again\ttuple=%s\tfd=%s\tsize=16", res(r), there, kn);
	memcpy(iov, out, sizeof out);
	*msg = (struct msghdr32){ .iov = at(iov), .iovlen = 2 };
	r = sock(SENDMSG, n, at(msg), 0);
	say("sendmsg\tres=%s\tdata=pong\tfd=%s\tsize=4\ttuple=%s", res(r), kn, back);
	iov[0] = (struct iovec32){ b, 64 };
	msg->iovlen = 1;
	r = sock(RECVMSG, c, at(msg), 0);
	say("recvmsg\tres=%s\tsize=4\tdata=pong\ttuple=%s\tmsgcontrol=\tfd=%s", res(r), back, k);
	*len = sizeof *got;
	r = sock(GETSOCKOPT, c, SOL_SOCKET, SO_TYPE, at(got), at(len));
	say("getsockopt\tres=%s\tfd=%s\tlevel=1(SOL_SOCKET)\toptname=3(SO_TYPE)\tval=1\toptlen=4", res(r), k);
	r = sock(SHUTDOWN, c, SHUT_WR);
	say("shutdown\tres=%s\tfd=%s\thow=1(SHUT_WR)", res(r), k);
	r = sock(RECV, n, b, 16, 0);
	say("recv\tres=0\tdata=\tfd=%s\tsize=16", kn);
	close_fd(n, kn);
	close_fd(c, k);
	close_fd(s, fmt("%ld*", s));

	c = sock(SOCKET, family, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=1\tproto=0", c, v, domain_of(family));
	a = loopback(family, nobody);
	r = sock(CONNECT, c, copy(&a, sizeof a), alen);
	say("connect\tres=-111(ECONNREFUSED)\ttuple=*\tfd=%ld*\taddr=%s:%u", c, ip, nobody);
	close_fd(c, fmt("%ld*", c));
	/* no such call: it stays what it is */
	r = sock(21, c, 0, 0);
	say("socketcall");
}

/* Through the numbers of their own that the calls have since 4.3. */
static void udp(int family, unsigned port)
{
	const char *ip = ip_of(family), *any = family == AF_INET ? "0.0.0.0" : "::", *srv = fmt("%s:%u", ip, port),
		   *there;
	union addr a = loopback(family, port);
	uint32_t b = at(low(64)), b2 = at(low(64)), addr = copy(&a, sizeof a), alen = addr_len(&a),
		 *len = low(sizeof *len);
	uint32_t from = at(low(sizeof a));
	struct iovec32 out[2] = { { text("one"), 3 }, { text("three"), 5 } }, in[2] = { { b, 64 }, { b2, 64 } };
	struct mmsghdr32 *msgs = low(2 * sizeof *msgs);
	unsigned cport;
	long s, c, r;

	s = call32(I386_socket, family, SOCK_DGRAM, 0);
	say("socket\tfd=%ld*\tdomain=%s\ttype=2\tproto=0", s, domain_of(family));
	r = sock(BIND, s, addr, alen);
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), srv, s);
	c = call32(I386_socket, family, SOCK_DGRAM, 0);
	say("socket\tfd=%ld*\tdomain=%s\ttype=2\tproto=0", c, domain_of(family));
	r = call32(I386_sendto, c, text("query"), 5, 0, addr, alen);
	cport = port_by_name(c);
	there = fmt("%s:%u->%s", ip, cport, srv);
	say("sendto\tres=%s\tdata=query\tfd=%ld*\tsize=5\ttuple=%s:%u->%s", res(r), c, any, cport, srv);
	say("getsockname");
	*len = sizeof a;
	r = call32(I386_recvfrom, s, b, 32, 0, from, at(len));
	say("recvfrom\tres=%s\tdata=query\ttuple=%s\tfd=%ld*\tsize=32", res(r), there, s);
	r = sock(SENDTO, s, text("answer"), 6, 0, from, *len);
	say("sendto\tres=%s\tdata=answer\tfd=%ld*\tsize=6\ttuple=%s->%s:%u", res(r), s, srv, ip, cport);
	r = call32(I386_connect, c, addr, alen);
	say("connect\tres=%s\ttuple=%s\tfd=%ld*\taddr=%s", res(r), there, c, srv);
	for (int i = 0; i < 2; i++)
		msgs[i].hdr = (struct msghdr32){ .iov = copy(&out[i], sizeof out[i]), .iovlen = 1 };
	r = call32(I386_sendmmsg, c, at(msgs), 2, 0);
	say("sendmmsg\tres=2\tfd=%ld*\tsize=8\tdata=one\ttuple=%s", c, there);
	for (int i = 0; i < 2; i++)
		msgs[i].hdr = (struct msghdr32){
			.name = from, .namelen = sizeof a, .iov = copy(&in[i], sizeof in[i]), .iovlen = 1
		};
	r = call32(I386_recvmmsg, s, at(msgs), 2, 0, 0);
	say("recvmmsg\tres=2\tfd=%ld*\tsize=8\tdata=one\ttuple=%s\tmsgcontrol=", s, there);
	close_fd(c, fmt("%ld*", c));
	close_fd(s, fmt("%ld*", s));
}

static void local(void)
{
	union addr a;
	socklen_t len = un_name(&a, in_dir("s"), false);
	int *pair = low(2 * sizeof *pair);
	uint32_t b = at(low(64));
	struct iovec32 iov = { text("datagram"), 8 };
	struct msghdr32 msg = {
		.name = copy(&a, sizeof a), .namelen = len, .iov = copy(&iov, sizeof iov), .iovlen = 1
	};
	long s, r;

	s = sock(SOCKET, AF_UNIX, SOCK_DGRAM, 0);
	say("socket\tfd=%ld(<u>)\tdomain=1(AF_LOCAL)\ttype=2\tproto=0", s);
	r = sock(BIND, s, copy(&a, sizeof a), len);
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), in_dir("s"), s);
	r = sock(SOCKETPAIR, AF_UNIX, SOCK_DGRAM, 0, at(pair));
	say("socketpair\tres=%s\tfd1=%d(<u>*\tfd2=%d(<u>*\tdomain=1(AF_LOCAL)\ttype=2\tproto=0", res(r), pair[0],
	    pair[1]);
	r = sock(SEND, pair[0], text("over"), 4, 0);
	say("send\tres=%s\tdata=over\tfd=%d(<u>*\tsize=4\ttuple=*", res(r), pair[0]);
	r = sock(RECV, pair[1], b, 16, 0);
	say("recv\tres=%s\tdata=over\tfd=%d(<u>*\tsize=16\ttuple=*", res(r), pair[1]);
	close_fd(pair[0], fmt("%d(<u>*", pair[0]));
	close_fd(pair[1], fmt("%d(<u>*", pair[1]));
	pair[0] = (int)sock(SOCKET, AF_UNIX, SOCK_DGRAM, 0);
	say("socket\tfd=%d(<u>)\tdomain=1(AF_LOCAL)\ttype=2\tproto=0", pair[0]);
	r = sock(SENDMSG, pair[0], copy(&msg, sizeof msg), 0);
	say("sendmsg\tres=%s\tdata=datagram\tfd=%d(<u>*\tsize=8\ttuple=*", res(r), pair[0]);
	close_fd(pair[0], fmt("%d(<u>*", pair[0]));
	close_fd(s, fmt("%ld(<u>*", s));
}

static void refused(int sig)
{
	static const char why[] = "this kernel takes no 32-bit system calls\n";

	(void)sig;
	_exit(write(STDOUT_FILENO, why, sizeof why - 1) > 0 ? 77 : 1);
}

int main(int argc, char **argv)
{
	unsigned tcp4, tcp6, udp4, udp6, dead4, dead6;
	int out;

	signal(SIGSEGV, refused);
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT | MAP_POPULATE, -1,
		     0);
	if (arena == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	prctl(PR_SET_NAME, COMM);
	if (argc == 2 && strcmp(argv[1], "--ready") == 0)
		return call32(I386_close, -4241) == -EBADF ? 0 : 1;
	if (argc != 3 || !realpath(argv[1], dir)) {
		fprintf(stderr, "usage: workload32 FOLDER FILE | --ready\n");
		return 2;
	}
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		perror(argv[2]);
		return 2;
	}
	umask(022);
	tcp4 = free_port(AF_INET, SOCK_STREAM);
	tcp6 = free_port(AF_INET6, SOCK_STREAM);
	udp4 = free_port(AF_INET, SOCK_DGRAM);
	udp6 = free_port(AF_INET6, SOCK_DGRAM);
	dead4 = free_port(AF_INET, SOCK_STREAM);
	dead6 = free_port(AF_INET6, SOCK_STREAM);

	call(SYS_close, -4242);
	files();
	descriptors();
	memory();
	times_and_identity();
	children();
	tcp(AF_INET, tcp4, dead4);
	udp(AF_INET, udp4);
	if (tcp6 && udp6 && dead6) {
		tcp(AF_INET6, tcp6, dead6);
		udp(AF_INET6, udp6);
	}
	local();
	close_fd(file_a, file(file_a, "a"));
	call(SYS_close, -4243);
	return write_lines(out);
}

#else

int main(void)
{
	puts("32-bit system calls of x86 need an x86-64 machine");
	return 77;
}

#endif
