// SPDX-License-Identifier: Apache-2.0
/*
 * Makes calls whose traces are known and says what a reader of the trace must show, a line each:
 *     DIRECTION EVENT TEXT        TEXT is part of the event's arguments, as the field's older tool prints them
 * Called by test_trace_live; argv[1] is a file to read, argv[2] a folder to write to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void want(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void files(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[64];
	ssize_t n = read(fd, buf, 11);

	want("< openat fd=%d(<f>%s)", fd, path);
	want("< openat name=%s", path);
	want("> read fd=%d(<f>%s) size=11", fd, path);
	want("< read res=%zd", n);
	want("> lseek fd=%d(<f>%s) offset=5 whence=0(SEEK_SET)", fd, path);
	want("< lseek res=%ld", (long)lseek(fd, 5, SEEK_SET));
	want("> dup fd=%d(<f>%s)", fd, path);
	want("< dup res=%d(<f>%s)", dup2(fd, 60), path);
	want("> read fd=60(<f>%s) size=7", path);
	n = read(60, buf, 7);
	want("< read res=%zd", n);
	fcntl(60, F_GETFD);
	want("> fcntl fd=60(<f>%s) cmd=2(F_GETFD)", path);
	close(60);
	want("> close fd=60(<f>%s)", path);
	want("< close res=0");
	close(60);
	want("< close res=-9(EBADF)");
	fsync(fd);
	want("> fsync ");
	close(fd);
}

static void missing(const char *dir)
{
	char path[256];

	snprintf(path, sizeof path, "%s/no-such-file", dir);
	open(path, O_RDONLY);
	want("< openat fd=-2(ENOENT)");
	mkdir(path, 0750);
	want("< mkdir res=0 path=%s", path);
	rmdir(path);
	want("< rmdir res=0 path=%s", path);
}

static void pipes(void)
{
	int p[2];
	char buf[16];

	if (pipe2(p, O_CLOEXEC))
		exit(1);
	want("< pipe res=0 fd1=%d(<p>) fd2=%d(<p>)", p[0], p[1]);
	if (write(p[1], "tracecalls", 10) != 10 || read(p[0], buf, sizeof buf) != 10)
		exit(1);
	want("> write fd=%d(<p>) size=10", p[1]);
	want("< write res=10 data=tracecalls");
	want("> read fd=%d(<p>) size=16", p[0]);
	want("< read res=10 data=tracecalls");
	want("< eventfd res=%d(<e>", eventfd(3, EFD_CLOEXEC));
}

static void sockets(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), d;
	unsigned port;

	want("> socket domain=2(AF_INET) type=1 proto=0");
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5) || getsockname(s, (struct sockaddr *)&a, &len))
		exit(1);
	port = ntohs(a.sin_port);
	want("> listen fd=%d", s);
	want("< listen res=0");
	if (connect(c, (struct sockaddr *)&a, sizeof a))
		exit(1);
	want("< connect res=0 tuple=127.0.0.1");
	d = accept4(s, NULL, NULL, SOCK_CLOEXEC);
	want("< accept fd=%d(<4t>127.0.0.1", d);
	if (send(c, "hello", 5, 0) != 5)
		exit(1);
	want("< sendto res=5 data=hello");
	want("> sendto fd=%d(<4t>127.0.0.1", c);
	shutdown(c, SHUT_WR);
	want("> shutdown fd=%d(<4t>127.0.0.1", c);
	want("< accept tuple=127.0.0.1");
	want("> close fd=%d(<4t>127.0.0.1", d);
	close(d);
	close(c);
	close(s);
	(void)port;
}

static void processes(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "tracecalls-child", "--an-argument", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	want("< clone res=0 "); /* made at the fork, in front of all that the child does */
	want("< clone res=%d", (int)pid);
	want("< execve res=0 exe=tracecalls-child args=--an-argument.");
	want("> procexit ");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* the expectations make no calls in between */
	files(argv[1]);
	missing(argv[2]);
	pipes();
	sockets();
	processes();
	fflush(stdout);
	return 0;
}
