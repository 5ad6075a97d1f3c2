/* SPDX-License-Identifier: Apache-2.0 */
/* How parameters of each type are shown. */
#include <netdb.h>
#include "tests/unit/support/scene.h"

#define assert_args(sc, text) assert_string_equal(scene_text(sc, "%evt.args"), text)

static struct evb *event(unsigned code)
{
	return evb_new(code, 200, SCENE_TS);
}

/* Shows only the first n parameters. */
static void cut(struct evb *b, uint32_t n)
{
	b->nparams = n;
}

static void results_and_errors(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_SYSCALL_CLOSE_X);

	cut(b, 1);
	evb_num(b, "res", 0);
	scene_event(sc, b);
	assert_args(sc, "res=0 ");
	evb_num(b, "res", -2);
	scene_event(sc, b);
	assert_args(sc, "res=-2(ENOENT) ");
	evb_num(b, "res", 17);
	scene_event(sc, b);
	assert_args(sc, "res=17 ");
	evb_num(b, "res", INT64_MIN);
	scene_event(sc, b);
	assert_args(sc, "res=-9223372036854775808 ");
}

static void descriptors(void **state)
{
	static const struct {
		int fd;
		const char *text;
	} rows[] = {
		{ 3, "res=0 fd=3(<f>/etc/passwd) " },
		{ 4, "res=0 fd=4(<4t>10.0.0.1:40000->192.168.0.2:80) " },
		{ 5, "res=0 fd=5(<4u>0.0.0.0:53) " },
		{ 6, "res=0 fd=6(<d>/var/log) " },
		{ 7, "res=0 fd=7(<p>) " },
		{ 8, "res=0 fd=8(<6t>2001:db8::1:40001->2001:db8::2:443) " },
		{ 99, "res=0 fd=99 " },
		{ -1, "res=0 fd=-1(EPERM) " },
		{ -100, "res=0 fd=-100(AT_FDCWD) " },
	};
	struct scene *sc = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct evb *b = event(PH_EV_SYSCALL_FSTAT_X);

		evb_num(b, "res", 0);
		evb_num(b, "fd", rows[i].fd);
		scene_event(sc, b);
		assert_args(sc, rows[i].text);
	}
}

static void flags_and_enumerations(void **state)
{
	struct scene *sc = *state;
	struct evb *b;

	scene_open(sc, 9, "/x/./y", 0x1001);
	assert_args(sc, "fd=9(<f>/x/y) name=/x/./y(/x/y) flags=4097(O_RDONLY|O_CLOEXEC) mode=644 dev=801 ino=99 ");
	b = event(PH_EV_SOCKET_SHUTDOWN_X);
	evb_num(b, "res", 0);
	evb_num(b, "fd", 99);
	evb_num(b, "how", 1);
	scene_event(sc, b);
	assert_args(sc, "res=0 fd=99 how=1(SHUT_WR) ");
	evb_num(b, "how", 77);
	scene_event(sc, b);
	assert_args(sc, "res=0 fd=99 how=77 ");
}

static void relative_paths_show_what_they_stand_for(void **state)
{
	struct scene *sc = *state;

	scene_open(sc, -2, "a/../b", 1);
	assert_string_equal(scene_text(sc, "%evt.args"),
			    "fd=-2(ENOENT) name=a/../b(/home/u/b) flags=1(O_RDONLY) mode=644 dev=801 ino=99 ");
}

