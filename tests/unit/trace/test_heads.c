/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader tells of head blocks, in each version that they have had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "collector/trace/head.h"
#include "collector/trace/input.h"
#include "tests/unit/support/scapbuild.h"
#include "tests/unit/support/scaptold.h"

#define S(s) { s, sizeof(s) - 1 }

static struct told told;

/* Reads all of what has been built; told has what was said behind the section. Frees it. */
static struct ph_trace_end read_all(struct scapb *b)
{
	static const char first[] = "section 1.2\n";
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct ph_trace_end end;
	uint8_t *exact = malloc(b->len); /* so that a read past the end is seen */
	size_t len = b->len;
	char err[200];

	told.len = 0;
	told.text[0] = '\0';
	assert_non_null(exact);
	memcpy(exact, b->data, len);
	scapb_fini(b);
	assert_int_equal(ph_trace_reader_open_memory(&r, "test", exact, len, 0, err, sizeof err), 0);
	ph_trace_reader_ops(r, &told_ops, &told);
	while (ph_trace_reader_next(r, &ev) == 1)
		continue;
	ph_trace_reader_end(r, &end);
	ph_trace_reader_close(r);
	free(exact);
	assert_memory_equal(told.text, first, strlen(first));
	memmove(told.text, told.text + strlen(first), told.len + 1 - strlen(first));
	assert_int_equal(end.state, PH_TRACE_WHOLE);
	return end;
}

static struct scapb begun(void)
{
	struct scapb b = { 0 };

	scapb_section(&b, 1, 2);
	return b;
}

static const struct ph_task everything = {
	.tid = 11,
	.pid = 10,
	.ptid = 9,
	.sid = 8,
	.pgid = 7,
	.vtid = 6,
	.vpid = 5,
	.vpgid = 4,
	.comm = S("bash"),
	.exe = S("-bash"),
	.exepath = S("/bin/bash"),
	.cwd = S("/root/"),
	.root = S("/"),
	.args = S("-c\0true\0"),
	.env = S("A=1\0B=2\0"),
	.cgroups = S("cpu=/\0memory=/a\0"),
	.fdlimit = 1024,
	.clone_flags = 0xf1,
	.uid = 1000,
	.gid = 1001,
	.loginuid = 1002,
	.tty = 34816,
	.exe_flags = PH_execve_flags_EXE_WRITABLE | PH_execve_flags_EXE_LOWER_LAYER,
	.vm_size_kb = 21,
	.vm_rss_kb = 22,
	.vm_swap_kb = 23,
	.pfmajor = 24,
	.pfminor = 25,
	.pidns_init_start_ns = 26,
	.cap_inheritable = 0x27,
	.cap_permitted = 0x28,
	.cap_effective = 0x29,
	.exe_ino = 30,
	.exe_ino_ctime = 31,
	.exe_ino_mtime = 32,
};

/* What a version of the format keeps of a task. */
static struct ph_task kept(unsigned version, enum scapb_tail tail)
{
	struct ph_task t = everything;

	if (version < 9 || tail != SCAPB_TAIL) {
		t.pgid = -1;
		t.pidns_init_start_ns = t.exe_ino = t.exe_ino_ctime = t.exe_ino_mtime = 0;
		t.tty = 0;
		t.exe_flags &= PH_execve_flags_EXE_WRITABLE;
	}
	if (version < 9 || tail == SCAPB_NO_TAIL) {
		t.loginuid = UINT32_MAX;
		t.exe_flags = 0;
	}
	if (version < 9 || tail < SCAPB_OLD_TAIL_CAPS)
		t.cap_inheritable = t.cap_permitted = t.cap_effective = 0;
	if (version < 8)
		t.vpgid = -1;
	if (version < 7)
		t.exepath.len = 0;
	if (version < 6)
		t.sid = -1;
	if (version < 5)
		t.root.len = 0;
	if (version < 4) {
		t.vtid = t.vpid = -1;
		t.cgroups.len = 0;
	}
	if (version < 3)
		t.env.len = 0;
	if (version < 2) {
		t.vm_size_kb = t.vm_rss_kb = t.vm_swap_kb = 0;
		t.pfmajor = t.pfminor = 0;
	}
	return t;
}

