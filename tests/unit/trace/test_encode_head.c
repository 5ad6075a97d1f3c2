/* SPDX-License-Identifier: Apache-2.0 */
/* A head tells a reader what the state knows; what it may not contain is cut, for readers that refuse the file otherwise. */
#include <arpa/inet.h>
#include "tests/unit/support/state_fixture.h"
#include "tests/unit/support/scaptold.h"
#include "tests/unit/support/scapblocks.h"
#include "tests/unit/support/tmpdir.h"
#include "collector/trace/encode.h"

struct world {
	struct fix *f;
	struct ph_trace_host host;
	struct ph_encode_head head;
	struct ph_bytes b;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	void *f = NULL;

	if (!w || fix_setup(&f) != 0)
		return -1;
	w->f = f;
	w->host.machine =
		(struct ph_trace_machine){ .ncpus = 4, .memory_bytes = 1 << 20, .max_pid = 32768, .boot_ns = 99 };
	strcpy(w->host.machine.hostname, "box");
	w->head = (struct ph_encode_head){ .state = w->f->st, .containers = w->f->cs, .host = &w->host, .ts_ns = 1000 };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *f = w->f;

	ph_trace_host_fini(&w->host);
	ph_bytes_fini(&w->b);
	free(w);
	return fix_teardown(&f);
}

static struct ph_snap_task_rec task(int64_t tid, int64_t pid)
{
	return (struct ph_snap_task_rec){
		.tid = tid,
		.pid = pid,
		.ptid = 1,
		.sid = 90,
		.pgid = 91,
		.vtid = tid,
		.vpid = pid,
		.vpgid = 92,
		.uid = 1000,
		.gid = 1001,
		.loginuid = 1002,
		.fdlimit = 1024,
		.vm_size_kb = 2048,
		.vm_rss_kb = 1024,
		.vm_swap_kb = 7,
		.pgft_maj = 3,
		.pgft_min = 4,
		.cap_inheritable = 0x11,
		.cap_permitted = 0x22,
		.cap_effective = 0x33,
		.exe_ino = 55,
		.exe_ino_ctime = 56,
		.exe_ino_mtime = 57,
		.pidns_init_start_ns = 58,
		.tty = 34816,
		.exe_flags = 0xf,
		.flags = PH_TASK_ARGS_READ,
		.comm = "nginx",
	};
}

static void add_task(struct world *w, struct ph_snap_task_rec *rec, const char *args, size_t args_len, const char *env,
		     size_t env_len)
{
	const char *texts[PH_SNAP_TEXTS] = { "/usr/sbin/nginx", "/srv", "/", "/system.slice", args, env };

	for (int i = 0; i < 4; i++)
		rec->lens[i] = (uint32_t)strlen(texts[i]);
	rec->lens[PH_SNAP_ARGS] = (uint32_t)args_len;
	rec->lens[PH_SNAP_ENV] = (uint32_t)env_len;
	ph_state_add_task(w->f->st, rec, texts);
}

static void add_plain_task(struct world *w, int64_t tid, int64_t pid)
{
	static const char args[] = "nginx\0-g\0daemon off;", env[] = "HOME=/\0LANG=C";
	struct ph_snap_task_rec rec = task(tid, pid);

	add_task(w, &rec, args, sizeof args, env, sizeof env);
}

static struct ph_snap_fd_rec fd_rec(int64_t tid, int fd, unsigned type)
{
	return (struct ph_snap_fd_rec){ .pid = 200, .tid = tid, .fd = fd, .type = (uint8_t)type, .ino = 42 };
}

static void add_fd(struct world *w, struct ph_snap_fd_rec *rec, const char *name, const char *local, unsigned lport,
		   const char *remote, unsigned rport)
{
	rec->name_len = (uint32_t)strlen(name);
	rec->lport = (uint16_t)lport;
	rec->rport = (uint16_t)rport;
	if (local)
		inet_pton(strchr(local, ':') ? AF_INET6 : AF_INET, local, rec->local);
	if (remote)
		inet_pton(strchr(remote, ':') ? AF_INET6 : AF_INET, remote, rec->remote);
	rec->listening = local && !remote;
	ph_state_add_fd(w->f->st, rec, name);
}

