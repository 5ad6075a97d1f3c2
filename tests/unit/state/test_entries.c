/* SPDX-License-Identifier: Apache-2.0 */
/* What the head of a trace file's section makes of the state: processes, descriptors, users. */
#include "tests/unit/support/state_fixture.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SPAN(text) { text, sizeof(text) - 1 }

static struct ph_task entry(int64_t tid, int64_t pid, const char *comm)
{
	return (struct ph_task){
		.tid = tid,
		.pid = pid,
		.ptid = 1,
		.sid = -1,
		.pgid = -1,
		.vtid = -1,
		.vpid = -1,
		.vpgid = -1,
		.comm = { comm, (uint32_t)strlen(comm) },
		.uid = 7,
		.gid = 8,
		.loginuid = UINT32_MAX,
		.clone_flags = tid == pid ? 0 : K_FILES | K_THREAD,
	};
}

static void add(struct fix *f, int64_t tid, int64_t pid, const char *comm)
{
	struct ph_task t = entry(tid, pid, comm);

	ph_state_add_entry(f->st, &t);
}

static void an_entry_tells_all_that_a_process_is(void **s)
{
	struct fix *f = *s;
	struct ph_task e = {
		.tid = 100,
		.pid = 100,
		.ptid = 50,
		.sid = 51,
		.pgid = 52,
		.vtid = 3,
		.vpid = 3,
		.vpgid = 2,
		.comm = SPAN("curl"),
		.exe = SPAN("curl"),
		.exepath = SPAN("/usr/bin/curl"),
		.cwd = SPAN("/srv"),
		.root = SPAN("/jail"),
		.args = SPAN("-s\0http://x/\0"),
		.env = SPAN("A=1\0B=2\0"),
		.cgroups = SPAN("cpu=/\0memory=/docker/" ID "\0"),
		.fdlimit = 1024,
		.uid = 1000,
		.gid = 1001,
		.loginuid = 1002,
		.tty = 34816,
		.exe_flags = 1,
		.vm_size_kb = 10,
		.vm_rss_kb = 11,
		.vm_swap_kb = 12,
		.pfmajor = 13,
		.pfminor = 14,
		.pidns_init_start_ns = 15,
		.cap_inheritable = 16,
		.cap_permitted = 17,
		.cap_effective = 18,
		.exe_ino = 19,
		.exe_ino_ctime = 20,
		.exe_ino_mtime = 21,
	};
	struct ph_thread *t;
	struct ph_process *p;

	ph_state_add_entry(f->st, &e);
	ph_state_snapshot_done(f->st);
	t = thread(f, 100);
	p = t->proc;
	assert_string_equal(t->comm, "curl");
	assert_int_equal(t->vtid, 3);
	assert_int_equal(t->uid, 1000);
	assert_int_equal(t->gid, 1001);
	assert_false(t->placeholder);
	assert_string_equal(t->container->full_id, ID);
	assert_int_equal(p->ptid, 50);
	assert_int_equal(p->sid, 51);
	assert_int_equal(p->pgid, 52);
	assert_int_equal(p->vpid, 3);
	assert_int_equal(p->vpgid, 2);
	assert_string_equal(p->exe, "curl");
	assert_string_equal(p->exepath, "/usr/bin/curl");
	assert_string_equal(p->cwd, "/srv/");
	assert_string_equal(p->root, "/jail");
	assert_int_equal(p->args_len, 12);
	assert_memory_equal(p->args, "-s\0http://x/", 13);
	assert_int_equal(p->env_len, 7);
	assert_memory_equal(p->env, "A=1\0B=2", 8);
	assert_int_equal(p->cgroups_len, sizeof("cpu=/\0memory=/docker/" ID) - 1);
	assert_int_equal(p->fdlimit, 1024);
	assert_int_equal(p->loginuid, 1002);
	assert_int_equal(p->tty, 34816);
	assert_int_equal(p->exe_flags, 1);
	assert_int_equal(p->vm_size_kb, 10);
	assert_int_equal(p->vm_rss_kb, 11);
	assert_int_equal(p->vm_swap_kb, 12);
	assert_int_equal(p->pfmajor, 13);
	assert_int_equal(p->pfminor, 14);
	assert_int_equal(p->pidns_init_start_ns, 15);
	assert_int_equal(p->cap_inheritable, 16);
	assert_int_equal(p->cap_permitted, 17);
	assert_int_equal(p->cap_effective, 18);
	assert_int_equal(p->exe_ino, 19);
	assert_int_equal(p->exe_ino_ctime, 20);
	assert_int_equal(p->exe_ino_mtime, 21);
	assert_int_equal(p->start_ns, 0);
}