static void assert_tasks(uint32_t code, unsigned version, enum scapb_tail tail)
{
	struct scapb b = begun();
	struct ph_task t = kept(version, tail);
	static struct told wanted;

	scapb_begin(&b, code);
	scapb_task(&b, version, &everything, tail);
	scapb_task(&b, version, &everything, tail);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	wanted.len = 0;
	told_task(&wanted, &t);
	told_task(&wanted, &t);
	assert_string_equal(told.text, wanted.text);
}

static void a_process_of_the_newest_version_is_told_with_all_that_it_has(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, PH_BC_PROCESSES);
	scapb_task(&b, 9, &everything, SCAPB_TAIL);
	scapb_end(&b);
	read_all(&b);
	assert_string_equal(
		told.text,
		"task 11 pid=10 ptid=9 sid=8 pgid=7 vtid=6 vpid=5 vpgid=4 comm=bash exe=-bash exepath=/bin/bash"
		" args=-c|true| cwd=/root/ env=A=1|B=2| cgroups=cpu=/|memory=/a| root=/ fdlimit=1024 flags=f1 uid=1000 gid=1001"
		" loginuid=1002 tty=34816 vm=21,22,23 pf=24,25 ns=26 caps=27,28,29 exe=9 ino=30,31,32\n");
}

static void each_version_of_the_process_list_is_told_with_defaults_for_what_it_lacks(void **state)
{
	static const uint32_t codes[] = { 0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214 };

	(void)state;
	for (unsigned v = 1; v <= 8; v++)
		assert_tasks(codes[v - 1], v, SCAPB_NO_TAIL);
	assert_tasks(0x8000abcd, 1, SCAPB_NO_TAIL);
	assert_tasks(0x8013abcd, 2, SCAPB_NO_TAIL);
	assert_tasks(0x8014abcd, 3, SCAPB_NO_TAIL);
}

static void each_tail_of_version_9_is_recognised_by_its_length(void **state)
{
	(void)state;
	for (enum scapb_tail tail = SCAPB_NO_TAIL; tail <= SCAPB_TAIL; tail++)
		assert_tasks(PH_BC_PROCESSES, 9, tail);
}

static void a_process_entry_longer_than_what_is_known_is_told_and_the_rest_passed_over(void **state)
{
	struct scapb b = begun();
	struct ph_task t = everything;
	static struct told wanted;

	(void)state;
	scapb_begin(&b, PH_BC_PROCESSES);
	scapb_task(&b, 9, &everything, SCAPB_TAIL);
	scapb_bytes(&b, "of the future", 13);
	scapb_entry_end(&b, 4);
	scapb_task(&b, 9, &everything, SCAPB_TAIL);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	wanted.len = 0;
	told_task(&wanted, &t);
	told_task(&wanted, &t);
	assert_string_equal(told.text, wanted.text);
}

static void a_process_with_a_string_of_the_longest_kind_is_told(void **state)
{
	static char name[UINT16_MAX];
	struct scapb b = begun();
	struct ph_task t = everything;
	static struct told wanted;

	(void)state;
	memset(name, 'x', sizeof name);
	t.args = (struct ph_span){ name, sizeof name };
	scapb_begin(&b, PH_BC_PROCESSES);
	scapb_task(&b, 9, &t, SCAPB_TAIL);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	wanted.len = 0;
	told_task(&wanted, &t);
	assert_string_equal(told.text, wanted.text);
}

