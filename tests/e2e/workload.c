/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workload whose every call is known. The program makes each system call itself (syscall(2), so that no library puts another
 * one in its place) and says, for each in its order, the line that porthole has to print: the event's name and its arguments
 * in porthole's own rendering, of what the program passed and got.
 *
 *   workload FOLDER FILE [contained]    works in FOLDER (on a file system without layers) and writes the lines to FILE;
 *                                       contained: it runs in a PID namespace
 *   workload --ready                    makes one call that can be waited for: close(-4241)
 *
 * A line is the name and the arguments behind tabs. One that ends in an asterisk is the beginning of an argument. The calls
 * stand between close(-4242) and close(-4243); porthole must show exactly these of the thread, no more and no fewer.
 *
 * Arguments of the same kind have values that differ, descriptors are above FD_BASE, and what cannot be done here is at least
 * refused with its arguments: a row of syscalls.def that takes one argument for another is seen. main() fails when a row
 * with an event of its own has no line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
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
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "porthole/event.h"
#include "workload.h"

#define FD_BASE 100 /* descriptors are no number that is an argument for something else */

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

static const char *program, *first_arg;
static int own_pid;
static bool contained; /* in a PID namespace */

/* --- files ---------------------------------------------------------------------------------------------------------- */

static long file_a; /* stays open for what comes later */