static void what_old_files_lack_has_its_default(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t;

	add(f, 100, 100, "a-name-that-is-too-long");
	ph_state_snapshot_done(f->st);
	t = thread(f, 100);
	assert_string_equal(t->comm, "a-name-that-is-");
	assert_int_equal(t->vtid, 100);
	assert_int_equal(t->proc->vpid, 100);
	assert_int_equal(t->proc->sid, -1);
	assert_int_equal(t->proc->pgid, -1);
	assert_int_equal(t->proc->vpgid, -1);
	assert_int_equal(t->proc->vsid, -1);
	assert_string_equal(t->proc->root, "/");
	assert_string_equal(t->proc->cwd, "");
	assert_string_equal(t->proc->exe, "");
	assert_int_equal(t->proc->args_len, 0);
	assert_null(t->container);
}

static void threads_come_in_any_order(void **s)
{
	struct fix *f = *s;

	add(f, 101, 100, "worker");
	assert_true(thread(f, 100)->placeholder);
	add(f, 100, 100, "main");
	add(f, 102, 100, "other");
	ph_state_snapshot_done(f->st);
	assert_false(thread(f, 100)->placeholder);
	assert_string_equal(thread(f, 100)->comm, "main");
	assert_string_equal(thread(f, 101)->comm, "worker");
	assert_ptr_equal(thread(f, 101)->proc, thread(f, 100)->proc);
	assert_int_equal(thread(f, 100)->proc->nthreads, 3);
	assert_int_equal(thread(f, 101)->clone_flags, K_FILES | K_THREAD);
}

static void a_leader_that_is_not_listed_is_what_its_thread_is(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(101, 100, "worker");

	e.exe = (struct ph_span)SPAN("server");
	ph_state_add_entry(f->st, &e);
	ph_state_snapshot_done(f->st);
	assert_string_equal(thread(f, 100)->proc->exe, "server");
	assert_true(thread(f, 100)->placeholder);
}

static void a_thread_does_not_change_what_its_leader_has_told(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(101, 100, "worker");

	add(f, 100, 100, "main");
	e.exe = (struct ph_span)SPAN("other");
	e.ptid = 100;
	ph_state_add_entry(f->st, &e);
	assert_string_equal(thread(f, 100)->proc->exe, "");
	assert_int_equal(thread(f, 100)->proc->ptid, 1);
}

static void the_second_entry_of_a_number_replaces_the_first(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(100, 100, "old");

	e.cwd = (struct ph_span)SPAN("/old");
	e.args = (struct ph_span)SPAN("x");
	e.cgroups = (struct ph_span)SPAN("cpu=/docker/" ID);
	ph_state_add_entry(f->st, &e);
	add(f, 100, 100, "new");
	assert_string_equal(thread(f, 100)->comm, "new");
	assert_string_equal(thread(f, 100)->proc->cwd, "");
	assert_int_equal(thread(f, 100)->proc->args_len, 0);
	assert_null(thread(f, 100)->container);
	add(f, 100, 90, "thread");
	assert_int_equal(thread(f, 100)->proc->pid, 90);
	assert_int_equal(ph_state_thread_count(f->st), 2);
}

static void numbers_that_cannot_be_are_left_out(void **s)
{
	struct fix *f = *s;

	add(f, 0, 0, "x");
	add(f, -1, 100, "x");
	assert_int_equal(ph_state_thread_count(f->st), 0);
	add(f, 5, -7, "x");
	assert_int_equal(thread(f, 5)->proc->pid, 5);
}

static void a_leader_that_has_ended_waits_for_its_threads(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(100, 100, "main"), alone = entry(200, 200, "alone");

	e.clone_flags = alone.clone_flags = 0x40000;
	ph_state_add_entry(f->st, &e);
	add(f, 101, 100, "worker");
	ph_state_add_entry(f->st, &alone);
	ph_state_snapshot_done(f->st);
	assert_int_equal(thread(f, 100)->proc->nthreads, 1);
	assert_int_equal(thread(f, 200)->proc->nthreads, 1);
	assert_int_equal(thread(f, 200)->clone_flags, 0);
	do_exit_of(f, 101);
	assert_null(thread(f, 100));
}