static void a_process_list_that_breaks_off_is_told_up_to_there_and_reading_goes_on(void **state)
{
	struct scapb b = begun();
	struct ph_trace_end end;

	(void)state;
	scapb_begin(&b, 0x202);
	scapb_task(&b, 1, &everything, SCAPB_NO_TAIL);
	scapb_num(&b, 8, 12);
	scapb_end(&b);
	scapb_begin(&b, PH_BC_PROCESSES);
	scapb_num(&b, 4, 5000); /* longer than the block */
	scapb_num(&b, 8, 13);
	scapb_end(&b);
	scapb_begin(&b, 0x206);
	scapb_num(&b, 1, 1);
	scapb_num(&b, 4, 5);
	scapb_str(&b, "tty");
	scapb_end(&b);
	end = read_all(&b);
	assert_int_equal(end.bad, 2);
	assert_memory_equal(told.text, "task 11 ", 8);
	assert_string_equal(strchr(told.text, '\n') + 1, "group 5 tty\n");
}

static void an_entry_with_a_wrong_string_is_left_out_and_the_next_is_told(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, PH_BC_USERS);
	scapb_entry(&b);
	scapb_num(&b, 1, 1);
	scapb_num(&b, 4, 5);
	scapb_num(&b, 2, 500);
	scapb_entry_end(&b, 4);
	scapb_entry(&b);
	scapb_num(&b, 1, 1);
	scapb_num(&b, 4, 6);
	scapb_str(&b, "disk");
	scapb_entry_end(&b, 4);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 1);
	assert_string_equal(told.text, "group 6 disk\n");
}

static void the_machine_is_told_and_an_old_one_without_its_boot_time_too(void **state)
{
	struct ph_trace_machine m = {
		.ncpus = 4, .memory_bytes = 1ull << 33, .max_pid = 4194304, .boot_ns = 1700000000000000000, .flags = 3
	};
	struct scapb b = begun();

	(void)state;
	strcpy(m.hostname, "pier");
	scapb_machine(&b, &m);
	scapb_begin(&b, 0x8002abcd);
	scapb_num(&b, 4, 2);
	scapb_num(&b, 8, 3);
	scapb_num(&b, 8, 4);
	memset(m.hostname, 'h', sizeof m.hostname); /* no NUL */
	scapb_bytes(&b, m.hostname, sizeof m.hostname);
	scapb_end(&b);
	scapb_begin(&b, PH_BC_MACHINE);
	scapb_num(&b, 4, 2);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 1);
	m.hostname[127] = '\0';
	assert_memory_equal(told.text,
			    "machine cpus=4 mem=8589934592 maxpid=4194304 boot=1700000000000000000 flags=3 host=pier\n"
			    "machine cpus=2 mem=3 maxpid=4 boot=0 flags=0 host=hhhh",
			    87 + 54);
	assert_string_equal(strstr(told.text, "host=h") + 5 + 127, "\n");
}

static void interface_body(struct scapb *b, unsigned type, const char *name)
{
	size_t n = type == 1 || type == 3 ? 4 : 16;

	scapb_num(b, 2, type);
	scapb_num(b, 2, strlen(name));
	for (size_t i = 0; i < 3 * n; i++)
		scapb_num(b, 1, 0xa0 + i / n * 16 + i % n);
	if (type <= 2)
		scapb_num(b, 8, 1000);
	scapb_bytes(b, name, strlen(name));
}

static const char interfaces_told[] =
	"interface eth0 addr=a0a1a2a3 mask=b0b1b2b3 bcast=c0c1c2c3 speed=1000\n"
	"interface wlan0 addr=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf mask=b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	" bcast=c0c1c2c3c4c5c6c7c8c9cacbcccdcecf speed=1000\n"
	"interface lo addr=a0a1a2a3 mask=b0b1b2b3 bcast=c0c1c2c3 speed=0\n"
	"interface l6 addr=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf mask=b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	" bcast=c0c1c2c3c4c5c6c7c8c9cacbcccdcecf speed=0\n";