static struct blocks encode(struct world *w)
{
	w->b.len = 0;
	assert_int_equal(ph_encode_head(&w->b, &w->head), 0);
	return (struct blocks){ w->b.data, w->b.data + w->b.len };
}

/* The first block of a kind behind s; fails when there is none. */
static struct blk find(struct blocks *s, uint32_t code)
{
	struct blk b;

	while (blk_next(s, &b))
		if (b.code == code)
			return b;
	fail_msg("no block 0x%x", code);
	return b;
}

/* What the reader makes of it. */
static const char *told(struct world *w)
{
	static struct told t;
	struct ph_trace_reader *r;
	struct ph_trace_end end;
	struct tmpdir dir;
	const char *path;
	char err[512] = "";
	FILE *file;

	encode(w);
	assert_int_equal(tmp_make(&dir), 0);
	path = tmp_path(&dir, "t.scap");
	file = fopen(path, "we");
	assert_int_equal(fwrite(w->b.data, 1, w->b.len, file), w->b.len);
	fclose(file);
	memset(&t, 0, sizeof t);
	if (ph_trace_reader_open(&r, path, err, sizeof err) != 0)
		fail_msg("%s", err);
	ph_trace_reader_ops(r, &told_ops, &t);
	assert_int_equal(ph_trace_reader_heads(r), 0);
	ph_trace_reader_end(r, &end);
	assert_null(end.what);
	assert_int_equal(end.skipped, 0);
	ph_trace_reader_close(r);
	tmp_remove(&dir);
	return t.text;
}

#define assert_told(text, line)                                         \
	do {                                                            \
		if (!strstr(text, line))                                \
			fail_msg("not told: %s\nbut:\n%s", line, text); \
	} while (0)

static void the_blocks_come_in_the_order_that_readers_expect(void **state)
{
	static const uint32_t order[] = { PH_BLOCK_SECTION, PH_BC_MACHINE, PH_BC_INTERFACES, PH_BC_USERS,
					  PH_BC_PROCESSES,  PH_BC_FDS,	   PH_BC_EXTRA };
	struct world *w = *state;
	struct blocks s;
	struct blk b;

	add_plain_task(w, 200, 200);
	s = encode(w);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		assert_true(blk_next(&s, &b));
		assert_int_equal(b.code, order[i]);
	}
	assert_false(blk_next(&s, &b));
}

static void the_section_is_of_version_1_2_and_unknown_length(void **state)
{
	static const uint8_t bytes[] = { 0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,	   0,	 0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
					 2,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,	 0, 0 };
	struct world *w = *state;

	encode(w);
	assert_memory_equal(w->b.data, bytes, sizeof bytes);
	assert_int_equal(blk_u32(w->b.data + 28 + 4), 192); /* the machine: a body of 180 */
}

static void the_host_is_told(void **state)
{
	struct world *w = *state;
	struct ph_trace_interface i4 = { .family = AF_INET,
					 .addr = { 10, 0, 0, 1 },
					 .mask = { 255, 255, 255, 0 },
					 .broadcast = { 10, 0, 0, 255 },
					 .link_speed = 1000,
					 .name = "eth0" };
	struct ph_trace_interface i6 = { .family = AF_INET6, .addr = { 0xfe, 0x80 }, .mask = { 0xff }, .name = "lo" };
	const char *text;

	ph_trace_host_add_interface(&w->host, &i4);
	ph_trace_host_add_interface(&w->host, &i6);
	ph_state_add_user(w->f->st, &(struct ph_user){ 1000, 1001, "ann", "/home/ann", "/bin/sh" });
	ph_state_add_group(w->f->st, &(struct ph_group){ 1001, "staff" });
	text = told(w);
	assert_told(text, "section 1.2\nmachine cpus=4 mem=1048576 maxpid=32768 boot=99 flags=0 host=box\n");
	assert_told(text, "interface eth0 addr=0a000001 mask=ffffff00 bcast=0a0000ff speed=1000\n");
	assert_told(text, "interface lo addr=fe800000000000000000000000000000 mask=ff0");
	assert_told(text, "user 1000 1001 ann /home/ann /bin/sh\n");
	assert_told(text, "group 1001 staff\n");
	assert_told(text, "extra 1 porthole ");
}