static void suppressed_names_apply_to_entries(void **s)
{
	struct fix *f = *s;
	struct ph_task child = entry(101, 101, "child");

	ph_state_suppress_comm(f->st, "quiet");
	child.ptid = 100;
	ph_state_add_entry(f->st, &child);
	add(f, 100, 100, "quiet");
	add(f, 102, 102, "loud");
	ph_state_snapshot_done(f->st);
	assert_true(thread(f, 100)->suppressed);
	assert_true(thread(f, 101)->suppressed);
	assert_false(thread(f, 102)->suppressed);
}

/* --- descriptors ------------------------------------------------------------------------------------------------------------ */

static void add_fd(struct fix *f, int64_t tid, int32_t num, unsigned type, const char *name)
{
	struct ph_fd fd = {
		.num = num, .type = (uint8_t)type, .name = (char *)(uintptr_t)name, .ino = 5, .dev = 6, .open_flags = 1
	};

	ph_state_add_entry_fd(f->st, tid, &fd);
}

static struct ph_fd inet(int32_t num, const char *local, uint16_t lport, const char *remote, uint16_t rport)
{
	static char none[1];
	bool v6 = strchr(local, ':');
	struct ph_fd fd = { .num = num,
			    .type = v6 ? PH_FD_IPV6 : PH_FD_IPV4,
			    .l4 = PH_L4_TCP,
			    .sport = lport,
			    .dport = rport,
			    .name = none };

	inet_pton(v6 ? AF_INET6 : AF_INET, local, fd.sip);
	inet_pton(v6 ? AF_INET6 : AF_INET, remote, fd.dip);
	return fd;
}

static void files_have_names_and_flags(void **s)
{
	struct fix *f = *s;
	struct ph_fd *fd;

	add(f, 100, 100, "x");
	add_fd(f, 100, 3, PH_FD_FILE_V2, "/etc/passwd");
	add_fd(f, 100, 4, PH_FD_FIFO, "");
	add_fd(f, 100, 5, PH_FD_FIFO, "pipe:[12]");
	add_fd(f, 100, 6, PH_FD_TYPES, "no such kind");
	add_fd(f, 999, 7, PH_FD_FILE, "nobody's");
	ph_state_snapshot_done(f->st);
	fd = fd_of(f, 100, 3);
	assert_string_equal(fd->name, "/etc/passwd");
	assert_int_equal(fd->type, PH_FD_FILE_V2);
	assert_int_equal(fd->ino, 5);
	assert_int_equal(fd->dev, 6);
	assert_int_equal(fd->open_flags, 1);
	assert_int_equal(fd->opened_ns, 0);
	assert_string_equal(fd_name(f, 100, 4), "");
	assert_string_equal(fd_name(f, 100, 5), "pipe:[12]");
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 3);
	assert_null(thread(f, 999));
}

static void threads_share_a_table_unless_they_are_said_not_to(void **s)
{
	struct fix *f = *s;
	struct ph_task own = entry(102, 100, "own");

	own.clone_flags = K_THREAD;
	add(f, 100, 100, "main");
	add(f, 101, 100, "sharer");
	ph_state_add_entry(f->st, &own);
	add_fd(f, 100, 3, PH_FD_FILE, "/leader");
	add_fd(f, 101, 4, PH_FD_FILE, "/sharer");
	assert_string_equal(fd_name(f, 102, 3), "/leader"); /* nothing is told of its own */
	add_fd(f, 102, 3, PH_FD_FILE, "/own");
	assert_string_equal(fd_name(f, 100, 3), "/leader");
	assert_string_equal(fd_name(f, 100, 4), "/sharer");
	assert_string_equal(fd_name(f, 102, 3), "/own");
	assert_string_equal(fd_name(f, 102, 4), "(none)");
}

static void roles_are_guessed_by_listening_ports(void **s)
{
	struct fix *f = *s;
	struct ph_fd accepted = inet(3, "10.0.0.1", 8080, "10.0.0.2", 70),
		     client = inet(4, "10.0.0.1", 5000, "1.1.1.1", 80);
	struct ph_fd listener = {
		.num = 5, .type = PH_FD_IPV4_SERVER, .l4 = PH_L4_TCP, .dport = 8080, .name = accepted.name
	};

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &accepted);
	ph_state_add_entry_fd(f->st, 100, &client);
	ph_state_add_entry_fd(f->st, 100, &listener);
	ph_state_snapshot_done(f->st);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:70->10.0.0.1:8080");
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_ROLE_SERVER);
	assert_string_equal(fd_name(f, 100, 4), "10.0.0.1:5000->1.1.1.1:80");
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_ROLE_CLIENT);
	assert_string_equal(fd_name(f, 100, 5), "0.0.0.0:8080");
	assert_int_equal(fd_of(f, 100, 5)->dport, 8080);
	assert_true(fd_of(f, 100, 5)->flags & PH_FDF_ROLE_SERVER);
}