static void interfaces_of_all_four_kinds_are_told_in_both_versions(void **state)
{
	static const char *const names[] = { "eth0", "wlan0", "lo", "l6" };
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, 0x205);
	for (unsigned i = 0; i < 4; i++)
		interface_body(&b, i + 1, names[i]);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	assert_string_equal(told.text, interfaces_told);

	b = begun();
	scapb_begin(&b, PH_BC_INTERFACES);
	for (unsigned i = 0; i < 4; i++) {
		scapb_entry(&b);
		interface_body(&b, i + 1, names[i]);
		scapb_entry_end(&b, 0);
		scapb_entry(&b); /* of a kind to come */
		scapb_num(&b, 2, 77);
		scapb_num(&b, 2, 0);
		scapb_entry_end(&b, 0);
	}
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	assert_string_equal(told.text, interfaces_told);
}

static void an_interface_list_with_lengths_of_nonsense_is_counted_as_bad(void **state)
{
	struct scapb b = begun();

	(void)state;
	/* Entries of version 1 under the code of version 2. */
	scapb_begin(&b, PH_BC_INTERFACES);
	interface_body(&b, 1, "eth0");
	scapb_end(&b);
	scapb_begin(&b, 0x205);
	interface_body(&b, 1, "eth0");
	scapb_num(&b, 2, 9);
	scapb_num(&b, 2, 60000);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 2);
	assert_string_equal(told.text, "interface eth0 addr=a0a1a2a3 mask=b0b1b2b3 bcast=c0c1c2c3 speed=1000\n");
}

static void an_interface_name_that_is_too_long_is_cut(void **state)
{
	struct scapb b = begun();
	char name[101];

	(void)state;
	memset(name, 'n', 100);
	name[100] = '\0';
	scapb_begin(&b, 0x205);
	interface_body(&b, 3, name);
	scapb_end(&b);
	read_all(&b);
	name[63] = '\0';
	assert_memory_equal(told.text + strlen("interface "), name, 63);
	assert_memory_equal(told.text + strlen("interface ") + 63, " addr=", 6);
}

static void users_and_groups_are_told_in_both_versions(void **state)
{
	static const uint32_t codes[] = { 0x206, PH_BC_USERS };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scapb b = begun();

		scapb_begin(&b, codes[i]);
		if (i)
			scapb_entry(&b);
		scapb_num(&b, 1, 0);
		scapb_num(&b, 4, 1000);
		scapb_num(&b, 4, 100);
		scapb_str(&b, "ann");
		scapb_str(&b, "/home/ann");
		scapb_str(&b, "/bin/sh");
		if (i)
			scapb_entry_end(&b, 4);
		if (i)
			scapb_entry(&b);
		scapb_num(&b, 1, 1);
		scapb_num(&b, 4, 100);
		scapb_str(&b, "users");
		if (i)
			scapb_entry_end(&b, 4);
		scapb_end(&b);
		assert_int_equal(read_all(&b).bad, 0);
		assert_string_equal(told.text, "user 1000 100 ann /home/ann /bin/sh\ngroup 100 users\n");
	}
}

/* Opens a descriptor's entry: number 3, inode 40. */
static void fd_begin(struct scapb *b, unsigned version, unsigned type)
{
	if (version >= 2)
		scapb_entry(b);
	scapb_num(b, 8, 3);
	scapb_num(b, 8, 40);
	scapb_num(b, 1, type);
}

static void fd_end(struct scapb *b, unsigned version)
{
	if (version >= 2)
		scapb_entry_end(b, 4);
}

static void numbers(struct scapb *b, size_t n)
{
	for (size_t i = 1; i <= n; i++)
		scapb_num(b, 1, i);
}