/* --- processes ------------------------------------------------------------------------------------------------------------ */

static void a_process_is_told_whole(void **state)
{
	struct world *w = *state;
	const char *text;

	add_plain_task(w, 200, 200);
	text = told(w);
	assert_told(text, "task 200 pid=200 ptid=1 sid=90 pgid=91 vtid=200 vpid=200 vpgid=92 comm=nginx exe=nginx "
			  "exepath=/usr/sbin/nginx args=-g|daemon off; cwd=/srv/ env=HOME=/|LANG=C cgroups=");
	assert_told(text, "=/system.slice root=/ fdlimit=1024 flags=0 uid=1000 gid=1001 loginuid=1002 tty=34816 "
			  "vm=2048,1024,7 pf=3,4 ns=58 caps=11,22,33 exe=f ino=55,56,57\n");
}

/* The last entry of the process list: from behind its length to its end. */
static const uint8_t *last_entry(struct world *w, uint32_t *len)
{
	struct blocks s = encode(w);
	struct blk b = find(&s, PH_BC_PROCESSES);
	const uint8_t *at = b.body;

	while ((*len = blk_u32(at)) + 4 < (uint32_t)(b.body + b.body_len - at))
		at += *len;
	return at;
}

static void what_an_old_reader_would_misread_is_in_the_order_that_it_knows(void **state)
{
	/* loginuid, executable writable, capabilities */
	static const uint8_t old[] = { 0xea, 3, 0, 0, 1, 0x11, 0,    0, 0, 0, 0, 0, 0, 0x22, 0,
				       0,    0, 0, 0, 0, 0,    0x33, 0, 0, 0, 0, 0, 0, 0 };
	struct world *w = *state;
	struct ph_snap_task_rec rec = task(200, 200);
	uint32_t len, new_len;
	const uint8_t *at;

	add_task(w, &rec, "", 0, "", 0);
	at = last_entry(w, &new_len);
	assert_memory_equal(at + new_len - 76 + 12, old, sizeof old);
	assert_int_equal(at[new_len - 76], 58);
	assert_int_equal(at[new_len - 8], 91);
	rec.exe_ino = rec.exe_ino_ctime = rec.exe_ino_mtime = rec.pidns_init_start_ns = 0;
	rec.tty = 0;
	rec.pgid = -1;
	rec.exe_flags = 1;
	add_task(w, &rec, "", 0, "", 0);
	at = last_entry(w, &len);
	assert_int_equal(len, new_len - 76 + 29);
	assert_memory_equal(at + len - 29, old, sizeof old);
}

static void long_texts_are_cut_to_what_readers_take(void **state)
{
	static char path[4000], items[20000];
	struct world *w = *state;
	struct ph_snap_task_rec rec = task(200, 200);
	const char *texts[PH_SNAP_TEXTS] = { path, "/", "/", "/x", items, items }, *text;

	memset(path, 'p', sizeof path - 1);
	memset(items, 'i', sizeof items);
	items[0] = 'e';
	items[1] = '\0';
	for (int i = 0; i < 4; i++)
		rec.lens[i] = (uint32_t)strlen(texts[i]);
	rec.lens[PH_SNAP_ARGS] = rec.lens[PH_SNAP_ENV] = sizeof items;
	ph_state_add_task(w->f->st, &rec, texts);
	text = told(w);
	assert_int_equal(strspn(strstr(text, "exepath=") + 8, "p"), 1023);
	assert_int_equal(strspn(strstr(text, " args=") + 6, "i"), 4096);
	assert_int_equal(strspn(strstr(text, " env=e|") + 7, "i"), 4094);
}

