/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes from one process to another: descriptors over a UNIX socket and by pidfd_getfd, the number of a leader to the
 * thread that calls exec, the directory of processes that share it, numbers of a PID namespace. tests/e2e/test_handover runs
 * it as root in a folder of its own and holds what porthole prints against what has to be there.
 *
 *   handover           does it all
 *   handover --ready   makes one call that can be waited for: close(-4241)
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMM "ph_handover"
#define NFDS 4

static char *self[] = { "/proc/self/exe", "--told", NULL };

static void use(int fd)
{
	lseek(fd, 0, SEEK_CUR);
	close(fd);
}

static void descriptors(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(NFDS * sizeof(int))];
	} control = { .head = { CMSG_LEN(NFDS * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { "F", 1 };
	struct mmsghdr msgs[1] = { { .msg_hdr = { .msg_iov = &iov,
						  .msg_iovlen = 1,
						  .msg_control = &control,
						  .msg_controllen = sizeof control } } };
	int fds[NFDS], pair[2], pipes[2], pidfd;
	char byte;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || pipe(pipes))
		return;
	fds[0] = open("passed", O_RDWR | O_CREAT, 0600);
	fds[1] = open(".", O_RDONLY | O_DIRECTORY);
	fds[2] = pipes[0];
	fds[3] = eventfd(0, 0);
	memcpy(CMSG_DATA(&control.head), fds, sizeof fds);
	sendmsg(pair[0], &msgs[0].msg_hdr, 0);
	iov.iov_base = &byte;
	for (int i = 0; i < NFDS; i++)
		close(fds[i]);
	/* the numbers that were closed come back in another order */
	close(open("other", O_RDWR | O_CREAT, 0600));
	if (syscall(SYS_recvmmsg, pair[1], msgs, 1, 0, NULL) == 1) {
		memcpy(fds, CMSG_DATA(&control.head), sizeof fds);
		for (int i = NFDS - 1; i >= 0; i--)
			use(fds[i]);
	}
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	use((int)syscall(SYS_pidfd_getfd, pidfd, pair[0], 0));
}

static void *exec_thread(void *arg)
{
	(void)arg;
	execv(self[0], self);
	return NULL;
}

/* An exec by a thread, and one in a folder that a descriptor names. */
static void execs(void)
{
	char *const no_env[] = { NULL };
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&thread, NULL, exec_thread, NULL);
		for (;;)
			pause();
	}
	waitpid(pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, open("/proc/self", O_RDONLY), "exe", self, no_env, 0);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void directory(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(chdir("/usr"));
	waitpid(pid, NULL, 0);
	close(open("bin", O_RDONLY | O_PATH));
}

static void on_signal(int sig)
{
	(void)sig;
}

static void numbers(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t pid, inner;

	if (unshare(CLONE_NEWPID))
		return;
	pid = fork();
	if (pid == 0) {
		sigaction(SIGCHLD, &sa, NULL);
		inner = fork();
		if (inner == 0) {
			pause();
			_exit(0);
		}
		kill(inner, SIGTERM);
		kill(99, 0);
		while (waitpid(inner, NULL, 0) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	prctl(PR_SET_NAME, COMM);
	if (argc == 2 && strcmp(argv[1], "--ready") == 0)
		return close(-4241) == 0;
	if (argc == 2 && strcmp(argv[1], "--told") == 0)
		return close(-4244) == 0;
	descriptors();
	execs();
	directory();
	numbers();
	close(-4243);
	return 0;
}