static void a_socket_without_addresses_has_no_name(void **s)
{
	struct fix *f = *s;
	struct ph_fd fd = inet(3, "0.0.0.0", 0, "0.0.0.0", 0);

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &fd);
	assert_string_equal(fd_name(f, 100, 3), "");
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_IPV4);
}

static void flags_that_are_told_are_not_guessed(void **s)
{
	struct fix *f = *s;
	struct ph_fd a = inet(3, "10.0.0.1", 9000, "10.0.0.2", 70), b = inet(4, "10.0.0.1", 70, "10.0.0.2", 9000);

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &a);
	ph_state_add_entry_fd(f->st, 100, &b);
	ph_state_add_entry_fd_extra(f->st, 100, 3, PH_FDF_ROLE_SERVER | PH_FDF_CONNECTED | PH_FDF_CLOEXEC, 0);
	ph_state_add_entry_fd_extra(f->st, 100, 4, PH_FDF_ROLE_CLIENT, 0);
	ph_state_add_entry_fd_extra(f->st, 100, 99, PH_FDF_CLOEXEC, 0);
	ph_state_add_entry_fd_extra(f->st, 7, 3, PH_FDF_CLOEXEC, 0);
	ph_state_snapshot_done(f->st);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:70->10.0.0.1:9000");
	assert_int_equal(fd_of(f, 100, 3)->sport, 70);
	assert_int_equal(fd_of(f, 100, 3)->flags &
				 (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT | PH_FDF_CONNECTED | PH_FDF_CLOEXEC),
			 PH_FDF_ROLE_SERVER | PH_FDF_CONNECTED | PH_FDF_CLOEXEC);
	assert_string_equal(fd_name(f, 100, 4), "10.0.0.1:70->10.0.0.2:9000");
	assert_int_equal(fd_of(f, 100, 4)->flags & (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT | PH_FDF_CONNECTED),
			 PH_FDF_ROLE_CLIENT);
	/* told twice, it is not turned twice */
	ph_state_add_entry_fd_extra(f->st, 100, 3, PH_FDF_ROLE_SERVER, 0);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:70->10.0.0.1:9000");
}

static void an_extra_tells_the_kind_that_the_list_could_not(void **s)
{
	struct fix *f = *s;

	add(f, 100, 100, "x");
	add_fd(f, 100, 3, PH_FD_UNSUPPORTED, "shm");
	add_fd(f, 100, 4, PH_FD_FILE, "/x");
	ph_state_add_entry_fd_extra(f->st, 100, 3, 0, PH_FD_MEMFD);
	ph_state_add_entry_fd_extra(f->st, 100, 4, 0, PH_FD_MEMFD);
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_MEMFD);
	assert_string_equal(fd_name(f, 100, 3), "shm");
	assert_int_equal(fd_of(f, 100, 4)->type, PH_FD_FILE);
}

static void a_role_may_come_with_the_entry(void **s)
{
	struct fix *f = *s;
	struct ph_fd a = inet(3, "10.0.0.1", 9000, "10.0.0.2", 70);

	add(f, 100, 100, "x");
	a.flags = PH_FDF_ROLE_SERVER;
	ph_state_add_entry_fd(f->st, 100, &a);
	ph_state_snapshot_done(f->st);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:70->10.0.0.1:9000");
}

static void mapped_addresses_are_ipv4(void **s)
{
	struct fix *f = *s;
	struct ph_fd a = inet(3, "::ffff:10.0.0.1", 5000, "::ffff:10.0.0.2", 80),
		     b = inet(4, "2001:db8::1", 5000, "2001:db8::2", 80);

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &a);
	ph_state_add_entry_fd(f->st, 100, &b);
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_IPV4);
	assert_int_equal(fd_of(f, 100, 3)->family, AF_INET);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:5000->10.0.0.2:80");
	assert_string_equal(fd_name(f, 100, 4), "2001:db8::1:5000->2001:db8::2:80");
}