static void sockets(struct scapb *b, unsigned version)
{
	static const struct {
		unsigned type;
		size_t addresses, ports;
	} kinds[] = { { 3, 8, 2 }, { 4, 32, 2 }, { 5, 4, 1 }, { 6, 16, 1 } };

	for (size_t i = 0; i < 4; i++) {
		fd_begin(b, version, kinds[i].type);
		numbers(b, kinds[i].addresses);
		scapb_num(b, 2, 8080);
		if (kinds[i].ports == 2)
			scapb_num(b, 2, 443);
		scapb_num(b, 1, PH_L4_TCP);
		fd_end(b, version);
	}
	fd_begin(b, version, 8);
	scapb_num(b, 8, 0xffff1);
	scapb_num(b, 8, 0xffff2);
	scapb_str(b, "/run/x.sock");
	fd_end(b, version);
}

static const char sockets_told[] =
	"fd 77:3 type=3 ino=40 src=01020304 dst=05060708 ports=8080,443 l4=2 family=2 name=\n"
	"fd 77:3 type=4 ino=40 src=0102030405060708090a0b0c0d0e0f10 dst=1112131415161718191a1b1c1d1e1f20"
	" ports=8080,443 l4=2 family=10 name=\n"
	"fd 77:3 type=5 ino=40 src=00000000 dst=01020304 ports=0,8080 l4=2 family=2 name=\n"
	"fd 77:3 type=6 ino=40 src=00000000000000000000000000000000 dst=0102030405060708090a0b0c0d0e0f10"
	" ports=0,8080 l4=2 family=10 name=\n"
	"fd 77:3 type=8 ino=40 unix=ffff1,ffff2 family=1 name=/run/x.sock\n";

static void sockets_are_told_with_the_addresses_where_the_state_wants_them(void **state)
{
	static const uint32_t codes[] = { 0x203, PH_BC_FDS };

	(void)state;
	for (unsigned v = 1; v <= 2; v++) {
		struct scapb b = begun();

		scapb_begin(&b, codes[v - 1]);
		scapb_num(&b, 8, 77);
		sockets(&b, v);
		scapb_end(&b);
		assert_int_equal(read_all(&b).bad, 0);
		assert_string_equal(told.text, sockets_told);
	}
}

static void files_and_the_like_are_told_by_name(void **state)
{
	static const unsigned types[] = { 0, 1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21 };
	static struct told wanted;

	(void)state;
	for (unsigned v = 1; v <= 2; v++) {
		struct scapb b = begun();

		wanted.len = 0;
		scapb_begin(&b, v == 1 ? 0x203 : PH_BC_FDS);
		scapb_num(&b, 8, 77);
		for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
			fd_begin(&b, v, types[i]);
			scapb_str(&b, "/a/name");
			fd_end(&b, v);
			told_add(&wanted, "fd 77:3 type=%u ino=40 family=%d name=/a/name\n", types[i],
				 types[i] == PH_FD_NETLINK ? AF_NETLINK : 0);
		}
		scapb_end(&b);
		assert_int_equal(read_all(&b).bad, 0);
		assert_string_equal(told.text, wanted.text);
	}
}

static void a_file_of_the_second_kind_is_told_with_flags_and_device(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, PH_BC_FDS);
	scapb_num(&b, 8, 77);
	for (int with_dev = 1; with_dev >= 0; with_dev--) {
		fd_begin(&b, 2, 16);
		scapb_num(&b, 4, 0x1003);
		scapb_str(&b, "/etc/passwd");
		if (with_dev)
			scapb_num(&b, 4, 0xfd01);
		fd_end(&b, 2);
	}
	scapb_end(&b);
	scapb_begin(&b, 0x203);
	scapb_num(&b, 8, 78);
	fd_begin(&b, 1, 16);
	scapb_num(&b, 4, 0x1003);
	scapb_str(&b, "/etc/group");
	fd_begin(&b, 1, 1);
	scapb_str(&b, "/etc/hosts");
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 0);
	assert_string_equal(told.text, "fd 77:3 type=16 ino=40 open=1003 dev=fd01 family=0 name=/etc/passwd\n"
				       "fd 77:3 type=16 ino=40 open=1003 dev=0 family=0 name=/etc/passwd\n"
				       "fd 78:3 type=16 ino=40 open=1003 dev=0 family=0 name=/etc/group\n"
				       "fd 78:3 type=1 ino=40 family=0 name=/etc/hosts\n");
}

