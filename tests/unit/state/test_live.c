/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt from /proc about processes whose events were not seen. The processes are children of this test. */
#include "tests/unit/support/state_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct live {
	struct ph_state *st;
	struct ph_event ev;
	uint64_t ts;
	pid_t child;
	int to_child[2], from_child[2];
	uint16_t port;
};

#define FILE_FD 50
#define DIR_FD 51
#define LISTEN_FD 52
#define EVENT_FD 53
#define PIPE_FD 54

/* Has a file, a directory, a listening socket, an eventfd and a pipe; renames itself and reopens the file when told. */
static void child_main(struct live *l)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "live-child");
	if (chdir("/usr") < 0 || bind(fd, (struct sockaddr *)&in, len) < 0 || listen(fd, 5) < 0)
		_exit(1);
	getsockname(fd, (struct sockaddr *)&in, &len);
	dup2(fd, LISTEN_FD);
	dup2(open("/dev/null", O_WRONLY), FILE_FD);
	dup3(open("/etc", O_RDONLY | O_DIRECTORY), DIR_FD, O_CLOEXEC);
	dup2(eventfd(0, 0), EVENT_FD);
	dup2(l->to_child[0], PIPE_FD);
	if (write(l->from_child[1], &in.sin_port, 2) != 2)
		_exit(1);
	if (read(l->to_child[0], &c, 1) != 1)
		_exit(0);
	prctl(PR_SET_NAME, "renamed");
	dup2(open("/etc/passwd", O_RDONLY), FILE_FD);
	close(EVENT_FD);
	if (write(l->from_child[1], &c, 1) == 1)
		pause();
	_exit(0);
}

static int setup(void **s)
{
	struct ph_state_opts opts = { .size = sizeof(opts), .live = true };
	struct live *l = calloc(1, sizeof(*l));
	struct timespec now;

	if (pipe(l->to_child) || pipe(l->from_child))
		return -1;
	l->child = fork();
	if (l->child == 0)
		child_main(l);
	if (read(l->from_child[0], &l->port, 2) != 2)
		return -1;
	l->port = ntohs(l->port);
	clock_gettime(CLOCK_REALTIME, &now);
	l->ts = (uint64_t)now.tv_sec * 1000000000u;
	l->st = ph_state_new(&opts);
	*s = l;
	return 0;
}

static int teardown(void **s)
{
	struct live *l = *s;

	kill(l->child, SIGKILL);
	waitpid(l->child, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(l->to_child[i]);
		close(l->from_child[i]);
	}
	ph_state_free(l->st);
	free(l);
	return 0;
}

static void tell_child(struct live *l)
{
	char c = 1;

	assert_int_equal(write(l->to_child[1], &c, 1), 1);
	assert_int_equal(read(l->from_child[0], &c, 1), 1);
}

static struct ph_event *event_on(struct live *l, int64_t tid, int64_t fd, int64_t res)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_READ_X, tid, l->ts += 1000);

	evb_num(b, "res", res);
	evb_num(b, "fd", fd);
	l->ev.enter_ts = 0;
	assert_int_equal(ph_event_decode(&l->ev, evb_block(b)), 0);
	ph_state_begin(l->st, &l->ev);
	return &l->ev;
}

static void done(struct live *l)
{
	ph_state_end(l->st, &l->ev);
}

static void an_unknown_thread_is_looked_up(void **s)
{
	struct live *l = *s;
	struct ph_event *ev = event_on(l, l->child, FILE_FD, 0);

	assert_non_null(ev->thread);
	assert_false(ev->thread->placeholder);
	assert_string_equal(ev->thread->comm, "live-child");
	assert_string_equal(ev->thread->proc->cwd, "/usr/");
	assert_int_equal(ev->thread->proc->ptid, getpid());
	assert_int_equal(ev->thread->uid, geteuid());
	assert_non_null(strstr(ev->thread->proc->exepath, "test_"));
	assert_true(ev->thread->proc->fdlimit > 0);
	done(l);
}

static void an_unknown_descriptor_is_looked_up(void **s)
{
	struct live *l = *s;
	struct ph_event *ev = event_on(l, l->child, FILE_FD, 0);

	assert_non_null(ev->fd);
	assert_string_equal(ev->fd->name, "/dev/null");
	assert_int_equal(ev->fd->type, PH_FD_FILE_V2);
	assert_int_equal(ev->fd->open_flags, 2);
	done(l);
	ev = event_on(l, l->child, DIR_FD, 0);
	assert_int_equal(ev->fd->type, PH_FD_DIRECTORY);
	assert_true(ev->fd->flags & PH_FDF_CLOEXEC);
	done(l);
	ev = event_on(l, l->child, EVENT_FD, 0);
	assert_int_equal(ev->fd->type, PH_FD_EVENT);
	done(l);
	ev = event_on(l, l->child, PIPE_FD, 0);
	assert_int_equal(ev->fd->type, PH_FD_FIFO);
	assert_true(ev->fd->ino > 0);
	done(l);
}

static void an_unknown_socket_is_asked_for_its_address(void **s)
{
	struct live *l = *s;
	struct ph_event *ev = event_on(l, l->child, LISTEN_FD, 0);
	char name[32];

	if (ev->fd && ev->fd->type == PH_FD_UNKNOWN) { /* pidfd_getfd() may be forbidden here */
		done(l);
		skip();
	}
	snprintf(name, sizeof(name), "127.0.0.1:%u", l->port);
	assert_string_equal(ev->fd->name, name);
	assert_int_equal(ev->fd->type, PH_FD_IPV4_SERVER);
	assert_int_equal(ev->fd->l4, PH_L4_TCP);
	assert_true(ev->fd->flags & PH_FDF_LISTENING);
	done(l);
}