static void threads_that_are_no_more_than_a_number_are_left_out(void **state)
{
	struct world *w = *state;
	const char *text;

	add_plain_task(w, 200, 200);
	add_plain_task(w, 201, 200);
	run(w->f, call(w->f, PH_EV_SYSCALL_CLOSE_X, 999, 0, 3)); /* nobody knows 999 */
	do_exit_of(w->f, 200); /* the leader; 201 goes on */
	assert_non_null(thread(w->f, 200));
	text = told(w);
	assert_null(strstr(text, "task 999 "));
	assert_null(strstr(text, "task 200 "));
	assert_told(text, "task 201 pid=200 ");
}

static bool keep_200(void *arg, const struct ph_thread *t)
{
	(void)arg;
	return t->proc->pid == 200;
}

static void who_is_not_to_be_kept_is_left_out_with_its_descriptors(void **state)
{
	struct world *w = *state;
	struct ph_snap_fd_rec rec = fd_rec(300, 3, PH_FD_FILE_V2);
	const char *text;

	add_plain_task(w, 200, 200);
	add_plain_task(w, 300, 300);
	rec.pid = 300;
	add_fd(w, &rec, "/secret", NULL, 0, NULL, 0);
	assert_told(told(w), "fd 300:3 ");
	w->head.keep = keep_200;
	w->head.note = "only what matters";
	text = told(w);
	assert_told(text, "task 200 ");
	assert_null(strstr(text, "task 300 "));
	assert_null(strstr(text, "/secret"));
	assert_told(text, "extra 3 only what matters\n");
}

static void secrets_of_processes_are_masked(void **state)
{
	static const char args[] = "mysqld\0--password=hunter2\0-v", env[] = "A=1\0DB_PASSWORD=hunter3\0B=2";
	struct world *w = *state;
	struct ph_snap_task_rec rec = task(200, 200);
	const char *text;

	add_task(w, &rec, args, sizeof args, env, sizeof env);
	w->head.redact = true;
	text = told(w);
	assert_told(text, " args=--password=*******|-v ");
	assert_told(text, " env=A=1|DB_PASSWORD=*******|B=2 ");
}

/* --- descriptors ------------------------------------------------------------------------------------------------------------ */

static void descriptors_of_every_kind_are_told(void **state)
{
	struct world *w = *state;
	struct ph_snap_fd_rec rec;
	const char *text;

	add_plain_task(w, 200, 200);
	rec = fd_rec(200, 3, PH_FD_FILE_V2);
	rec.open_flags = 0x2;
	rec.dev = 0x801;
	add_fd(w, &rec, "/etc/passwd", NULL, 0, NULL, 0);
	rec = fd_rec(200, 4, PH_FD_IPV4);
	rec.l4 = PH_L4_TCP;
	add_fd(w, &rec, "", "10.0.0.1", 40000, "192.168.0.2", 80);
	rec = fd_rec(200, 5, PH_FD_IPV4_SERVER);
	rec.l4 = PH_L4_UDP;
	add_fd(w, &rec, "", "10.0.0.1", 53, NULL, 0);
	rec = fd_rec(200, 6, PH_FD_DIRECTORY);
	add_fd(w, &rec, "/var/log", NULL, 0, NULL, 0);
	rec = fd_rec(200, 7, PH_FD_FIFO);
	add_fd(w, &rec, "", NULL, 0, NULL, 0);
	rec = fd_rec(200, 8, PH_FD_IPV6);
	rec.l4 = PH_L4_TCP;
	add_fd(w, &rec, "", "2001:db8::1", 40001, "2001:db8::2", 443);
	rec = fd_rec(200, 9, PH_FD_UNIX);
	rec.sock = 0xffff1234;
	rec.peer = 0xffff5678;
	add_fd(w, &rec, "/run/a b.sock", NULL, 0, NULL, 0);
	ph_state_snapshot_done(w->f->st);
	text = told(w);
	assert_told(text, "fd 200:3 type=16 ino=42 open=2 dev=801 family=0 name=/etc/passwd\n");
	assert_told(text, "fd 200:4 type=3 ino=42 src=0a000001 dst=c0a80002 ports=40000,80 l4=2 ");
	assert_told(text, "fd 200:5 type=5 ino=42 src=00000000 dst=0a000001 ports=0,53 l4=3 ");
	assert_told(text, "fd 200:6 type=2 ino=42 family=0 name=/var/log\n");
	assert_told(text, "fd 200:7 type=7 ino=42 family=0 name=\n");
	assert_told(text, "fd 200:8 type=4 ino=42 src=20010db8000000000000000000000001 "
			  "dst=20010db8000000000000000000000002 ports=40001,443 l4=2 ");
	assert_told(text, "fd 200:9 type=8 ino=42 unix=ffff1234,ffff5678 family=1 name=/run/a b.sock\n");
}