static void unix_sockets_are_named_as_ever(void **s)
{
	struct fix *f = *s;
	char path[] = "/run/x.sock", own[] = "ab->cd /run/x.sock";
	struct ph_fd fd = { .num = 3, .type = PH_FD_UNIX, .unix_src = 0xab, .unix_dst = 0xcd, .name = path };

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &fd);
	assert_string_equal(fd_name(f, 100, 3), "ab->cd /run/x.sock");
	fd.name = own;
	ph_state_add_entry_fd(f->st, 100, &fd);
	assert_string_equal(fd_name(f, 100, 3), "ab->cd /run/x.sock");
	assert_int_equal(fd_of(f, 100, 3)->family, AF_UNIX);
}

static void a_unix_socket_that_was_only_made_has_no_name(void **s)
{
	struct fix *f = *s;
	char none[] = "";
	struct ph_fd fd = { .num = 3, .type = PH_FD_UNIX, .name = none };

	add(f, 100, 100, "x");
	ph_state_add_entry_fd(f->st, 100, &fd);
	assert_string_equal(fd_name(f, 100, 3), "");
	assert_int_equal(fd_of(f, 100, 3)->family, AF_UNIX);
}

static void a_fork_that_the_list_knows_already_does_not_undo_it(void **s)
{
	struct fix *f = *s;
	struct ph_task parent = entry(100, 100, "parent"), child = entry(101, 101, "child");

	child.ptid = 100;
	child.exe = (struct ph_span)SPAN("child");
	ph_state_add_entry(f->st, &parent);
	ph_state_add_entry(f->st, &child);
	add_fd(f, 101, 3, PH_FD_FILE, "/its/own");
	ph_state_snapshot_done(f->st);
	do_fork(f, 100, 101);
	assert_string_equal(fd_name(f, 101, 3), "/its/own");
	assert_string_equal(thread(f, 101)->proc->exe, "child");
	do_fork(f, 100, 101); /* it has been seen: this is another one */
	run(f, open_event(f, 101, 3, -100, "/x", 1));
	do_fork(f, 100, 101);
	assert_string_equal(fd_name(f, 101, 3), "(none)");
}

/* --- users, sections ------------------------------------------------------------------------------------------------------- */

struct names {
	char text[400];
	int left; /* -1: all */
};

static bool take_user(void *arg, const struct ph_user *u)
{
	struct names *n = arg;
	size_t at = strlen(n->text);

	snprintf(n->text + at, sizeof(n->text) - at, "%u:%u:%s:%s:%s ", u->uid, u->gid, u->name, u->home, u->shell);
	return --n->left != 0;
}

static bool take_group(void *arg, const struct ph_group *g)
{
	struct names *n = arg;
	size_t at = strlen(n->text);

	snprintf(n->text + at, sizeof(n->text) - at, "%u:%s ", g->gid, g->name);
	return --n->left != 0;
}

static void add_user(struct fix *f, uint32_t uid, const char *name)
{
	ph_state_add_user(f->st, &(struct ph_user){ uid, uid + 1, name, "/home", "/bin/sh" });
}

static void users_and_groups_are_the_hosts(void **s)
{
	struct fix *f = *s;
	struct names users = { .left = -1 }, one = { .left = 1 }, groups = { .left = -1 };

	add_user(f, 1000, "u");
	add_user(f, 0, "root");
	add_user(f, 5, "five");
	add_user(f, 1000, "renamed");
	ph_state_add_group(f->st, &(struct ph_group){ 6, "six" });
	ph_state_add_group(f->st, &(struct ph_group){ 2, NULL });
	add(f, 100, 100, "x");
	assert_string_equal(ph_state_user(f->st, thread(f, 100), 1000)->name, "renamed");
	assert_string_equal(ph_state_user(f->st, NULL, 5)->home, "/home");
	assert_null(ph_state_user(f->st, NULL, 6));
	assert_string_equal(ph_state_group(f->st, NULL, 6)->name, "six");
	ph_state_each_user(f->st, take_user, &users);
	assert_string_equal(users.text,
			    "0:1:root:/home:/bin/sh 5:6:five:/home:/bin/sh 1000:1001:renamed:/home:/bin/sh ");
	ph_state_each_user(f->st, take_user, &one);
	assert_string_equal(one.text, "0:1:root:/home:/bin/sh ");
	ph_state_each_group(f->st, take_group, &groups);
	assert_string_equal(groups.text, "2: 6:six ");
}

static void many_users_are_all_found(void **s)
{
	struct fix *f = *s;
	char name[20];

	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "u%u", i * 7919 % 3000);
		add_user(f, i * 7919 % 3000, name);
	}
	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_string_equal(ph_state_user(f->st, NULL, i)->name, name);
	}
}