static void a_descriptor_that_is_not_there_is_unknown_and_stays_so(void **s)
{
	struct live *l = *s;

	for (int i = 0; i < 3; i++) {
		assert_null(event_on(l, l->child, 999, 0)->fd);
		assert_int_equal(ph_state_fd_count(l->st, l->ev.thread), 0);
		done(l);
	}
	assert_null(event_on(l, l->child, FILE_FD, -EBADF)->fd);
	done(l);
}

static void a_thread_that_is_not_there_is_a_placeholder(void **s)
{
	struct live *l = *s;
	struct ph_event *ev = event_on(l, 0x7ffffff0, 3, 0);

	assert_true(ev->thread->placeholder);
	assert_string_equal(ev->thread->comm, "<NA>");
	done(l);
}

static void a_flood_of_unknown_threads_is_not_looked_up_forever(void **s)
{
	struct live *l = *s;
	struct timespec a, z;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 100000; i++) {
		event_on(l, 0x60000000 + i, 3, 0);
		done(l);
	}
	clock_gettime(CLOCK_MONOTONIC, &z);
	assert_true(z.tv_sec - a.tv_sec < 20);
}

static void after_a_gap_names_are_looked_at_again(void **s)
{
	struct live *l = *s;
	struct ph_event *ev;

	event_on(l, l->child, FILE_FD, 0);
	done(l);
	event_on(l, l->child, EVENT_FD, 0);
	done(l);
	tell_child(l);
	ev = event_on(l, l->child, FILE_FD, 0);
	assert_string_equal(ev->thread->comm, "live-child");
	assert_string_equal(ev->fd->name, "/dev/null");
	done(l);
	ph_state_gap(l->st);
	ev = event_on(l, l->child, FILE_FD, 0);
	assert_string_equal(ev->thread->comm, "renamed");
	assert_string_equal(ev->fd->name, "/etc/passwd");
	done(l);
	assert_null(event_on(l, l->child, EVENT_FD, 0)->fd);
	done(l);
	assert_string_equal(event_on(l, l->child, PIPE_FD, 0)->thread->comm, "renamed");
	assert_int_equal(l->ev.fd->type, PH_FD_FIFO);
	done(l);
}

static void threads_whose_end_was_lost_go_in_time(void **s)
{
	struct live *l = *s;

	event_on(l, 0x7ffffff0, 3, 0);
	done(l);
	event_on(l, l->child, 3, 0);
	done(l);
	ph_state_gap(l->st);
	for (int i = 0; i < 5000; i++) {
		event_on(l, l->child, 3, 0);
		done(l);
	}
	assert_non_null(ph_state_thread(l->st, 0x7ffffff0)); /* its end may be on its way */
	l->ts += 60000000000u;
	for (int i = 0; i < 5000; i++) {
		event_on(l, l->child, 3, 0);
		done(l);
	}
	assert_null(ph_state_thread(l->st, 0x7ffffff0));
	assert_non_null(ph_state_thread(l->st, l->child));
}

static struct ph_event *run_call(struct live *l, struct evb *b)
{
	assert_int_equal(ph_event_decode(&l->ev, evb_block(b)), 0);
	ph_state_begin(l->st, &l->ev);
	return &l->ev;
}

static void a_server_whose_port_the_kernel_chose_is_named_when_it_listens(void **s)
{
	struct live *l = *s;
	struct evb *b = evb_new(PH_EV_SOCKET_SOCKET_X, l->child, l->ts += 1000);
	struct ph_event *ev;
	char name[32];

	evb_num(b, "fd", LISTEN_FD);
	evb_num(b, "domain", AF_INET);
	evb_num(b, "type", SOCK_STREAM);
	run_call(l, b);
	done(l);
	b = evb_new(PH_EV_SOCKET_LISTEN_X, l->child, l->ts += 1000);
	evb_num(b, "res", 0);
	evb_num(b, "fd", LISTEN_FD);
	ev = run_call(l, b);
	if (ev->fd && ev->fd->name[0] == '\0') { /* pidfd_getfd() may be forbidden here */
		done(l);
		skip();
	}
	snprintf(name, sizeof(name), "127.0.0.1:%u", l->port);
	assert_string_equal(ev->fd->name, name);
	done(l);
}

static void received_descriptors_are_looked_up(void **s)
{
	struct live *l = *s;
	struct {
		uint64_t len;
		int level, type, fd, pad;
	} c = { 20, SOL_SOCKET, SCM_RIGHTS, FILE_FD, 0 };
	struct evb *b = evb_new(PH_EV_SOCKET_RECVMSG_X, l->child, l->ts += 1000);
	struct ph_fd *fd;

	evb_num(b, "res", 1);
	evb_num(b, "fd", 3);
	evb_bytes(b, "msgcontrol", &c, sizeof(c));
	assert_int_equal(ph_event_decode(&l->ev, evb_block(b)), 0);
	ph_state_begin(l->st, &l->ev);
	fd = ph_state_fd(l->st, l->ev.thread, FILE_FD);
	assert_non_null(fd);
	assert_string_equal(fd->name, "/dev/null");
	done(l);
}

#define live_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live_test(an_unknown_thread_is_looked_up),
		live_test(an_unknown_descriptor_is_looked_up),
		live_test(an_unknown_socket_is_asked_for_its_address),
		live_test(a_descriptor_that_is_not_there_is_unknown_and_stays_so),
		live_test(a_thread_that_is_not_there_is_a_placeholder),
		live_test(a_flood_of_unknown_threads_is_not_looked_up_forever),
		live_test(after_a_gap_names_are_looked_at_again),
		live_test(threads_whose_end_was_lost_go_in_time),
		live_test(a_server_whose_port_the_kernel_chose_is_named_when_it_listens),
		live_test(received_descriptors_are_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