static void an_unknown_descriptor_type_is_passed_over_where_lengths_allow_it(void **state)
{
	(void)state;
	for (unsigned v = 1; v <= 2; v++) {
		struct scapb b = begun();

		scapb_begin(&b, v == 1 ? 0x203 : PH_BC_FDS);
		scapb_num(&b, 8, 77);
		fd_begin(&b, v, 99);
		numbers(&b, 30);
		fd_end(&b, v);
		fd_begin(&b, v, 1);
		scapb_str(&b, "/f");
		fd_end(&b, v);
		scapb_end(&b);
		assert_int_equal(read_all(&b).bad, v == 1);
		assert_string_equal(told.text, v == 1 ? "" : "fd 77:3 type=1 ino=40 family=0 name=/f\n");
	}
}

static void a_descriptor_number_that_no_kernel_gives_is_left_out(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, PH_BC_FDS);
	scapb_num(&b, 8, 77);
	scapb_entry(&b);
	scapb_num(&b, 8, 1ull << 32);
	scapb_num(&b, 8, 40);
	scapb_num(&b, 1, 1);
	scapb_str(&b, "/f");
	scapb_entry_end(&b, 4);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 1);
	assert_string_equal(told.text, "");
}

static void extras_are_told_with_their_kind(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, PH_BC_EXTRA);
	scapb_entry(&b);
	scapb_num(&b, 1, PH_EXTRA_WRITER);
	scapb_bytes(&b, "porthole 1", 10);
	scapb_entry_end(&b, 4);
	scapb_entry(&b);
	scapb_num(&b, 1, 200);
	scapb_entry_end(&b, 4);
	scapb_entry(&b); /* without a kind */
	scapb_entry_end(&b, 4);
	scapb_end(&b);
	assert_int_equal(read_all(&b).bad, 1);
	assert_string_equal(told.text, "extra 1 porthole 1\nextra 200 \n");
}

static void every_head_block_is_announced_before_what_is_in_it(void **state)
{
	struct scapb b = begun();

	(void)state;
	scapb_begin(&b, 0x8012abcd);
	scapb_num(&b, 1, 1);
	scapb_num(&b, 4, 100);
	scapb_str(&b, "users");
	scapb_end(&b);
	told.blocks = true;
	read_all(&b);
	told.blocks = false;
	assert_string_equal(told.text, "block 0x8012abcd v1 24\ngroup 100 users\n");
}