static void processes_users_signals_times(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_SYSCALL_KILL_X);

	evb_num(b, "res", 0);
	evb_num(b, "pid", 100);
	evb_num(b, "sig", 9);
	scene_event(sc, b);
	assert_args(sc, "res=0 pid=100(bash) sig=9(SIGKILL) ");
	evb_num(b, "pid", 9);
	evb_num(b, "sig", 0);
	scene_event(sc, b);
	assert_args(sc, "res=0 pid=9 sig=0 ");
	b = event(PH_EV_SYSCALL_NANOSLEEP_X);
	evb_num(b, "res", 0);
	evb_num(b, "interval", 1500000000);
	scene_event(sc, b);
	assert_args(sc, "res=0 interval=1500000000(1.5s) ");
	evb_num(b, "interval", -1);
	scene_event(sc, b);
	assert_args(sc, "res=0 interval=none ");
	b = event(PH_EV_SYSCALL_GETUID_X);
	evb_num(b, "uid", -1);
	scene_event(sc, b);
	assert_args(sc, "uid=-1(<NONE>) ");
}

static void addresses_and_tuples(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_SOCKET_CONNECT_X);
	uint8_t t[200], addr[19] = { 10, 0x20, 1, 0xd, 0xb8 };
	uint16_t port = 1234;
	size_t n = evb_tuple4(t, (const uint8_t[]){ 10, 0, 0, 1 }, 40000, (const uint8_t[]){ 192, 168, 0, 2 }, 80);

	cut(b, 2);
	evb_num(b, "res", 0);
	evb_bytes(b, "tuple", t, n);
	scene_event(sc, b);
	assert_args(sc, "res=0 tuple=10.0.0.1:40000->192.168.0.2:80 ");
	evb_bytes(b, "tuple", t, 0);
	scene_event(sc, b);
	assert_args(sc, "res=0 tuple=NULL ");
	n = evb_tuple_unix(t, 0, 0xffff8edcfda06800, "/run/x\n");
	evb_bytes(b, "tuple", t, n);
	scene_event(sc, b);
	assert_args(sc, "res=0 tuple=0->ffff8edcfda06800 /run/x. ");
	b = event(PH_EV_SOCKET_BIND_X);
	cut(b, 2);
	addr[16] = 1;
	memcpy(addr + 17, &port, 2);
	evb_num(b, "res", 0);
	evb_bytes(b, "addr", addr, sizeof addr);
	scene_event(sc, b);
	assert_args(sc, "res=0 addr=2001:db8::1:1234 ");
}

static void lists_of_descriptors(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_SYSCALL_POLL_X);
	uint8_t d[22] = { 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0xe1, 0 };

	evb_num(b, "res", 1);
	evb_bytes(b, "fds", d, sizeof d);
	evb_num(b, "timeout", 100);
	scene_event(sc, b);
	assert_args(sc, "res=1 fds=4:44 99:?e1 timeout=100 ");
	assert_string_equal(scene_text(sc, "%fdlist.nums %fdlist.names %fdlist.cips %fdlist.sports"),
			    "4,99 10.0.0.1:40000->192.168.0.2:80,<NA> 10.0.0.1 80");
	evb_bytes(b, "fds", "\377\377", 2);
	scene_event(sc, b);
	assert_args(sc, "res=1 fds= timeout=100 ");
}

static void data_is_cut_to_80_characters_in_the_usual_line(void **state)
{
	struct scene *sc = *state;
	char data[100], want[200];

	memset(data, 'x', sizeof data);
	scene_read(sc, 3, 100, data, sizeof data);
	snprintf(want, sizeof want, "res=100 data=%.77s... fd=3(<f>/etc/passwd) size=512 ", data);
	assert_args(sc, want);
	sc->ctx.opts.whole_buffers = true;
	snprintf(want, sizeof want, "res=100 data=%.100s fd=3(<f>/etc/passwd) size=512 ", data);
	assert_args(sc, want);
}

static void nothing_drives_the_terminal(void **state)
{
	struct scene *sc = *state;

	scene_open(sc, 9, "/x\033[31m\xc3\xa4", 1);
	assert_string_equal(scene_text(sc, "%fd.name %evt.arg.name"), "/x.[31m.. /x.[31m..");
	assert_string_equal(scene_text(sc, "%concat('\\x1b', fd.name)"), "\\x1b/x.[31m..");
}

