/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workload whose every call is known. The program makes each system call itself (syscall(2), so that no library puts another
 * one in its place) and says, for each in its order, the line that porthole has to print: the event's name and its arguments
 * in porthole's own rendering, of what the program passed and got.
 *
 *   workload FOLDER FILE    works in FOLDER (on a file system without layers) and writes the lines to FILE
 *   workload --ready        makes one call that can be waited for: close(-4241)
 *
 * A line is the name and the arguments behind tabs. One that ends in an asterisk is the beginning of an argument. The calls
 * stand between close(-4242) and close(-4243); porthole must show exactly these of the thread, no more and no fewer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

/* A call's result as the kernel gives it. */
#define call(...)                               \
	({                                      \
		long r_ = syscall(__VA_ARGS__); \
		r_ == -1 ? -(long)errno : r_;   \
	})

/* What fstat(2) tells, told as the call that it is; the line of the call before may need it, so say_fstat() comes later. */
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
	say("close\tres=%s\tfd=%s", res(call(SYS_close, fd)), shown);
}

/* --- files ---------------------------------------------------------------------------------------------------------- */

static long file_a; /* stays open for what comes later */

static void files(void)
{
	char buf[64], big[1024];
	struct iovec out[2] = { { "abc", 3 }, { "def", 3 } }, in[2] = { { buf, 5 }, { buf + 5, 6 } }, one = { buf, 5 },
		     hello = { "HELLO", 5 };
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	long fd, sub, inner, r;
	const char *f;

	r = call(SYS_chdir, dir);
	say("chdir\tres=%s\tpath=%s", res(r), dir);
	r = call(SYS_getcwd, big, sizeof big);
	say("getcwd\tres=%s\tpath=%s", res(r), dir);
	r = call(SYS_mkdirat, AT_FDCWD, "sub2", 0700);
	say("mkdirat\tres=%s\tdirfd=" CWD "\tpath=%s\tmode=1C0", res(r), path("sub2"));
#ifdef SYS_mkdir
	r = call(SYS_mkdir, "sub", 0750);
	say("mkdir\tres=%s\tpath=%s\tmode=1E8", res(r), path("sub"));
	r = call(SYS_mkdir, "sub", 0750);
	say("mkdir\tres=-17(EEXIST)\tpath=%s\tmode=1E8", path("sub"));
#else
	r = call(SYS_mkdirat, AT_FDCWD, "sub", 0750);
	say("mkdirat\tres=%s\tdirfd=" CWD "\tpath=%s\tmode=1E8", res(r), path("sub"));
#endif

#ifdef SYS_open
	file_a = call(SYS_open, "a", O_RDWR | O_CREAT | O_TRUNC, 0640);
	look(file_a);
	f = file(file_a, "a");
	say("open\tfd=%s\tname=%s\tflags=16647(O_TRUNC|O_CREAT|O_RDWR|O_F_CREATED)\tmode=640\tdev=%lX\tino=%lu", f,
	    path("a"), (unsigned long)known.st_dev, (unsigned long)known.st_ino);
#else
	file_a = call(SYS_openat, AT_FDCWD, "a", O_RDWR | O_CREAT | O_TRUNC, 0640);
	look(file_a);
	f = file(file_a, "a");
	say("openat\tfd=%s\tdirfd=" CWD
	    "\tname=%s\tflags=16647(O_TRUNC|O_CREAT|O_RDWR|O_F_CREATED)\tmode=640\tdev=%lX\tino=%lu",
	    f, path("a"), (unsigned long)known.st_dev, (unsigned long)known.st_ino);
#endif
	say_fstat(f);
	r = call(SYS_write, file_a, "hello workload\n", 15);
	say("write\tres=%s\tdata=hello workload.\tfd=%s\tsize=15", res(r), f);
	r = call(SYS_pwrite64, file_a, "world", 5, 6);
	say("pwrite\tres=%s\tdata=world\tfd=%s\tsize=5\tpos=6", res(r), f);
	r = call(SYS_lseek, file_a, 6, SEEK_SET);
	say("lseek\tres=%s\tfd=%s\toffset=6\twhence=0(SEEK_SET)", res(r), f);
	r = call(SYS_read, file_a, buf, 5);
	say("read\tres=%s\tdata=world\tfd=%s\tsize=5", res(r), f);
	r = call(SYS_pread64, file_a, buf, 5, 0);
	say("pread\tres=%s\tdata=hello\tfd=%s\tsize=5\tpos=0", res(r), f);
	r = call(SYS_writev, file_a, out, 2);
	say("writev\tres=%s\tdata=abcdef\tfd=%s\tsize=6", res(r), f);
	r = call(SYS_lseek, file_a, 0, SEEK_SET);
	say("lseek\tres=%s\tfd=%s\toffset=0\twhence=0(SEEK_SET)", res(r), f);
	r = call(SYS_readv, file_a, in, 2);
	say("readv\tres=%s\tsize=11\tdata=hello world\tfd=%s", res(r), f);
	r = call(SYS_preadv, file_a, &one, 1, 6, 0);
	say("preadv\tres=%s\tsize=5\tdata=world\tfd=%s\tpos=6", res(r), f);
	r = call(SYS_pwritev, file_a, &hello, 1, 0, 0);
	say("pwritev\tres=%s\tdata=HELLO\tfd=%s\tsize=5\tpos=0", res(r), f);
	r = call(SYS_read, file_a, (void *)1, 5);
	say("read\tres=-14(EFAULT)\tdata=\tfd=%s\tsize=5", f);
	call(SYS_fsync, file_a);
	say("fsync");
	call(SYS_fdatasync, file_a);
	say("fdatasync");
	call(SYS_ftruncate, file_a, 17);
	say("ftruncate");
	r = call(SYS_ioctl, file_a, FIONREAD, buf);
	say("ioctl\tres=%s\tfd=%s\trequest=541B\targument=%lX", res(r), f, (unsigned long)buf);
	r = call(SYS_flock, file_a, LOCK_EX | LOCK_NB);
	say("flock\tres=%s\tfd=%s\toperation=6(LOCK_EX|LOCK_NB)", res(r), f);

	r = call(SYS_fchmod, file_a, 0604);
	say("fchmod\tres=%s\tfd=%s\tmode=604(S_IROTH|S_IWUSR|S_IRUSR)", res(r), f);
	r = call(SYS_fchmodat, AT_FDCWD, "a", 0640);
	say("fchmodat\tres=%s\tdirfd=" CWD "\tfilename=%s\tmode=640(S_IRGRP|S_IWUSR|S_IRUSR)", res(r), path("a"));
	r = call(SYS_fchown, file_a, 0, 0);
	say("fchown\tres=%s\tfd=%s\tuid=0\tgid=0", res(r), f);
	r = call(SYS_fchownat, AT_FDCWD, "a", 0, 0, AT_SYMLINK_NOFOLLOW);
	say("fchownat\tres=%s\tdirfd=" CWD "\tpathname=%s\tuid=0\tgid=0\tflags=1024(AT_SYMLINK_NOFOLLOW)", res(r),
	    path("a"));
	r = call(SYS_linkat, AT_FDCWD, "a", AT_FDCWD, "c", 0);
	say("linkat\tres=%s\tolddir=" CWD "\toldpath=%s\tnewdir=" CWD "\tnewpath=%s\tflags=0", res(r), path("a"),
	    path("c"));
	r = call(SYS_symlinkat, "a", AT_FDCWD, "l2");
	say("symlinkat\tres=%s\ttarget=a\tlinkdirfd=" CWD "\tlinkpath=%s", res(r), path("l2"));
	r = call(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "c2", 1);
	say("renameat2\tres=%s\tolddirfd=" CWD "\toldpath=%s\tnewdirfd=" CWD "\tnewpath=%s\tflags=1(RENAME_NOREPLACE)",
	    res(r), path("c"), path("c2"));
	r = call(SYS_newfstatat, AT_FDCWD, "a", &known, AT_SYMLINK_NOFOLLOW);
	say("newfstatat\tres=%s\tdirfd=" CWD "\tpath=%s\tflags=256(AT_SYMLINK_NOFOLLOW)", res(r), path("a"));
	r = call(SYS_mknodat, AT_FDCWD, "ff", S_IFIFO | 0600, 0);
	say("mknodat\tres=%s\tdirfd=" CWD "\tpath=%s\tmode=10600(S_IWUSR|S_IRUSR|S_IFIFO)\tdev=0", res(r), path("ff"));
#ifdef SYS_link
	r = call(SYS_chmod, "a", 0600);
	say("chmod\tres=%s\tfilename=%s\tmode=600(S_IWUSR|S_IRUSR)", res(r), path("a"));
	r = call(SYS_chown, "a", 0, 0);
	say("chown\tres=%s\tpath=%s\tuid=0\tgid=0", res(r), path("a"));
	r = call(SYS_lchown, "l2", 0, 0);
	say("lchown\tres=%s\tpath=%s\tuid=0\tgid=0", res(r), path("l2"));
	r = call(SYS_link, "a", "b");
	say("link\tres=%s\toldpath=%s\tnewpath=%s", res(r), path("a"), path("b"));
	r = call(SYS_symlink, "a", "l");
	say("symlink\tres=%s\ttarget=a\tlinkpath=%s", res(r), path("l"));
	call(SYS_readlink, "l", buf, sizeof buf);
	say("readlink");
	r = call(SYS_rename, "b", "b2");
	say("rename\tres=%s\toldpath=%s\tnewpath=%s", res(r), path("b"), path("b2"));
	r = call(SYS_renameat, AT_FDCWD, "b2", AT_FDCWD, "b3");
	say("renameat\tres=%s\tolddirfd=" CWD "\toldpath=%s\tnewdirfd=" CWD "\tnewpath=%s", res(r), path("b2"),
	    path("b3"));
	r = call(SYS_access, "a", R_OK);
	say("access\tres=%s\tname=%s\tmode=4(R_OK)", res(r), path("a"));
	r = call(SYS_access, in_dir("none"), F_OK);
	say("access\tres=-2(ENOENT)\tname=%s\tmode=0(F_OK)", in_dir("none"));
	r = call(SYS_stat, "a", &known);
	say("stat\tres=%s\tpath=%s", res(r), path("a"));
	r = call(SYS_lstat, "l", &known);
	say("lstat\tres=%s\tpath=%s", res(r), path("l"));
	fd = call(SYS_creat, "e", 0600);
	look(fd);
	say("creat\tfd=%s\tname=%s\tmode=600\tdev=%lX\tino=%lu", file(fd, "e"), path("e"), (unsigned long)known.st_dev,
	    (unsigned long)known.st_ino);
	say_fstat(file(fd, "e"));
	close_fd(fd, file(fd, "e"));
	r = call(SYS_unlink, "e");
	say("unlink\tres=%s\tpath=%s", res(r), path("e"));
	r = call(SYS_open, "none", O_RDONLY);
	say("open\tfd=-2(ENOENT)\tname=%s\tflags=1(O_RDONLY)\tmode=0", path("none"));
	r = call(SYS_open, "sub", O_WRONLY);
	say("open\tfd=-21(EISDIR)\tname=%s\tflags=2(O_WRONLY)\tmode=0", path("sub"));
#endif

	sub = call(SYS_openat, AT_FDCWD, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	say("openat\tfd=%s\tdirfd=" CWD "\tname=%s\tflags=5121(O_DIRECTORY|O_RDONLY|O_CLOEXEC)\tmode=0",
	    folder(sub, "sub"), path("sub"));
	inner = call(SYS_openat, sub, "inner", O_WRONLY | O_CREAT | O_EXCL, 0600);
	say("openat\tfd=%s\tdirfd=%s\tname=inner(%s)\tflags=16422(O_EXCL|O_CREAT|O_WRONLY|O_F_CREATED)\tmode=600",
	    file(inner, "sub/inner"), folder(sub, "sub"), in_dir("sub/inner"));
	r = call(SYS_read, inner, buf, 5);
	say("read\tres=-9(EBADF)\tdata=\tfd=%s\tsize=5", file(inner, "sub/inner"));
	fd = call(SYS_openat2, sub, "inner", &how, sizeof how);
	say("openat2\tfd=%s\tdirfd=%s\tname=inner(%s)\tflags=1(O_RDONLY)\tmode=0\tresolve=1(RESOLVE_BENEATH)",
	    file(fd, "sub/inner"), folder(sub, "sub"), in_dir("sub/inner"));
	r = call(SYS_copy_file_range, file_a, NULL, inner, NULL, 4096, 0);
	say("copy_file_range\tres=%s\tfdout=%s\tfdin=%s\tlen=4096", res(r), file(inner, "sub/inner"), f);
	close_fd(fd, file(fd, "sub/inner"));
	close_fd(inner, file(inner, "sub/inner"));
	r = call(SYS_getdents64, sub, big, sizeof big);
	say("getdents64\tres=%s\tfd=%s", res(r), folder(sub, "sub"));
	r = call(SYS_fchdir, sub);
	say("fchdir\tres=%s\tfd=%s", res(r), folder(sub, "sub"));
	r = call(SYS_unlinkat, AT_FDCWD, "inner", 0);
	say("unlinkat\tres=%s\tdirfd=" CWD "\tname=inner(%s)\tflags=0", res(r), in_dir("sub/inner"));
	r = call(SYS_chdir, "..");
	say("chdir\tres=%s\tpath=..", res(r));
	close_fd(sub, folder(sub, "sub"));
	r = call(SYS_unlinkat, AT_FDCWD, "sub2", AT_REMOVEDIR);
	say("unlinkat\tres=%s\tdirfd=" CWD "\tname=%s\tflags=512(AT_REMOVEDIR)", res(r), path("sub2"));
#ifdef SYS_rmdir
	r = call(SYS_rmdir, "none");
	say("rmdir\tres=-2(ENOENT)\tpath=%s", path("none"));
#endif
	r = call(SYS_openat, AT_FDCWD, "a/b", O_RDONLY);
	say("openat\tfd=-20(ENOTDIR)\tdirfd=" CWD "\tname=%s\tflags=1(O_RDONLY)\tmode=0", path("a/b"));
	r = call(SYS_mount, "none", "nodir", "tmpfs", MS_RDONLY, NULL);
	say("mount\tres=%s\tdev=none\tdir=%s\ttype=tmpfs\tflags=1(RDONLY)", res(r), path("nodir"));
	r = call(SYS_umount2, "nodir", MNT_DETACH);
	say("umount2\tres=%s\tname=%s\tflags=2(DETACH)", res(r), path("nodir"));
	r = call(SYS_chroot, in_dir("none"));
	say("chroot\tres=%s\tpath=%s", res(r), in_dir("none"));
}

/* --- descriptors ------------------------------------------------------------------------------------------------------ */

static void descriptors(void)
{
	const char *f = file(file_a, "a");
	struct epoll_event ev = { .events = EPOLLIN }, evs[4];
	struct timespec none = {
		0, 0
	}; /* the kernel writes back what is left of it, and a record is made at the end of its call */
	struct itimerspec later = { .it_value = { 100, 0 } };
	uint64_t mask = 1ull << (SIGUSR1 - 1);
	struct pollfd polls[2];
	int p[2], q[2];
	char buf[64];
	loff_t zero = 0;
	long fd, r;

	fd = call(SYS_dup, file_a);
	say("dup\tres=%s\toldfd=%s", file(fd, "a"), f);
	close_fd(fd, file(fd, "a"));
	r = call(SYS_dup3, file_a, 31, O_CLOEXEC);
	say("dup3\tres=%s\toldfd=%s\tnewfd=%s\tflags=4096(O_CLOEXEC)", file(r, "a"), f, file(31, "a"));
#ifdef SYS_dup2
	r = call(SYS_dup2, file_a, 32);
	say("dup2\tres=%s\toldfd=%s\tnewfd=%s", file(r, "a"), f, file(32, "a"));
	r = call(SYS_dup2, 999, 33);
	say("dup2\tres=-9(EBADF)\toldfd=999\tnewfd=33");
#endif
	r = call(SYS_fcntl, file_a, F_DUPFD, 34);
	say("fcntl\tres=%s\tfd=%s\tcmd=1(F_DUPFD)\targ=22", file(r, "a"), f);
	r = call(SYS_fcntl, file_a, F_GETFD, 0);
	say("fcntl\tres=0*\tfd=%s\tcmd=2(F_GETFD)\targ=0", f);
	r = call(SYS_close_range, 31, 40, 0);
	say("close_range\tres=%s\tfirst=31\tlast=40\tflags=0", res(r));
	r = call(SYS_close, 32);
	say("close\tres=-9(EBADF)\tfd=32");

	r = call(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK);
	look(p[0]);
	say("pipe2\tres=%s\tfd1=%d(<p>)\tfd2=%d(<p>)\tino=%lu\tflags=4160(O_NONBLOCK|O_CLOEXEC)", res(r), p[0], p[1],
	    (unsigned long)known.st_ino);
	say_fstat(fmt("%d(<p>)", p[0]));
#ifdef SYS_pipe
	r = call(SYS_pipe, q);
	look(q[0]);
	say("pipe\tres=%s\tfd1=%d(<p>)\tfd2=%d(<p>)\tino=%lu", res(r), q[0], q[1], (unsigned long)known.st_ino);
#else
	r = call(SYS_pipe2, q, 0);
	look(q[0]);
	say("pipe2\tres=%s\tfd1=%d(<p>)\tfd2=%d(<p>)\tino=%lu\tflags=0*", res(r), q[0], q[1],
	    (unsigned long)known.st_ino);
#endif
	say_fstat(fmt("%d(<p>)", q[0]));
	r = call(SYS_read, p[0], buf, 9);
	say("read\tres=-11(EAGAIN)\tdata=\tfd=%d(<p>)\tsize=9", p[0]);
	r = call(SYS_write, p[1], "through", 7);
	say("write\tres=%s\tdata=through\tfd=%d(<p>)\tsize=7", res(r), p[1]);
	polls[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = p[1], .events = POLLOUT };
#ifdef SYS_poll
	r = call(SYS_poll, polls, 2, 0);
	say("poll\tres=%s\tfds=%d:p1 %d:p4\ttimeout=0", res(r), p[0], p[1]);
	call(SYS_select, 0, NULL, NULL, NULL, &(struct timeval){ 0, 0 });
	say("select\tres=0");
#endif
	r = call(SYS_ppoll, polls, 1, &none, NULL, 8);
	say("ppoll\tres=%s\tfds=%d:p1\ttimeout=0(0s)\tsigmask=", res(r), p[0]);
	r = call(SYS_splice, p[0], NULL, q[1], NULL, 64, 2);
	say("splice\tres=%s\tfd_in=%d(<p>)\tfd_out=%d(<p>)\tsize=64\tflags=2(SPLICE_F_NONBLOCK)", res(r), p[0], q[1]);
	r = call(SYS_read, q[0], buf, 64);
	say("read\tres=7\tdata=through\tfd=%d(<p>)\tsize=64", q[0]);
	r = call(SYS_sendfile, q[1], file_a, &zero, 5);
	say("sendfile\tres=%s\tout_fd=%d(<p>)\tin_fd=%s\tsize=5", res(r), q[1], f);
	close_fd(q[1], fmt("%d(<p>)", q[1]));
	close_fd(q[0], fmt("%d(<p>)", q[0]));

	fd = call(SYS_eventfd2, 7, EFD_CLOEXEC);
	say("eventfd2\tres=%ld(<e>)\tflags=4096(O_CLOEXEC)\tinitval=7", fd);
#ifdef SYS_eventfd
	r = call(SYS_eventfd, 3);
	say("eventfd\tres=%ld(<e>)\tinitval=3\tflags=0", r);
	close_fd(r, fmt("%ld(<e>)", r));
	r = call(SYS_epoll_create, 8);
	say("epoll_create\tres=%ld\tsize=8", r);
	close_fd(r, fmt("%ld(<l>)", r));
#endif
	r = call(SYS_epoll_create1, EPOLL_CLOEXEC);
	say("epoll_create1\tres=%ld\tflags=1(EPOLL_CLOEXEC)", r);
	call(SYS_epoll_ctl, r, EPOLL_CTL_ADD, fd, &ev);
	say("epoll_ctl");
#ifdef SYS_epoll_wait
	say("epoll_wait\tres=%s\tmaxevents=4", res(call(SYS_epoll_wait, r, evs, 4, 0)));
#endif
	call(SYS_epoll_pwait, r, evs, 4, 0, NULL, 8);
	say("epoll_pwait");
	close_fd(r, fmt("%ld(<l>)", r));
	close_fd(fd, fmt("%ld(<e>)", fd));

	fd = call(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
	say("timerfd_create\tres=%ld(<t>)\tclockid=1\tflags=0", fd);
	call(SYS_timerfd_settime, fd, 0, &later, NULL);
	say("timerfd_settime");
	close_fd(fd, fmt("%ld(<t>)", fd));
	fd = call(SYS_signalfd4, -1, &mask, 8, SOCK_NONBLOCK);
	say("signalfd4\tres=%ld(<s>)\tflags=64(O_NONBLOCK)\tfd=-1(EPERM)\tmask=200", fd);
	close_fd(fd, fmt("%ld(<s>)", fd));
	fd = call(SYS_inotify_init1, IN_CLOEXEC);
	say("inotify_init1\tres=%ld(<i>)\tflags=4096(O_CLOEXEC)", fd);
	call(SYS_inotify_add_watch, fd, "a", IN_MODIFY);
	say("inotify_add_watch");
	close_fd(fd, fmt("%ld(<i>)", fd));
	fd = call(SYS_memfd_create, "blob", 1);
	say("memfd_create\tfd=%ld(<*\tname=blob\tflags=1(MFD_CLOEXEC)", fd);
	close_fd(fd, fmt("%ld(<*", fd));
	close_fd(p[0], fmt("%d(<p>)", p[0]));
	close_fd(p[1], fmt("%d(<p>)", p[1]));
}

/* --- memory, time, identity --------------------------------------------------------------------------------------------- */

static void memory(void)
{
	unsigned long at;
	long r;

	r = call(SYS_mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("mmap\taddr=0\tlength=8192\tprot=3(PROT_READ|PROT_WRITE)\tflags=10(MAP_PRIVATE|MAP_ANONYMOUS)\tfd=-1(EPERM)\toffset=0");
	at = (unsigned long)r;
	say("mprotect\tres=%s\taddr=%lX\tlength=4096\tprot=1(PROT_READ)", res(call(SYS_mprotect, at, 4096, PROT_READ)),
	    at);
	say("mlock\tres=%s\taddr=%lX\tlen=4096", res(call(SYS_mlock, at, 4096)), at);
	say("munlock\tres=%s\taddr=%lX\tlen=4096", res(call(SYS_munlock, at, 4096)), at);
	say("mlock2\tres=%s\taddr=%lX\tlen=4096\tflags=1(MLOCK_ONFAULT)", res(call(SYS_mlock2, at, 4096, 1)), at);
	say("munlockall\tres=%s", res(call(SYS_munlockall)));
	call(SYS_madvise, at, 4096, MADV_DONTNEED);
	say("madvise");
	say("munmap\tres=%s\taddr=%lX\tlength=8192", res(call(SYS_munmap, at, 8192)), at);
	r = call(SYS_mmap, NULL, 17, PROT_READ, MAP_SHARED, (int)file_a, 0);
	say("mmap\taddr=0\tlength=17\tprot=1(PROT_READ)\tflags=1(MAP_SHARED)\tfd=%s\toffset=0", file(file_a, "a"));
	say("munmap\tres=%s\taddr=%lX\tlength=17", res(call(SYS_munmap, r, 17)), (unsigned long)r);
	call(SYS_brk, 0);
	say("brk\taddr=0");
	say("mprotect\tres=%s\taddr=1\tlength=1\tprot=0(PROT_NONE)", res(call(SYS_mprotect, 1, 1, 0)));
}

static void times_and_signals(void)
{
	struct timespec ms = { 0, 1000000 }, now;
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} ignore = { (void *)1, 0, NULL, 0 };
	static int word;
	long pid, tid;

	say("nanosleep\tres=%s\tinterval=1000000(0.001s)", res(call(SYS_nanosleep, &ms, NULL)));
	call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ms, NULL);
	say("clock_nanosleep");
	call(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	say("clock_gettime");
	say("futex\tres=%s\taddr=%lX\top=129(FUTEX_PRIVATE_FLAG|FUTEX_WAKE)\tval=1",
	    res(call(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0)), (unsigned long)&word);
	say("futex\tres=%s\taddr=%lX\top=*\tval=5", res(call(SYS_futex, &word, FUTEX_WAIT, 5, NULL, NULL, 0)),
	    (unsigned long)&word);
	pid = call(SYS_getpid);
	say("getpid");
	tid = call(SYS_gettid);
	say("gettid");
	say("kill\tres=%s\tpid=%ld*\tsig=0", res(call(SYS_kill, pid, 0)), pid);
	say("tkill\tres=%s\ttid=%ld*\tsig=0", res(call(SYS_tkill, tid, 0)), tid);
	say("tgkill\tres=%s\tpid=%ld*\ttid=%ld*\tsig=0", res(call(SYS_tgkill, pid, tid, 0)), pid, tid);
	say("kill\tres=%s\tpid=999999*\tsig=9(SIGKILL)", res(call(SYS_kill, 999999, SIGKILL)));
	say("rt_sigaction\tres=%s\tsig=10(SIGUSR1)\thandler=1\tflags=0",
	    res(call(SYS_rt_sigaction, SIGUSR1, &ignore, NULL, 8)));
	call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 8);
	say("rt_sigprocmask");
	call(SYS_sched_yield);
	say("sched_yield");
	tid = call(SYS_pidfd_open, pid, 0);
	say("pidfd_open\tfd=%ld*\tpid=%ld*\tflags=0", tid, pid);
	close_fd(tid, fmt("%ld*", tid));
}

static void identity(void)
{
	struct rlimit now, core;
	unsigned a, b, c;
	long r;

	say("getuid\tuid=%ld*", call(SYS_getuid));
	say("geteuid\teuid=%ld*", call(SYS_geteuid));
	say("getgid\tgid=%ld*", call(SYS_getgid));
	say("getegid\tegid=%ld*", call(SYS_getegid));
	r = call(SYS_getresuid, &a, &b, &c);
	say("getresuid\tres=%s\truid=%u*\teuid=%u*\tsuid=%u*", res(r), a, b, c);
	r = call(SYS_getresgid, &a, &b, &c);
	say("getresgid\tres=%s\trgid=%u*\tegid=%u*\tsgid=%u*", res(r), a, b, c);
	say("setresuid\tres=%s\truid=-1(<NONE>)\teuid=0*\tsuid=-1(<NONE>)", res(call(SYS_setresuid, -1, 0, -1)));
	say("setresgid\tres=%s\trgid=0*\tegid=-1(<NONE>)\tsgid=-1(<NONE>)", res(call(SYS_setresgid, 0, -1, -1)));
	say("setreuid\tres=%s\truid=0*\teuid=-1(<NONE>)", res(call(SYS_setreuid, 0, -1)));
	say("setuid\tres=%s\tuid=0*", res(call(SYS_setuid, 0)));
	say("setgid\tres=%s\tgid=0*", res(call(SYS_setgid, 0)));
	say("setpgid\tres=%s\tpid=0*\tpgid=0*", res(call(SYS_setpgid, 0, 0)));
	call(SYS_getppid);
	say("getppid");
	call(SYS_umask, 022);
	say("umask");
	r = call(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &core);
	say("prlimit\tres=%s\tnewcur=-1\tnewmax=-1\toldcur=%ld\toldmax=%ld\tpid=0\tresource=4(RLIMIT_CORE)", res(r),
	    (long)core.rlim_cur, (long)core.rlim_max);
	r = call(SYS_getrlimit, RLIMIT_NOFILE, &now);
	say("getrlimit\tres=%s\tcur=%ld\tmax=%ld\tresource=7(RLIMIT_NOFILE)", res(r), (long)now.rlim_cur,
	    (long)now.rlim_max);
	r = call(SYS_setrlimit, RLIMIT_NOFILE, &now);
	say("setrlimit\tres=%s\tcur=%ld\tmax=%ld\tresource=7(RLIMIT_NOFILE)", res(r), (long)now.rlim_cur,
	    (long)now.rlim_max);
	r = call(SYS_prctl, PR_SET_NAME, COMM, 0, 0, 0);
	say("prctl\tres=%s\toption=15(PR_SET_NAME)\targ2_str=" COMM "\targ2_int=0", res(r));
	r = call(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	say("prctl\tres=%s\toption=3(PR_GET_DUMPABLE)\targ2_int=0", res(r));
	r = call(SYS_seccomp, 2, 0, &(unsigned){ 0x7fff0000 });
	say("seccomp\tres=%s\top=2\tflags=0", res(r));
	r = call(SYS_unshare, 0);
	say("unshare\tres=%s\tflags=0", res(r));
	r = call(SYS_setns, -1, 0);
	say("setns\tres=%s\tfd=-1(EPERM)\tnstype=0", res(r));
	r = call(SYS_execve, in_dir("none"), (char *[]){ "none", NULL }, (char *[]){ NULL });
	say("execve\tres=-2(ENOENT)\tfilename=%s", in_dir("none"));
}

static void semaphores(void)
{
	struct sembuf up = { 1, 2, IPC_NOWAIT };
	long id, r;

	id = call(SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | 0600);
	say("semget\tres=%s\tkey=0\tnsems=2\tsemflg=8192(IPC_CREAT)", res(id));
	r = call(SYS_semop, id, &up, 1);
	say("semop\tres=%s\tnsops=1\tsem_num_0=1\tsem_op_0=2\tsem_flg_0=1(IPC_NOWAIT)\tsemid=%ld", res(r), id);
	r = call(SYS_semctl, id, 0, SETVAL, 5);
	say("semctl\tres=%s\tsemid=%ld\tsemnum=0\tcmd=4096(SETVAL)\tval=5", res(r), id);
	r = call(SYS_semctl, id, 0, IPC_RMID, 0);
	say("semctl\tres=%s\tsemid=%ld\tsemnum=0\tcmd=4(IPC_RMID)", res(r), id);
}

/* A child that ends at once; its own calls are another thread's. */
static void children(void)
{
	long pid;

#ifdef SYS_fork
	pid = call(SYS_fork);
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	say("fork\tres=%ld*", pid);
	call(SYS_wait4, pid, NULL, 0, NULL);
	say("wait4");
#endif
	pid = call(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		syscall(SYS_exit_group, 3);
	say("clone\tres=%ld*", pid);
	call(SYS_wait4, pid, NULL, 0, NULL);
	say("wait4");
}

/* --- sockets ------------------------------------------------------------------------------------------------------------ */

/* The port of a socket, asked for with a call that has a line of its own. */
static unsigned port_by_name(long fd)
{
	union addr a;
	socklen_t len = sizeof a;

	call(SYS_getsockname, fd, &a, &len);
	return port_of(&a);
}

static void tcp(int family, unsigned port, unsigned nobody)
{
	const char *ip = ip_of(family), *there, *back, *k, *kc, *kn, *srv = fmt("%s:%u", ip, port);
	char v = family == AF_INET ? '4' : '6';
	union addr a = loopback(family, port), from;
	struct timeval timeout = { 2, 500000 };
	struct iovec out[2] = { { "po", 2 }, { "ng", 2 } };
	struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
	socklen_t len = sizeof from;
	long s, c, n, r, unused;
	unsigned cport;
	char buf[64];
	int one = 1, got = -1;

	s = call(SYS_socket, family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=524289\tproto=0\tflags=4096(O_CLOEXEC)", s, v, domain_of(family));
	r = call(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	say("setsockopt\tres=%s\tfd=%ld*\tlevel=1(SOL_SOCKET)\toptname=2(SO_REUSEADDR)\tval=1\toptlen=4", res(r), s);
	r = call(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	say("setsockopt\tres=%s\tfd=%ld*\tlevel=1(SOL_SOCKET)\toptname=20(SO_RCVTIMEO)\tval=2500000000(2.5s)\toptlen=16",
	    res(r), s);
	r = call(SYS_setsockopt, s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	say("setsockopt\tres=%s\tfd=%ld*\tlevel=2(SOL_TCP)\toptname=0(UNKNOWN)\tval=....\toptlen=4", res(r), s);
	r = call(SYS_bind, s, &a, addr_len(&a));
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), srv, s);
	r = call(SYS_listen, s, 5);
	say("listen\tres=%s\tfd=%ld*\tbacklog=5", res(r), s);

	c = call(SYS_socket, family, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=1\tproto=0\tflags=0*", c, v, domain_of(family));
	r = call(SYS_connect, c, &a, addr_len(&a));
	cport = port_by_name(c);
	there = fmt("%s:%u->%s", ip, cport, srv);
	back = fmt("%s->%s:%u", srv, ip, cport);
	k = fmt("%ld(<%ct>%s)", c, v, there);
	say("connect\tres=%s\ttuple=%s\tfd=%s\taddr=%s", res(r), there, k, srv);
	say("getsockname");
	n = call(SYS_accept4, s, &from, &len, SOCK_CLOEXEC);
	kn = fmt("%ld(<%ct>%s)", n, v, there);
	say("accept4\tfd=%s\ttuple=%s\tqueuepct=0\tqueuelen=0\tqueuemax=5", kn, there);
	call(SYS_getpeername, c, &from, &len);
	say("getpeername");

	r = call(SYS_sendto, c, "ping", 4, 0, NULL, 0);
	say("sendto\tres=%s\tdata=ping\tfd=%s\tsize=4\ttuple=%s", res(r), k, there);
	r = call(SYS_recvfrom, n, buf, 16, 0, NULL, NULL);
	say("recvfrom\tres=%s\tdata=ping\ttuple=%s\tfd=%s\tsize=16", res(r), there, kn);
	r = call(SYS_recvfrom, n, buf, 16, MSG_DONTWAIT, NULL, NULL);
	say("recvfrom\tres=-11(EAGAIN)\tdata=\ttuple=NULL\tfd=%s\tsize=16", kn);
	r = call(SYS_sendmsg, n, &msg, 0);
	say("sendmsg\tres=%s\tdata=pong\tfd=%s\tsize=4\ttuple=%s", res(r), kn, back);
	out[0] = (struct iovec){ buf, sizeof buf };
	msg.msg_iovlen = 1;
	r = call(SYS_recvmsg, c, &msg, 0);
	say("recvmsg\tres=%s\tsize=4\tdata=pong\ttuple=%s\tmsgcontrol=\tfd=%s", res(r), back, k);
	r = call(SYS_write, n, "more", 4);
	say("write\tres=%s\tdata=more\tfd=%s\tsize=4", res(r), kn);
	r = call(SYS_read, c, buf, 64);
	say("read\tres=%s\tdata=more\tfd=%s\tsize=64", res(r), k);
	len = sizeof got;
	r = call(SYS_getsockopt, c, SOL_SOCKET, SO_ERROR, &got, &len);
	say("getsockopt\tres=%s\tfd=%s\tlevel=1(SOL_SOCKET)\toptname=4(SO_ERROR)\tval=0\toptlen=4", res(r), k);
	r = call(SYS_getsockopt, c, SOL_SOCKET, SO_TYPE, &got, &len);
	say("getsockopt\tres=%s\tfd=%s\tlevel=1(SOL_SOCKET)\toptname=3(SO_TYPE)\tval=1\toptlen=4", res(r), k);
	r = call(SYS_shutdown, c, SHUT_WR);
	say("shutdown\tres=%s\tfd=%s\thow=1(SHUT_WR)", res(r), k);
	r = call(SYS_recvfrom, n, buf, 16, 0, NULL, NULL);
	say("recvfrom\tres=0\tdata=\tfd=%s\tsize=16", kn);
	close_fd(n, kn);
	close_fd(c, k);
	close_fd(s, fmt("%ld*", s));

	unused = call(SYS_socket, family, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<%ct>)\tdomain=%s\ttype=1\tproto=0", unused, v, domain_of(family));
	a = loopback(family, nobody);
	r = call(SYS_connect, unused, &a, addr_len(&a));
	kc = fmt("%ld*", unused);
	say("connect\tres=-111(ECONNREFUSED)\ttuple=*\tfd=%s\taddr=%s:%u", kc, ip, nobody);
	close_fd(unused, kc);
	r = call(SYS_connect, file_a, &a, addr_len(&a));
	say("connect\tres=-88(ENOTSOCK)\ttuple=NULL\tfd=%s\taddr=%s:%u", file(file_a, "a"), ip, nobody);
}

static void udp(int family, unsigned port)
{
	const char *ip = ip_of(family), *any = family == AF_INET ? "0.0.0.0" : "::", *srv = fmt("%s:%u", ip, port),
		   *there;
	union addr a = loopback(family, port), from;
	struct iovec out[2] = { { "one", 3 }, { "three", 5 } }, in[2];
	struct mmsghdr msgs[2] = { 0 };
	char buf[64], buf2[64];
	socklen_t len;
	unsigned cport;
	long s, c, r;

	s = call(SYS_socket, family, SOCK_DGRAM, 0);
	say("socket\tfd=%ld*\tdomain=%s\ttype=2\tproto=0", s, domain_of(family));
	r = call(SYS_bind, s, &a, addr_len(&a));
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), srv, s);
	c = call(SYS_socket, family, SOCK_DGRAM, 0);
	say("socket\tfd=%ld*\tdomain=%s\ttype=2\tproto=0", c, domain_of(family));
	r = call(SYS_sendto, c, "query", 5, 0, &a, addr_len(&a));
	cport = port_by_name(c);
	there = fmt("%s:%u->%s", ip, cport, srv);
	say("sendto\tres=%s\tdata=query\tfd=%ld*\tsize=5\ttuple=%s:%u->%s", res(r), c, any, cport, srv);
	say("getsockname");
	len = sizeof from;
	r = call(SYS_recvfrom, s, buf, 32, 0, &from, &len);
	say("recvfrom\tres=%s\tdata=query\ttuple=%s\tfd=%ld*\tsize=32", res(r), there, s);
	r = call(SYS_sendto, s, "answer", 6, 0, &from, len);
	say("sendto\tres=%s\tdata=answer\tfd=%ld*\tsize=6\ttuple=%s->%s:%u", res(r), s, srv, ip, cport);
	r = call(SYS_connect, c, &a, addr_len(&a));
	say("connect\tres=%s\ttuple=%s\tfd=%ld*\taddr=%s", res(r), there, c, srv);
	for (int i = 0; i < 2; i++) {
		msgs[i].msg_hdr.msg_iov = &out[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	r = call(SYS_sendmmsg, c, msgs, 2, 0);
	say("sendmmsg\tres=2\tfd=%ld*\tsize=8\tdata=one\ttuple=%s", c, there);
	in[0] = (struct iovec){ buf, sizeof buf };
	in[1] = (struct iovec){ buf2, sizeof buf2 };
	for (int i = 0; i < 2; i++) {
		msgs[i].msg_hdr.msg_iov = &in[i];
		msgs[i].msg_hdr.msg_name = &from;
		msgs[i].msg_hdr.msg_namelen = sizeof from;
	}
	r = call(SYS_recvmmsg, s, msgs, 2, 0, NULL);
	say("recvmmsg\tres=2\tfd=%ld*\tsize=8\tdata=one\ttuple=%s\tmsgcontrol=", s, there);
	close_fd(c, fmt("%ld*", c));
	close_fd(s, fmt("%ld*", s));
}

static void local(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { "F", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	const char *name = in_dir("s"), *none = in_dir("none"),
		   *hidden = fmt("ph_abstract_%u", (unsigned)getpid() % 100000);
	union addr a;
	int pair[2], passed = (int)file_a;
	char buf[64];
	socklen_t len;
	long s, c, n, r;

	say("getpid");
	s = call(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<u>)\tdomain=1(AF_LOCAL)\ttype=1\tproto=0", s);
	len = un_name(&a, name, false);
	r = call(SYS_bind, s, &a, len);
	say("bind\tres=%s\taddr=%s\tfd=%ld*", res(r), name, s);
	r = call(SYS_listen, s, 3);
	say("listen\tres=%s\tfd=%ld*\tbacklog=3", res(r), s);
	c = call(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	say("socket\tfd=%ld(<u>)\tdomain=1(AF_LOCAL)\ttype=1\tproto=0", c);
	r = call(SYS_connect, c, &a, len);
	say("connect\tres=%s\ttuple=*\tfd=%ld*\taddr=%s", res(r), c, name);
#ifdef SYS_accept
	n = call(SYS_accept, s, NULL, NULL);
	say("accept\tfd=%ld(<u>*\ttuple=*\tqueuepct=0\tqueuelen=0\tqueuemax=3", n);
#else
	n = call(SYS_accept4, s, NULL, NULL, 0);
	say("accept4\tfd=%ld(<u>*\ttuple=*\tqueuepct=0\tqueuelen=0\tqueuemax=3", n);
#endif
	close_fd(n, fmt("%ld(<u>*", n));
	close_fd(c, fmt("%ld(<u>*", c));
	close_fd(s, fmt("%ld(<u>*", s));

	s = call(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	say("socket\tfd=%ld(<u>)\tdomain=1(AF_LOCAL)\ttype=2\tproto=0", s);
	len = un_name(&a, hidden, true);
	r = call(SYS_bind, s, &a, len);
	say("bind\tres=%s\taddr=@%s\tfd=%ld*", res(r), hidden, s);
	len = un_name(&a, none, false);
	r = call(SYS_connect, s, &a, len);
	say("connect\tres=-2(ENOENT)\ttuple=0->*\tfd=%ld*\taddr=%s", s, none);
	close_fd(s, fmt("%ld(<u>*", s));

	/* a descriptor that goes over a socket: what arrives is a known file */
	r = call(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	say("socketpair\tres=%s\tfd1=%d(<u>*\tfd2=%d(<u>*\tdomain=1(AF_LOCAL)\ttype=2\tproto=0", res(r), pair[0],
	    pair[1]);
	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
	r = call(SYS_sendmsg, pair[0], &msg, 0);
	say("sendmsg\tres=%s\tdata=F\tfd=%d(<u>*\tsize=1\ttuple=*", res(r), pair[0]);
	iov = (struct iovec){ buf, sizeof buf };
	memset(&control, 0, sizeof control);
	r = call(SYS_recvmsg, pair[1], &msg, 0);
	say("recvmsg\tres=%s\tsize=1\tdata=F\ttuple=*\tmsgcontrol=*\tfd=%d(<u>*", res(r), pair[1]);
	memcpy(&passed, CMSG_DATA(&control.head), sizeof passed);
	look(passed);
	say_fstat(file(passed, "a"));
	close_fd(passed, file(passed, "a"));
	close_fd(pair[0], fmt("%d(<u>*", pair[0]));
	close_fd(pair[1], fmt("%d(<u>*", pair[1]));
}

int main(int argc, char **argv)
{
	unsigned tcp4, tcp6, udp4, udp6, dead4, dead6;
	int out;

	if (argc == 2 && strcmp(argv[1], "--ready") == 0) {
		prctl(PR_SET_NAME, COMM);
		return call(SYS_close, -4241) == -EBADF ? 0 : 1;
	}
	if (argc != 3 || !realpath(argv[1], dir)) {
		fprintf(stderr, "usage: workload FOLDER FILE | --ready\n");
		return 2;
	}
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		perror(argv[2]);
		return 2;
	}
	umask(022);
	prctl(PR_SET_NAME, COMM);
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
	times_and_signals();
	identity();
	semaphores();
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