static void kinds_that_old_readers_refuse_are_told_beside_the_list(void **state)
{
	static const uint8_t entry[] = { 21, 0, 0, 0, 2, 200, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 20, 0 };
	struct world *w = *state;
	struct ph_snap_fd_rec rec = fd_rec(200, 3, PH_FD_MEMFD);
	struct blocks s;
	struct blk b;

	add_plain_task(w, 200, 200);
	add_fd(w, &rec, "memfd:x", NULL, 0, NULL, 0);
	assert_told(told(w), "fd 200:3 type=10 ino=42 family=0 name=memfd:x\n");
	s = encode(w);
	b = find(&s, PH_BC_EXTRA);
	assert_memory_equal(b.body + blk_u32(b.body), entry, sizeof entry);
	w->head.modern = true;
	assert_told(told(w), "fd 200:3 type=20 ino=42 family=0 name=memfd:x\n");
}

static void a_servers_own_address_comes_first(void **state)
{
	struct world *w = *state;
	struct ph_snap_fd_rec rec;
	struct ph_fd *fd;

	add_plain_task(w, 200, 200);
	rec = fd_rec(200, 3, PH_FD_IPV4_SERVER);
	rec.l4 = PH_L4_TCP;
	add_fd(w, &rec, "", "0.0.0.0", 80, NULL, 0);
	rec = fd_rec(200, 4, PH_FD_IPV4);
	rec.l4 = PH_L4_TCP;
	add_fd(w, &rec, "", "10.0.0.1", 80, "10.0.0.9", 51000);
	ph_state_snapshot_done(w->f->st);
	fd = fd_of(w->f, 200, 4);
	assert_true(fd->flags & PH_FDF_ROLE_SERVER); /* in the state the client's address is the source */
	assert_int_equal(fd->sport, 51000);
	assert_told(told(w), "fd 200:4 type=3 ino=42 src=0a000001 dst=0a000009 ports=80,51000 l4=2 ");
}

static void a_table_that_threads_share_is_told_once(void **state)
{
	struct world *w = *state;
	struct ph_snap_fd_rec rec = fd_rec(200, 3, PH_FD_FILE_V2);
	const char *text;

	add_plain_task(w, 200, 200);
	add_plain_task(w, 201, 200);
	add_plain_task(w, 202, 200);
	add_fd(w, &rec, "/shared", NULL, 0, NULL, 0);
	rec = fd_rec(202, 3, PH_FD_FILE_V2);
	add_fd(w, &rec, "/own", NULL, 0, NULL, 0);
	text = told(w);
	assert_told(text, "fd 200:3 type=16 ino=42 family=0 name=/shared\n");
	assert_null(strstr(text, "fd 201:"));
	assert_told(text, "fd 202:3 type=16 ino=42 family=0 name=/own\n");
}