static void files(void)
{
	char buf[64], big[1024];
	struct iovec out[2] = { { "abc", 3 }, { "def", 3 } }, in[2] = { { buf, 5 }, { buf + 5, 6 } }, one = { buf, 5 },
		     hello = { "HELLO", 5 };
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_NO_SYMLINKS };
	struct {
		struct file_handle head;
		unsigned char space[MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	long fd, sub, two, inner, r;
	loff_t off_in = 2, off_out = 7;
	const char *f;
	int mount_id;

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
	r = call(SYS_lseek, file_a, -4L, SEEK_END);
	/* an unsigned number in events */
	say("lseek\tres=%s\tfd=%s\toffset=-4\twhence=2(SEEK_END)", res(r), f);
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
	r = call(SYS_fchown, file_a, 1234, 5678);
	say("fchown\tres=%s\tfd=%s\tuid=1234*\tgid=5678*", res(r), f);
	r = call(SYS_fchownat, AT_FDCWD, "a", 2345, 6789, AT_SYMLINK_NOFOLLOW);
	say("fchownat\tres=%s\tdirfd=" CWD "\tpathname=%s\tuid=2345*\tgid=6789*\tflags=1024(AT_SYMLINK_NOFOLLOW)",
	    res(r), path("a"));
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
	r = call(SYS_mknodat, AT_FDCWD, "a", S_IFCHR | 0640, makedev(1, 3));
	say("mknodat\tres=%s\tdirfd=" CWD "\tpath=%s\tmode=20640(S_IRGRP|S_IWUSR|S_IRUSR|S_IFCHR)\tdev=259", res(r),
	    path("a"));
#ifdef SYS_link
	r = call(SYS_chmod, "a", 0600);
	say("chmod\tres=%s\tfilename=%s\tmode=600(S_IWUSR|S_IRUSR)", res(r), path("a"));
	r = call(SYS_chown, "a", 1234, 5678);
	say("chown\tres=%s\tpath=%s\tuid=1234*\tgid=5678*", res(r), path("a"));
	r = call(SYS_lchown, "l2", 2345, 6789);
	say("lchown\tres=%s\tpath=%s\tuid=2345*\tgid=6789*", res(r), path("l2"));
	r = call(SYS_chown, "a", 0, 0);
	say("chown\tres=%s\tpath=%s\tuid=0*\tgid=0*", res(r), path("a"));
	r = call(SYS_mknod, "a", S_IFBLK | 0604, makedev(2, 5));
	say("mknod\tres=%s\tpath=%s\tmode=60604(*\tdev=517", res(r), path("a"));
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
	look(fd);
	say("openat2\tfd=%s\tdirfd=%s\tname=inner(%s)\tflags=7(O_CREAT|O_RDWR)\tmode=640\tresolve=8(RESOLVE_NO_SYMLINKS)\tdev=%lX\tino=%lu",
	    file(fd, "sub/inner"), folder(sub, "sub"), in_dir("sub/inner"), (unsigned long)known.st_dev,
	    (unsigned long)known.st_ino);
	say_fstat(file(fd, "sub/inner"));
	r = call(SYS_copy_file_range, file_a, &off_in, inner, &off_out, 4096, 0);
	say("copy_file_range\tres=%s\tfdout=%s\toffout=%ld\tfdin=%s\toffin=%ld\tlen=4096", res(r),
	    file(inner, "sub/inner"), (long)off_out, f, (long)off_in);
	two = call(SYS_openat, AT_FDCWD, "sub2", O_RDONLY | O_DIRECTORY);
	look(two);
	say("openat\tfd=%s\tdirfd=" CWD "\tname=%s\tflags=1025(O_DIRECTORY|O_RDONLY)\tmode=0\tdev=%lX\tino=%lu",
	    folder(two, "sub2"), path("sub2"), (unsigned long)known.st_dev, (unsigned long)known.st_ino);
	say("fstat\tres=%s\tfd=%s", res(known_res), folder(two, "sub2"));
	r = call(SYS_linkat, sub, "inner", two, "hard", AT_SYMLINK_FOLLOW);
	say("linkat\tres=%s\tolddir=%s\toldpath=inner(%s)\tnewdir=%s\tnewpath=hard(%s)\tflags=1024(AT_SYMLINK_FOLLOW)",
	    res(r), folder(sub, "sub"), in_dir("sub/inner"), folder(two, "sub2"), in_dir("sub2/hard"));
	r = call(SYS_symlinkat, "inner", two, "soft");
	say("symlinkat\tres=%s\ttarget=inner\tlinkdirfd=%s\tlinkpath=soft(%s)", res(r), folder(two, "sub2"),
	    in_dir("sub2/soft"));
#ifdef SYS_renameat
	r = call(SYS_renameat, two, "hard", sub, "moved");
	say("renameat\tres=%s\tolddirfd=%s\toldpath=hard(%s)\tnewdirfd=%s\tnewpath=moved(%s)", res(r),
	    folder(two, "sub2"), in_dir("sub2/hard"), folder(sub, "sub"), in_dir("sub/moved"));
	r = call(SYS_renameat2, sub, "moved", two, "hard", 1);
	say("renameat2\tres=%s\tolddirfd=%s\toldpath=moved(%s)\tnewdirfd=%s\tnewpath=hard(%s)\tflags=1(RENAME_NOREPLACE)",
	    res(r), folder(sub, "sub"), in_dir("sub/moved"), folder(two, "sub2"), in_dir("sub2/hard"));
#endif
	r = call(SYS_unlinkat, two, "hard", 0);
	say("unlinkat\tres=%s\tdirfd=%s\tname=hard(%s)\tflags=0", res(r), folder(two, "sub2"), in_dir("sub2/hard"));
	r = call(SYS_unlinkat, two, "soft", 0);
	say("unlinkat\tres=%s\tdirfd=%s\tname=soft(%s)\tflags=0", res(r), folder(two, "sub2"), in_dir("sub2/soft"));
	close_fd(two, folder(two, "sub2"));
	close_fd(fd, file(fd, "sub/inner"));
	close_fd(inner, file(inner, "sub/inner"));
	r = call(SYS_getdents64, sub, big, sizeof big);
	say("getdents64\tres=%s\tfd=%s", res(r), folder(sub, "sub"));
#ifdef SYS_getdents
	r = call(SYS_getdents, sub, big, sizeof big);
	say("getdents\tres=%s\tfd=%s", res(r), folder(sub, "sub"));
#endif
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
	call(SYS_name_to_handle_at, AT_FDCWD, "sub", &handle, &mount_id, 0);
	say("name_to_handle_at");
	r = call(SYS_open_by_handle_at, file_a, &handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r >= 0) {
		look(r);
		say("open_by_handle_at\tfd=%s\tmountfd=%s\tflags=5121(O_DIRECTORY|O_RDONLY|O_CLOEXEC)\tpath=%s\tdev=%lX\tino=%lu",
		    folder(r, "sub"), f, in_dir("sub"), (unsigned long)known.st_dev, (unsigned long)known.st_ino);
		say_fstat(folder(r, "sub"));
		close_fd(r, folder(r, "sub"));
	} else {
		say("open_by_handle_at\tfd=%s\tmountfd=%s\tflags=5121(O_DIRECTORY|O_RDONLY|O_CLOEXEC)\tpath=*\tdev=0\tino=0",
		    res(r), f);
	}
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
	loff_t from = 3;
	long fd, r;

	fd = call(SYS_dup, file_a);
	say("dup\tres=%s\toldfd=%s", file(fd, "a"), f);
	close_fd(fd, file(fd, "a"));
	r = call(SYS_dup3, file_a, 131, O_CLOEXEC);
	say("dup3\tres=%s\toldfd=%s\tnewfd=%s\tflags=4096(O_CLOEXEC)", file(r, "a"), f, file(131, "a"));
	r = call(SYS_dup3, 999, 136, O_CLOEXEC);
	say("dup3\tres=-9(EBADF)\toldfd=999\tnewfd=136\tflags=4096(O_CLOEXEC)");
#ifdef SYS_dup2
	r = call(SYS_dup2, file_a, 132);
	say("dup2\tres=%s\toldfd=%s\tnewfd=%s", file(r, "a"), f, file(132, "a"));
	r = call(SYS_dup2, 999, 133);
	say("dup2\tres=-9(EBADF)\toldfd=999\tnewfd=133");
#endif
	r = call(SYS_fcntl, file_a, F_DUPFD, 134);
	say("fcntl\tres=%s\tfd=%s\tcmd=1(F_DUPFD)\targ=86", file(r, "a"), f);
	r = call(SYS_fcntl, file_a, F_GETFD, 0x77);
	say("fcntl\tres=%s*\tfd=%s\tcmd=2(F_GETFD)\targ=77", res(r), f);
	r = call(SYS_close_range, 131, 140, 0);
	say("close_range\tres=%s\tfirst=131\tlast=140\tflags=0", res(r));
	r = call(SYS_close, 132);
	say("close\tres=-9(EBADF)\tfd=132");

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
	r = call(SYS_ppoll, polls, 1, &none, &mask, 8);
	say("ppoll\tres=%s\tfds=%d:p1\ttimeout=0(0s)\tsigmask=SIGUSR1", res(r), p[0]);
	r = call(SYS_splice, p[0], NULL, q[1], NULL, 64, 2);
	say("splice\tres=%s\tfd_in=%d(<p>)\tfd_out=%d(<p>)\tsize=64\tflags=2(SPLICE_F_NONBLOCK)", res(r), p[0], q[1]);
	r = call(SYS_read, q[0], buf, 64);
	say("read\tres=7\tdata=through\tfd=%d(<p>)\tsize=64", q[0]);
	r = call(SYS_sendfile, q[1], file_a, &from, 4096);
	say("sendfile\tres=%s\toffset=%ld\tout_fd=%d(<p>)\tin_fd=%s\tsize=4096", res(r), (long)from, q[1], f);
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
#ifdef SYS_signalfd
	fd = call(SYS_signalfd, -1, &mask, 8);
	say("signalfd\tres=%ld(<s>)\tfd=-1(EPERM)\tmask=200\tflags=0", fd);
	close_fd(fd, fmt("%ld(<s>)", fd));
	fd = call(SYS_inotify_init);
	say("inotify_init\tres=%ld(<i>)\tflags=0", fd);
	close_fd(fd, fmt("%ld(<i>)", fd));
#endif
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

/* The sizes of the process as /proc tells them, read with a call that has its line; say_vm() as say_fstat(). */
static int status_fd;
static long vm_size, vm_swap, vm_res;
#define STATUS_MAX 2047

static void look_vm(void)
{
	static char text[STATUS_MAX + 1];
	const char *size, *swap;

	vm_res = call(SYS_pread64, status_fd, text, STATUS_MAX, 0);
	text[vm_res > 0 ? vm_res : 0] = '\0';
	size = strstr(text, "\nVmSize:");
	swap = strstr(text, "\nVmSwap:");
	vm_size = size ? strtol(size + 8, NULL, 10) : -1;
	vm_swap = swap ? strtol(swap + 8, NULL, 10) : -1;
}

static void say_vm(void)
{
	say("pread\tres=%s\tdata=Name:*\tfd=%d*\tsize=%d\tpos=0", res(vm_res), status_fd, STATUS_MAX);
}

static const char *vm(void)
{
	return fmt("vm_size=%ld\tvm_rss=*\tvm_swap=%ld", vm_size, vm_swap);
}

static void memory(void)
{
	unsigned long at, hint = 0x600000000000;
	long r;

	r = call(SYS_mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	look_vm();
	say("mmap\tres=%lX\t%s\taddr=0\tlength=8192\tprot=3(PROT_READ|PROT_WRITE)\tflags=10(MAP_PRIVATE|MAP_ANONYMOUS)\tfd=-1(EPERM)\toffset=0",
	    (unsigned long)r, vm());
	say_vm();
	at = (unsigned long)r;
	say("mprotect\tres=%s\taddr=%lX\tlength=4096\tprot=1(PROT_READ)", res(call(SYS_mprotect, at, 4096, PROT_READ)),
	    at);
	say("mlock\tres=%s\taddr=%lX\tlen=4096", res(call(SYS_mlock, at, 4096)), at);
	say("munlock\tres=%s\taddr=%lX\tlen=4096", res(call(SYS_munlock, at, 4096)), at);
	say("mlock2\tres=%s\taddr=%lX\tlen=4096\tflags=1(MLOCK_ONFAULT)", res(call(SYS_mlock2, at, 4096, 1)), at);
	say("mlockall\tres=%s\tflags=4(MCL_ONFAULT)",
	    res(call(SYS_mlockall, 4))); /* of which pages is not said: refused */
	say("munlockall\tres=%s", res(call(SYS_munlockall)));
	call(SYS_madvise, at, 4096, MADV_DONTNEED);
	say("madvise");
	r = call(SYS_munmap, at, 8192);
	look_vm();
	say("munmap\tres=%s\t%s\taddr=%lX\tlength=8192", res(r), vm(), at);
	say_vm();
	r = call(SYS_mmap, hint, 17, PROT_READ, MAP_SHARED, (int)file_a, 4096);
	look_vm();
	say("mmap\tres=%lX\t%s\taddr=%lX\tlength=17\tprot=1(PROT_READ)\tflags=1(MAP_SHARED)\tfd=%s\toffset=4096",
	    (unsigned long)r, vm(), hint, file(file_a, "a"));
	say_vm();
	say("munmap\tres=%s\taddr=%lX\tlength=17", res(call(SYS_munmap, r, 17)), (unsigned long)r);
	r = call(SYS_brk, 4242);
	look_vm();
	say("brk\tres=%lX\t%s\taddr=1092", (unsigned long)r, vm());
	say_vm();
	say("mprotect\tres=%s\taddr=1\tlength=2\tprot=0(PROT_NONE)", res(call(SYS_mprotect, 1, 2, 0)));
}

static void times_and_signals(void)
{
	struct timespec ms = { 0, 1000000 }, now;
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} ignore = { (void *)1, SA_RESTART, NULL, 1ull << (SIGUSR2 - 1) };
	static int word;
	long pid, tid, fd, copy, r;

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
	say("tgkill\tres=%s\tpid=%ld*\ttid=999999*\tsig=12(SIGUSR2)", res(call(SYS_tgkill, pid, 999999, SIGUSR2)), pid);
	say("kill\tres=%s\tpid=999999*\tsig=9(SIGKILL)", res(call(SYS_kill, 999999, SIGKILL)));
	say("rt_sigaction\tres=%s\tsig=10(SIGUSR1)\thandler=1\tflags=10000000\tmask=SIGUSR2",
	    res(call(SYS_rt_sigaction, SIGUSR1, &ignore, NULL, 8)));
	call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 8);
	say("rt_sigprocmask");
	call(SYS_sched_yield);
	say("sched_yield");
	fd = call(SYS_pidfd_open, pid, 0);
	say("pidfd_open\tfd=%ld*\tpid=%ld*\tflags=0", fd, pid);
	copy = call(SYS_pidfd_getfd, fd, file_a, 0);
	say("pidfd_getfd\tfd=%ld*\tpid_fd=%ld*\ttarget_fd=%ld*\tflags=0", copy, fd, file_a);
	if (copy >= 0)
		close_fd(copy, fmt("%ld*", copy));
	r = call(SYS_pidfd_getfd, fd, 998, 7);
	say("pidfd_getfd\tfd=%s\tpid_fd=%ld*\ttarget_fd=998*\tflags=7", res(r), fd);
	close_fd(fd, fmt("%ld*", fd));
}

/* What a call that made a child tells of the parent; flags and names as events have them. */
struct who {
	unsigned uid, gid;
};

static const char *as_parent(unsigned flags, const char *names, struct who who)
{
	unsigned in_ns = contained ? 0x20000000 : 0;
	const char *all = fmt("%s%s%s", names, *names && in_ns ? "|" : "", in_ns ? "CLONE_CHILD_IN_PIDNS" : "");

	return fmt("exe=%s\targs=%s.*\tcwd=%s\tvm_size=*\tcomm=" COMM
		   "\tcgroups=*\tflags=%u%s\tuid=%u\tgid=%u\tvtid=%d*\tvpid=%d*",
		   program, first_arg, dir, flags | in_ns, *all ? fmt("(%s)", all) : "", who.uid, who.gid, own_pid,
		   own_pid);
}

/* Each id another one; what is asked for without the rights is refused, and told all the same. */
static void ids(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct was[2], caps[2];
	uint64_t permitted, effective;
	unsigned a, b, c;
	long r;

	call(SYS_capget, &head, was);
	say("capget");
	memcpy(caps, was, sizeof caps);
	caps[0].inheritable = was[0].permitted & (1u << CAP_CHOWN | 1u << CAP_FOWNER);
	caps[0].effective = was[0].permitted & ~(1u << CAP_KILL | 1u << CAP_NET_RAW);
	r = call(SYS_capset, &head, caps);
	permitted = (uint64_t)was[1].permitted << 32 | was[0].permitted;
	effective = (uint64_t)caps[1].effective << 32 | caps[0].effective;
	say("capset\tres=%s\tcap_inheritable=%X\tcap_permitted=%lX\tcap_effective=%lX", res(r), caps[0].inheritable,
	    permitted, effective);
	r = call(SYS_capset, &head, was);
	say("capset\tres=%s\tcap_inheritable=*\tcap_permitted=%lX\tcap_effective=*", res(r), permitted);

	say("setresgid\tres=%s\trgid=-1(<NONE>)\tegid=2345*\tsgid=6789*", res(call(SYS_setresgid, -1, 2345, 6789)));
	say("setresuid\tres=%s\truid=-1(<NONE>)\teuid=1234*\tsuid=5678*", res(call(SYS_setresuid, -1, 1234, 5678)));
	say("getuid\tuid=%ld*", call(SYS_getuid));
	say("geteuid\teuid=%ld*", call(SYS_geteuid));
	say("getgid\tgid=%ld*", call(SYS_getgid));
	say("getegid\tegid=%ld*", call(SYS_getegid));
	r = call(SYS_getresuid, &a, &b, &c);
	say("getresuid\tres=%s\truid=%u*\teuid=%u*\tsuid=%u*", res(r), a, b, c);
	r = call(SYS_getresgid, &a, &b, &c);
	say("getresgid\tres=%s\trgid=%u*\tegid=%u*\tsgid=%u*", res(r), a, b, c);
	say("setresuid\tres=%s\truid=11*\teuid=22*\tsuid=33*", res(call(SYS_setresuid, 11, 22, 33)));
	say("setresgid\tres=%s\trgid=44*\tegid=55*\tsgid=66*", res(call(SYS_setresgid, 44, 55, 66)));
	say("setreuid\tres=%s\truid=77*\teuid=88*", res(call(SYS_setreuid, 77, 88)));
	say("setregid\tres=%s\trgid=99*\tegid=111*", res(call(SYS_setregid, 99, 111)));
	say("setuid\tres=%s\tuid=222*", res(call(SYS_setuid, 222)));
	say("setgid\tres=%s\tgid=333*", res(call(SYS_setgid, 333)));
	r = call(SYS_execve, in_dir("none"), ((char *[]){ "first", "second word", "third", NULL }),
		 ((char *[]){ "A=1", "BB=22", NULL }));
	say("execve\tres=%s\texe=first\targs=second word.third.\tcwd=%s\tcomm=" COMM
	    "\tenv=A=1.BB=22.\tcap_permitted=%lX\tcap_effective=0\tuid=1234*\tgid=2345*\tfilename=%s",
	    res(r), dir, permitted, in_dir("none"));
	r = call(SYS_execveat, AT_FDCWD, "none", ((char *[]){ "eins", "zwei", NULL }), ((char *[]){ "C=333", NULL }),
		 0);
	say("execveat\tres=%s\texe=eins\targs=zwei.\tcwd=%s\tcomm=" COMM
	    "\tenv=C=333.\tcap_permitted=%lX\tcap_effective=0\tuid=1234*\tgid=2345*",
	    res(r), dir, permitted);
	r = call(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (r == 0)
		syscall(SYS_exit_group, 0);
	say("clone\tres=%ld*\t%s", r, as_parent(0, "", (struct who){ 1234, 2345 }));
	call(SYS_wait4, r, NULL, 0, NULL);
	say("wait4");
	say("setresuid\tres=%s\truid=0*\teuid=0*\tsuid=0*", res(call(SYS_setresuid, 0, 0, 0)));
	say("setresgid\tres=%s\trgid=0*\tegid=0*\tsgid=0*", res(call(SYS_setresgid, 0, 0, 0)));
}

static void identity(void)
{
	struct rlimit now;
	struct rlimit64 first = { 1000, 2000 }, second = { 500, 1500 }, old;
	long r;

	say("setpgid\tres=%s\tpid=999999*\tpgid=12345*", res(call(SYS_setpgid, 999999, 12345)));
	say("setpgid\tres=%s\tpid=0*\tpgid=0*", res(call(SYS_setpgid, 0, 0)));
	say("setsid\tres=%ld", call(SYS_setsid)); /* refused: it leads a process group */
	call(SYS_getppid);
	say("getppid");
	call(SYS_umask, 022);
	say("umask");
	r = call(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &old);
	say("prlimit\tres=%s\tnewcur=-1\tnewmax=-1\toldcur=%ld\toldmax=%ld\tpid=0\tresource=4(RLIMIT_CORE)", res(r),
	    (long)old.rlim_cur, (long)old.rlim_max);
	for (int i = 0; i < 2; i++) {
		r = call(SYS_prlimit64, 0, RLIMIT_CORE, i ? &second : &first, &old);
		say("prlimit\tres=%s\tnewcur=%d\tnewmax=%d\toldcur=%ld\toldmax=%ld\tpid=0\tresource=4(RLIMIT_CORE)",
		    res(r), i ? 500 : 1000, i ? 1500 : 2000, r ? -1 : (long)old.rlim_cur, r ? -1 : (long)old.rlim_max);
	}
	r = call(SYS_prlimit64, 999999, RLIMIT_NOFILE, NULL, NULL);
	say("prlimit\tres=%s\tnewcur=-1\tnewmax=-1\toldcur=-1\toldmax=-1\tpid=999999\tresource=7(RLIMIT_NOFILE)",
	    res(r));
	now = (struct rlimit){ 300, 1200 };
	r = call(SYS_setrlimit, RLIMIT_CORE, &now);
	say("setrlimit\tres=%s\tcur=300\tmax=1200\tresource=4(RLIMIT_CORE)", res(r));
	r = call(SYS_getrlimit, RLIMIT_CORE, &now);
	say("getrlimit\tres=%s\tcur=%ld\tmax=%ld\tresource=4(RLIMIT_CORE)", res(r), (long)now.rlim_cur,
	    (long)now.rlim_max);
	r = call(SYS_prctl, PR_SET_NAME, COMM, 0, 0, 0);
	say("prctl\tres=%s\toption=15(PR_SET_NAME)\targ2_str=" COMM "\targ2_int=0", res(r));
	r = call(SYS_prctl, PR_CAPBSET_READ, 7, 0, 0, 0);
	say("prctl\tres=%s\toption=23(PR_CAPBSET_READ)\targ2_int=7", res(r));
	r = call(SYS_seccomp, 2, 0xf0f0, &(unsigned){ 0x7fff0000 });
	say("seccomp\tres=%s\top=2\tflags=F0F0", res(r));
	r = call(SYS_unshare, CLONE_FS | CLONE_FILES);
	say("unshare\tres=%s\tflags=3(CLONE_FILES|CLONE_FS)", res(r));
	r = call(SYS_setns, 997, CLONE_NEWUTS);
	say("setns\tres=%s\tfd=997\tnstype=128(CLONE_NEWUTS)", res(r));
}

/* Calls that change the machine: refused, by the rights or by arguments that mean nothing. */
static void machine(void)
{
	struct dqblk quota = { .dqb_bhardlimit = 11,
			       .dqb_bsoftlimit = 12,
			       .dqb_curspace = 13,
			       .dqb_ihardlimit = 14,
			       .dqb_isoftlimit = 15,
			       .dqb_curinodes = 16,
			       .dqb_btime = 17,
			       .dqb_itime = 18 };
	struct dqinfo info = { .dqi_bgrace = 21, .dqi_igrace = 22, .dqi_flags = 1 };
	char attr[8] = { 0 };
	long r;

	r = call(SYS_quotactl, QCMD(Q_SETQUOTA, GRPQUOTA), "/dev/ph_none", 4321, &quota);
	say("quotactl\tres=%s\tspecial=/dev/ph_none\tquotafilepath=<NA>\tdqb_bhardlimit=11\tdqb_bsoftlimit=12\tdqb_curspace=13\tdqb_ihardlimit=14\tdqb_isoftlimit=15\tdqb_btime=17000000000*\tdqb_itime=18000000000*\tdqi_bgrace=0*\tdqi_igrace=0*\tdqi_flags=*\tquota_fmt_out=*\tcmd=64(Q_SETQUOTA)\ttype=2(GRPQUOTA)\tid=4321\tquota_fmt=1(QFMT_NOT_USED)",
	    res(r));
	r = call(SYS_quotactl, QCMD(Q_SETINFO, USRQUOTA), "/dev/ph_none", 0, &info);
	say("quotactl\tres=%s\tspecial=/dev/ph_none\tdqb_bhardlimit=0\tdqb_itime=0*\tdqi_bgrace=21000000000*\tdqi_igrace=22000000000*\tdqi_flags=2(V1_DQF_RSQUASH)\tcmd=16(Q_SETINFO)\ttype=1(USRQUOTA)\tid=0",
	    res(r));
	r = call(SYS_quotactl, QCMD(Q_QUOTAON, GRPQUOTA), "/dev/ph_none", 4, "/ph_quota");
	say("quotactl\tres=%s\tspecial=/dev/ph_none\tquotafilepath=/ph_quota\tdqi_flags=*\tcmd=1(Q_QUOTAON)\ttype=2(GRPQUOTA)\tid=4\tquota_fmt=8(QFMT_VFS_V1)",
	    res(r));
	r = call(SYS_keyctl, 10, 0x7654321, "user", "ph_desc", 0x1234567);
	say("keyctl\tres=%s\toperation=10(KEYCTL_SEARCH)\targ2=124076833\targ3=user\targ4=ph_desc\targ5=19088743",
	    res(r));
	r = call(SYS_keyctl, 4, 0x7654321, 1234, 5678, 91);
	say("keyctl\tres=%s\toperation=4(KEYCTL_CHOWN)\targ2=124076833\targ3=1234\targ4=5678\targ5=91", res(r));
	r = call(SYS_bpf, 1, attr, 4);
	say("bpf\tfd=%s\tcmd=1(BPF_MAP_LOOKUP_ELEM)", res(r));
	r = call(SYS_ptrace, PTRACE_POKEUSER, 999999, 0x1111, 0x2222);
	say("ptrace\tres=%s\taddr=1111\tdata=2222\trequest=7(PTRACE_POKEUSR)\tpid=999999*", res(r));
	r = call(SYS_ptrace, PTRACE_CONT, 999999, 0x1111, SIGUSR2);
	say("ptrace\tres=%s\taddr=1111\tdata=12(SIGUSR2)\trequest=8(PTRACE_CONT)\tpid=999999*", res(r));
	r = call(SYS_init_module, "no module", 9, "ph=1");
	say("init_module\tres=%s\timg=no module\tlength=9\tuargs=ph=1", res(r));
	r = call(SYS_finit_module, file_a, "ph=2", 3);
	say("finit_module\tres=%s\tfd=%s\tuargs=ph=2\tflags=3(MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC)",
	    res(r), file(file_a, "a"));
	r = call(SYS_delete_module, "ph_none", O_NONBLOCK);
	say("delete_module\tres=%s\tname=ph_none\tflags=2(O_NONBLOCK)", res(r));
	r = call(SYS_fsconfig, 996, 1, "key", "value", 7);
	say("fsconfig\tres=%s\tfd=996\tcmd=1(FSCONFIG_SET_STRING)\tkey=key\tvalue_bytebuf=\tvalue_charbuf=value\taux=7",
	    res(r));
	r = call(SYS_fsconfig, 995, 2, "key2", "bytes", 5);
	say("fsconfig\tres=%s\tfd=995\tcmd=2(FSCONFIG_SET_BINARY)\tkey=key2\tvalue_bytebuf=bytes\tvalue_charbuf=*\taux=5",
	    res(r));
}

/* linux/io_uring.h may be older than the kernel. */
struct ring_params {
	unsigned sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, rest[24];
};

/* Memory and descriptors that others may have a hand in. */
static void shared(void)
{
	struct ring_params ring = { .sq_entries = 44,
				    .cq_entries = 64,
				    .flags = 0x18,
				    .sq_thread_cpu = 7,
				    .sq_thread_idle = 1234,
				    .features = 5,
				    .rest = { 0, 1 } }; /* of which the second word is none that the kernel knows */
	char here[16] = "", there[16] = "remote words";
	struct iovec local_iov = { here, 6 }, remote_iov = { there, 12 };
	uint64_t mask = 1ull << (SIGUSR2 - 1);
	long pid, r;

	pid = call(SYS_getpid);
	say("getpid");
	r = call(SYS_process_vm_readv, pid, &local_iov, 1, &remote_iov, 1, 0);
	say("process_vm_readv\tres=%ld\tpid=%ld*\tdata=%s", r, pid, r > 0 ? "remote" : "");
	memcpy(here, "mine!!", 6);
	r = call(SYS_process_vm_writev, pid, &local_iov, 1, &remote_iov, 1, 0);
	say("process_vm_writev\tres=%ld\tpid=%ld*\tdata=mine!!", r, pid);
	r = call(SYS_process_vm_readv, 999999, &local_iov, 1, &remote_iov, 1, 0);
	say("process_vm_readv\tres=%ld\tpid=999999*\tdata=", r);
	r = call(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	say("userfaultfd\tres=%ld*\tflags=4161(O_NONBLOCK|O_RDONLY|O_CLOEXEC)", r);
	if (r >= 0)
		close_fd(r, fmt("%ld*", r));
	r = call(SYS_io_uring_setup, 5, &ring);
	say("io_uring_setup\tres=%s\tentries=5\tsq_entries=44\tcq_entries=64\tflags=48(IORING_SETUP_CQSIZE|IORING_SETUP_CLAMP)\tsq_thread_cpu=7\tsq_thread_idle=1234\tfeatures=5(IORING_FEAT_SINGLE_MMAP|IORING_FEAT_SUBMIT_STABLE)",
	    res(r));
	r = call(SYS_io_uring_enter, 994, 11, 22, 1, &mask, 8);
	say("io_uring_enter\tres=%s\tfd=994\tto_submit=11\tmin_complete=22\tflags=1(IORING_ENTER_GETEVENTS)\tsig=SIGUSR2",
	    res(r));
	r = call(SYS_io_uring_register, 993, 2, 0x1234, 77);
	say("io_uring_register\tres=%s\tfd=993\topcode=2(IORING_REGISTER_FILES)\targ=1234\tnr_args=77", res(r));
}

/* What the kernel does when a ring is given up interrupts calls that sleep, so this comes last. */
static void a_ring(void)
{
	struct ring_params ring = { .cq_entries = 64, .flags = 8 };
	long r = call(SYS_io_uring_setup, 5, &ring);

	say("io_uring_setup\tres=%s\tentries=5\tsq_entries=%u\tcq_entries=%u\tflags=16(IORING_SETUP_CQSIZE)\tsq_thread_cpu=0\tsq_thread_idle=0\tfeatures=*",
	    res(r), ring.sq_entries, ring.cq_entries);
	if (r >= 0)
		close_fd(r, fmt("%ld*", r));
}

static void semaphores(void)
{
	struct sembuf up = { 1, 2, IPC_NOWAIT }, several[2] = { { 3, -4, IPC_NOWAIT }, { 5, 6, SEM_UNDO } };
	long id, r;

	id = call(SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | 0600);
	say("semget\tres=%s\tkey=0\tnsems=2\tsemflg=8192(IPC_CREAT)", res(id));
	r = call(SYS_semop, id, &up, 1);
	say("semop\tres=%s\tnsops=1\tsem_num_0=1\tsem_op_0=2\tsem_flg_0=1(IPC_NOWAIT)\tsemid=%ld", res(r), id);
	r = call(SYS_semctl, id, 0, SETVAL, 5);
	say("semctl\tres=%s\tsemid=%ld\tsemnum=0\tcmd=4096(SETVAL)\tval=5", res(r), id);
	r = call(SYS_semop, 424242, several, 2);
	say("semop\tres=%s\tnsops=2\tsem_num_0=3\tsem_op_0=-4\tsem_flg_0=1(IPC_NOWAIT)\tsem_num_1=5\tsem_op_1=6\tsem_flg_1=2(SEM_UNDO)\tsemid=424242",
	    res(r));
	r = call(SYS_semctl, 424242, 77, SETVAL, 5);
	say("semctl\tres=%s\tsemid=424242\tsemnum=77\tcmd=4096(SETVAL)\tval=5", res(r));
	r = call(SYS_semget, 0x12345, 99, 0);
	say("semget\tres=%s\tkey=12345\tnsems=99\tsemflg=0", res(r));
	r = call(SYS_semctl, id, 0, IPC_RMID, 0);
	say("semctl\tres=%s\tsemid=%ld\tsemnum=0\tcmd=4(IPC_RMID)", res(r), id);
}

/* A child that ends at once; its own calls are another thread's. */
static void children(void)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} args = { .flags = CLONE_FS | CLONE_SYSVSEM, .exit_signal = SIGCHLD };
	const struct who root = { 0, 0 };
	long pid;

#ifdef SYS_fork
	pid = call(SYS_fork);
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	say("fork\tres=%ld*\t%s", pid, as_parent(0, "", root));
	call(SYS_wait4, pid, NULL, 0, NULL);
	say("wait4");
	/* the child has the parent's stack, which only the library's own call takes care of */
	pid = vfork();
	if (pid == 0)
		_exit(0);
	say("vfork\tres=%ld*\t%s", pid, as_parent(0x8008000, "CLONE_VM|CLONE_VFORK", root));
	call(SYS_wait4, pid, NULL, 0, NULL);
	say("wait4");
#endif
	pid = call(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		syscall(SYS_exit_group, 3);
	say("clone\tres=%ld*\t%s", pid, as_parent(2, "CLONE_FS", root));
	call(SYS_wait4, pid, NULL, 0, NULL);
	say("wait4");
	pid = call(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		syscall(SYS_exit_group, 4);
	say("clone3\tres=%ld*\t%s", pid, as_parent(0x1002, "CLONE_FS|CLONE_SYSVSEM", root));
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
	say("accept4\tfd=%s\ttuple=%s\tqueuepct=0\tqueuelen=0\tqueuemax=5\tflags=80000", kn, there);
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
	say("socketpair\tres=%s\tfd1=%d(<u>*\tfd2=%d(<u>*\tsource=@1\tpeer=@2\tdomain=1(AF_LOCAL)\ttype=2\tproto=0",
	    res(r), pair[0], pair[1]);
	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
	r = call(SYS_sendmsg, pair[0], &msg, 0);
	say("sendmsg\tres=%s\tdata=F\tfd=%d(<u>*\tsize=1\ttuple=@2->@1*", res(r), pair[0]);
	iov = (struct iovec){ buf, sizeof buf };
	memset(&control, 0, sizeof control);
	r = call(SYS_recvmsg, pair[1], &msg, 0);
	say("recvmsg\tres=%s\tsize=1\tdata=F\ttuple=@2->@1*\tmsgcontrol=*\tfd=%d(<u>*", res(r), pair[1]);
	memcpy(&passed, CMSG_DATA(&control.head), sizeof passed);
	look(passed);
	say_fstat(file(passed, "a"));
	close_fd(passed, file(passed, "a"));
	close_fd(pair[0], fmt("%d(<u>*", pair[0]));
	close_fd(pair[1], fmt("%d(<u>*", pair[1]));
}

/* --- is each row there? ----------------------------------------------------------------------------------------------- */

struct row {
	const char *name;
	int nr;
	unsigned event;
};

static const struct row rows[] = {
#if defined(__aarch64__)
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...) { #name, arm64, PH_EV_##event },
#else
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...) { #name, x86_64, PH_EV_##event },
#endif
#include "porthole/syscalls.def"
};

static const struct {
	unsigned code;
	const char *name;
} events[] = {
#define EVENT(code, event, name, ...) { code, name },
#include "porthole/events.def"
};

/* Rows without a line, with the reason. */
static const struct {
	const char *name, *reason;
} excused[] = {
	{ NULL, NULL },
};

static bool said(unsigned event)
{
	const char *name = NULL, *at = lines;
	size_t len;

	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i].code == event)
			name = events[i].name;
	len = name ? strlen(name) : 0;
	for (; len && at < lines + used; at = strchr(at, '\n') + 1)
		if (strncmp(at, name, len) == 0 && (at[len] == '\t' || at[len] == '\n'))
			return true;
	return false;
}

static bool all_said(void)
{
	bool all = true;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool ok = rows[i].nr < 0 || rows[i].event == PH_EV_GENERIC_X || said(rows[i].event);

		for (size_t k = 0; excused[k].name && !ok; k++)
			ok = strcmp(excused[k].name, rows[i].name) == 0;
		if (!ok)
			fprintf(stderr, "workload: no line for %s, and no reason why\n", rows[i].name);
		all = all && ok;
	}
	return all;
}