static void forms_of_data(void **state)
{
	static const char data[] = "GET /\r\nHost: a\n\nx\001y";
	struct scene *sc = *state;

	scene_read(sc, 3, 19, data, sizeof data - 1);
	assert_string_equal(scene_text(sc, "%evt.buffer"), "GET /..Host: a..x.y");
	sc->ctx.opts.buffers = PH_BUF_ASCII;
	assert_string_equal(scene_text(sc, "%evt.buffer"), "\nGET /\nHost: a\n\nxy");
	sc->ctx.opts.buffers = PH_BUF_BASE64;
	assert_string_equal(scene_text(sc, "%evt.buffer"), "R0VUIC8NCkhvc3Q6IGEKCngBeQ==");
	sc->ctx.opts.buffers = PH_BUF_HEX;
	assert_string_equal(scene_text(sc, "%evt.buffer"),
			    "\n\t0x0000: 4745 5420 2f0d 0a48 6f73 743a 2061 0a0a\n\t0x0010: 7801 79\n");
	sc->ctx.opts.buffers = PH_BUF_HEXASCII;
	assert_string_equal(scene_text(sc, "%evt.buffer"),
			    "\n\t0x0000: 4745 5420 2f0d 0a48 6f73 743a 2061 0a0a  GET /..Host: a..\n"
			    "\t0x0010: 7801 79                                x.y\n");
}

static void generic_events_have_no_text(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_GENERIC_X);

	evb_num(b, "ID", ph_syscall_by_name("set_robust_list")->id);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "%evt.type %evt.info"), "set_robust_list ");
	assert_string_equal(scene_text(sc, "%evt.arg[0]"), "set_robust_list");
}

static void short_parameters_are_shown_as_missing_and_absent_numbers_not_at_all(void **state)
{
	struct scene *sc = *state;
	struct evb *b = event(PH_EV_SYSCALL_FSTAT_X);

	evb_bytes(b, "res", "ab", 2);
	scene_event(sc, b);
	assert_args(sc, "res=<NA> "); /* fd is not short but absent: there was no place for it */
	assert_string_equal(scene_text(sc, "*%evt.rawarg.res"), "<NA>");
}

static void no_data_is_no_line(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 0, "", 0);
	for (int mode = PH_BUF_DOTTED; mode <= PH_BUF_HEXASCII; mode++) {
		sc->ctx.opts.buffers = (enum ph_buffer_mode)mode;
		assert_string_equal(scene_text(sc, "[%evt.buffer] %evt.arg.data."), "[] .");
	}
}

/* Where there is a list of services, which minimal systems do not have. */
static void ports_of_parameters_have_names_on_request(void **state)
{
	static const uint8_t addr[] = { 2, 10, 0, 0, 1, 80, 0 };
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SOCKET_BIND_X, 200, SCENE_TS);

	evb_num(b, "res", 0);
	evb_bytes(b, "addr", addr, sizeof addr);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "%evt.arg.addr"), "10.0.0.1:80");
	sc->ctx.opts.resolve_ports = true;
	sc->ctx.seq++;
	assert_string_equal(scene_text(sc, "%evt.arg.addr"),
			    getservbyport(htons(80), "tcp") ? "10.0.0.1:http" : "10.0.0.1:80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(results_and_errors),
		scene_test(descriptors),
		scene_test(flags_and_enumerations),
		scene_test(relative_paths_show_what_they_stand_for),
		scene_test(processes_users_signals_times),
		scene_test(addresses_and_tuples),
		scene_test(lists_of_descriptors),
		scene_test(data_is_cut_to_80_characters_in_the_usual_line),
		scene_test(no_data_is_no_line),
		scene_test(ports_of_parameters_have_names_on_request),
		scene_test(nothing_drives_the_terminal),
		scene_test(forms_of_data),
		scene_test(generic_events_have_no_text),
		scene_test(short_parameters_are_shown_as_missing_and_absent_numbers_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