static void each_block_code_of_the_format_is_known(void **state)
{
	static const struct ph_block_info wanted[] = {
		{ 0x0a0d0d0a, PH_BK_SECTION, 1, false, false },
		{ 0x201, PH_BK_MACHINE, 1, false, false },
		{ 0x204, PH_BK_EVENT, 1, false, false },
		{ 0x208, PH_BK_EVENT, 1, true, false },
		{ 0x216, PH_BK_EVENT, 2, false, false },
		{ 0x217, PH_BK_EVENT, 2, true, false },
		{ 0x221, PH_BK_EVENT, 2, false, true },
		{ 0x222, PH_BK_EVENT, 2, true, true },
		{ 0x8010abcd, PH_BK_EVENT, 1, false, false },
		{ 0x8001abcd, PH_BK_FDS, 1, false, false },
		{ 0x8011abcd, PH_BK_INTERFACES, 1, false, false },
		{ 0x70680001, PH_BK_EXTRA, 1, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct ph_block_info *info = ph_block_info(wanted[i].code);

		assert_non_null(info);
		assert_int_equal(info->kind, wanted[i].kind);
		assert_int_equal(info->version, wanted[i].version);
		assert_int_equal(info->flags, wanted[i].flags);
		assert_int_equal(info->large, wanted[i].large);
	}
	assert_null(ph_block_info(0x200));
	assert_null(ph_block_info(0x223));
	assert_null(ph_block_info(0));
}

static void this_machine_is_described_for_a_live_capture(void **state)
{
	struct ph_trace_interface lo = { .family = AF_INET, .addr = { 127, 0, 0, 1 }, .name = "made up" };
	struct ph_trace_host h;
	uint32_t n;

	(void)state;
	assert_int_equal(ph_trace_host_live(&h), 0);
	assert_true(h.machine.ncpus >= 1);
	assert_true(h.machine.memory_bytes > 1 << 20);
	assert_true(h.machine.max_pid >= 301);
	assert_true(h.machine.boot_ns > 1000000000ull * 1000000000);
	assert_int_not_equal(h.machine.hostname[0], '\0');
	n = h.ninterfaces;
	for (uint32_t i = 0; i < n; i++)
		assert_true(h.interfaces[i].name[0] &&
			    (h.interfaces[i].family == AF_INET || h.interfaces[i].family == AF_INET6));
	assert_int_equal(ph_trace_host_add_interface(&h, &lo), 0);
	assert_int_equal(h.ninterfaces, n + 1);
	assert_memory_equal(&h.interfaces[n], &lo, sizeof lo);
	ph_trace_host_fini(&h);
	assert_null(h.interfaces);
}

static void a_kind_of_block_that_nobody_takes_apart_is_passed_over(void **state)
{
	static const struct ph_block_info info = { .code = 0x70680fff, .kind = PH_BK_UNKNOWN, .version = 1 };
	static const struct ph_trace_ops nobody;
	static struct ph_head h = { .ops = &nobody };
	const uint8_t body[32] = { 1 };

	(void)state;
	assert_true(ph_head_block(&h, &info, body, sizeof body)); /* and ends */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_of_the_newest_version_is_told_with_all_that_it_has),
		cmocka_unit_test(each_version_of_the_process_list_is_told_with_defaults_for_what_it_lacks),
		cmocka_unit_test(each_tail_of_version_9_is_recognised_by_its_length),
		cmocka_unit_test(a_process_entry_longer_than_what_is_known_is_told_and_the_rest_passed_over),
		cmocka_unit_test(a_process_with_a_string_of_the_longest_kind_is_told),
		cmocka_unit_test(a_process_list_that_breaks_off_is_told_up_to_there_and_reading_goes_on),
		cmocka_unit_test(an_entry_with_a_wrong_string_is_left_out_and_the_next_is_told),
		cmocka_unit_test(the_machine_is_told_and_an_old_one_without_its_boot_time_too),
		cmocka_unit_test(interfaces_of_all_four_kinds_are_told_in_both_versions),
		cmocka_unit_test(an_interface_list_with_lengths_of_nonsense_is_counted_as_bad),
		cmocka_unit_test(an_interface_name_that_is_too_long_is_cut),
		cmocka_unit_test(users_and_groups_are_told_in_both_versions),
		cmocka_unit_test(sockets_are_told_with_the_addresses_where_the_state_wants_them),
		cmocka_unit_test(files_and_the_like_are_told_by_name),
		cmocka_unit_test(a_file_of_the_second_kind_is_told_with_flags_and_device),
		cmocka_unit_test(an_unknown_descriptor_type_is_passed_over_where_lengths_allow_it),
		cmocka_unit_test(a_descriptor_number_that_no_kernel_gives_is_left_out),
		cmocka_unit_test(extras_are_told_with_their_kind),
		cmocka_unit_test(every_head_block_is_announced_before_what_is_in_it),
		cmocka_unit_test(each_block_code_of_the_format_is_known),
		cmocka_unit_test(a_kind_of_block_that_nobody_takes_apart_is_passed_over),
		cmocka_unit_test(this_machine_is_described_for_a_live_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