static void what_the_format_has_no_room_for_is_in_a_block_of_its_own(void **state)
{
	static const uint8_t entry[] = { 21, 0, 0, 0, 2, 200, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0 };
	struct world *w = *state;
	struct ph_snap_fd_rec rec = fd_rec(200, 3, PH_FD_FILE_V2);
	struct blocks s;
	struct blk b;

	add_plain_task(w, 200, 200);
	rec.cloexec = 1;
	add_fd(w, &rec, "/x", NULL, 0, NULL, 0);
	rec = fd_rec(200, 4, PH_FD_FILE_V2); /* with nothing to say */
	add_fd(w, &rec, "/y", NULL, 0, NULL, 0);
	s = encode(w);
	b = find(&s, PH_BC_EXTRA);
	assert_int_equal(b.body_len, (blk_u32(b.body) + sizeof entry + 3) / 4 * 4);
	assert_memory_equal(b.body + blk_u32(b.body), entry, sizeof entry);
}

/* --- records ---------------------------------------------------------------------------------------------------------------- */

static bool keep_none(void *arg, const struct ph_container *c)
{
	(void)arg;
	(void)c;
	return false;
}

static void containers_follow_as_events(void **state)
{
	static const char json[] =
		"{\"container\":{\"id\":\"0123456789ab\",\"type\":0,\"name\":\"web\",\"image\":\"nginx\"}}";
	struct world *w = *state;
	struct blocks s;
	struct blk b;

	assert_int_equal(ph_containers_add_json(w->f->cs, json, sizeof json - 1), 0);
	s = encode(w);
	b = find(&s, PH_BC_EVENT_LARGE);
	assert_int_equal(b.hdr.type, PH_EV_CONTAINER_JSON_2_E);
	assert_int_equal(b.hdr.tid, -1);
	assert_int_equal(b.hdr.ts_ns, 1000);
	assert_int_equal(b.hdr.nparams, 1);
	assert_int_equal(b.cpu, 0);
	assert_int_equal(b.param[0][b.plen[0] - 1], 0);
	assert_non_null(strstr((const char *)b.param[0], "\"0123456789ab\""));
	assert_non_null(strstr((const char *)b.param[0], "\"web\""));
	w->head.keep_container = keep_none;
	s = encode(w);
	while (blk_next(&s, &b))
		assert_int_not_equal(b.code, PH_BC_EVENT_LARGE);
}

static void a_gap_says_what_is_missing(void **state)
{
	struct world *w = *state;
	struct blocks s;
	struct blk b;

	assert_int_equal(ph_encode_gap(&w->b, 10, 2, 500, 900), 0);
	s = (struct blocks){ w->b.data, w->b.data + w->b.len };
	b = find(&s, PH_BC_EVENT);
	assert_int_equal(b.hdr.type, PH_EV_GAP_E);
	assert_int_equal(b.hdr.ts_ns, 900);
	assert_int_equal(b.hdr.tid, -1);
	assert_int_equal(b.hdr.nparams, 5);
	assert_int_equal(blk_num(&b, 0), 10);
	assert_int_equal(blk_num(&b, 1), 2);
	assert_int_equal(blk_num(&b, 2), 500);
	assert_int_equal(blk_num(&b, 3), 900);
	assert_int_equal(b.plen[4], 4);
}

#define head_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		head_test(the_blocks_come_in_the_order_that_readers_expect),
		head_test(the_section_is_of_version_1_2_and_unknown_length),
		head_test(the_host_is_told),
		head_test(a_process_is_told_whole),
		head_test(what_an_old_reader_would_misread_is_in_the_order_that_it_knows),
		head_test(long_texts_are_cut_to_what_readers_take),
		head_test(threads_that_are_no_more_than_a_number_are_left_out),
		head_test(who_is_not_to_be_kept_is_left_out_with_its_descriptors),
		head_test(secrets_of_processes_are_masked),
		head_test(descriptors_of_every_kind_are_told),
		head_test(kinds_that_old_readers_refuse_are_told_beside_the_list),
		head_test(a_servers_own_address_comes_first),
		head_test(a_table_that_threads_share_is_told_once),
		head_test(what_the_format_has_no_room_for_is_in_a_block_of_its_own),
		head_test(containers_follow_as_events),
		head_test(a_gap_says_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