static void users_of_a_container_come_with_its_id(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(100, 100, "x");
	struct evb *b;

	e.cgroups = (struct ph_span)SPAN("cpu=/docker/" ID);
	ph_state_add_entry(f->st, &e);
	add_user(f, 0, "host");
	b = event(f, PH_EV_USER_ADDED_E, -1);
	evb_num(b, "uid", 0);
	evb_str(b, "name", "inside");
	evb_str(b, "container_id", "0123456789ab");
	run(f, b);
	b = event(f, PH_EV_GROUP_ADDED_E, -1);
	evb_num(b, "gid", 9);
	evb_str(b, "name", "crew");
	evb_str(b, "container_id", "0123456789ab");
	run(f, b);
	assert_string_equal(ph_state_user(f->st, thread(f, 100), 0)->name, "inside");
	assert_string_equal(ph_state_group(f->st, thread(f, 100), 9)->name, "crew");
	assert_string_equal(ph_state_user(f->st, NULL, 0)->name, "host");
	assert_null(ph_state_group(f->st, NULL, 9));
	b = event(f, PH_EV_USER_DELETED_E, -1);
	evb_num(b, "uid", 0);
	evb_str(b, "container_id", "0123456789ab");
	run(f, b);
	assert_string_equal(ph_state_user(f->st, thread(f, 100), 0)->name, "host");
	b = event(f, PH_EV_GROUP_DELETED_E, -1);
	evb_num(b, "gid", 9);
	evb_str(b, "container_id", "0123456789ab");
	run(f, b);
	assert_null(ph_state_group(f->st, thread(f, 100), 9));
}

static void a_new_section_knows_nothing_of_the_one_before(void **s)
{
	struct fix *f = *s;
	struct ph_task e = entry(100, 100, "x");
	struct names users = { .left = -1 };

	ph_state_suppress_comm(f->st, "quiet");
	e.cgroups = (struct ph_span)SPAN("cpu=/docker/" ID);
	ph_state_add_entry(f->st, &e);
	add(f, 101, 100, "y");
	add_fd(f, 100, 3, PH_FD_FILE, "/x");
	add_user(f, 0, "root");
	ph_state_snapshot_done(f->st);
	do_exit_of(f, 101);
	begin(f, call(f, PH_EV_SYSCALL_READ_X, 100, 1, 3)); /* not ended: its source has gone on to the next section */
	ph_state_reset(f->st);
	ph_containers_reset(f->cs);
	end(f);
	assert_int_equal(ph_state_thread_count(f->st), 0);
	assert_null(ph_containers_by_id(f->cs, ID));
	ph_state_each_user(f->st, take_user, &users);
	assert_string_equal(users.text, "");
	add(f, 100, 100, "quiet");
	do_fork(f, 1, 101); /* ended in the other section */
	ph_state_snapshot_done(f->st);
	assert_true(thread(f, 100)->suppressed);
	assert_non_null(thread(f, 101));
	assert_null(fd_of(f, 100, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(an_entry_tells_all_that_a_process_is),
		fix_test(what_old_files_lack_has_its_default),
		fix_test(threads_come_in_any_order),
		fix_test(a_leader_that_is_not_listed_is_what_its_thread_is),
		fix_test(a_thread_does_not_change_what_its_leader_has_told),
		fix_test(the_second_entry_of_a_number_replaces_the_first),
		fix_test(numbers_that_cannot_be_are_left_out),
		fix_test(a_leader_that_has_ended_waits_for_its_threads),
		fix_test(suppressed_names_apply_to_entries),
		fix_test(files_have_names_and_flags),
		fix_test(threads_share_a_table_unless_they_are_said_not_to),
		fix_test(roles_are_guessed_by_listening_ports),
		fix_test(a_socket_without_addresses_has_no_name),
		fix_test(flags_that_are_told_are_not_guessed),
		fix_test(an_extra_tells_the_kind_that_the_list_could_not),
		fix_test(a_role_may_come_with_the_entry),
		fix_test(mapped_addresses_are_ipv4),
		fix_test(unix_sockets_are_named_as_ever),
		fix_test(a_unix_socket_that_was_only_made_has_no_name),
		fix_test(a_fork_that_the_list_knows_already_does_not_undo_it),
		fix_test(users_and_groups_are_the_hosts),
		fix_test(many_users_are_all_found),
		fix_test(users_of_a_container_come_with_its_id),
		fix_test(a_new_section_knows_nothing_of_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