int main(int argc, char **argv)
{
	unsigned tcp4, tcp6, udp4, udp6, dead4, dead6;
	int out;

	if (argc == 2 && strcmp(argv[1], "--ready") == 0) {
		prctl(PR_SET_NAME, COMM);
		return call(SYS_close, -4241) == -EBADF ? 0 : 1;
	}
	contained = argc == 4 && strcmp(argv[3], "contained") == 0;
	if (argc != 3 + contained || !realpath(argv[1], dir)) {
		fprintf(stderr, "usage: workload FOLDER FILE [contained] | --ready\n");
		return 2;
	}
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		perror(argv[2]);
		return 2;
	}
	status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	for (int fd = status_fd + 1; fd < FD_BASE; fd++)
		if (dup2(out, fd) < 0)
			abort();
	program = argv[0];
	first_arg = argv[1];
	own_pid = getpid();
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
	ids();
	identity();
	machine();
	shared();
	semaphores();
	children();
	tcp(AF_INET, tcp4, dead4);
	udp(AF_INET, udp4);
	if (tcp6 && udp6 && dead6) {
		tcp(AF_INET6, tcp6, dead6);
		udp(AF_INET6, udp6);
	}
	local();
	a_ring();
	close_fd(file_a, file(file_a, "a"));
	call(SYS_close, -4243);

	if (!all_said())
		return 3;
	return write_lines(out);
}
