/* SPDX-License-Identifier: Apache-2.0 */
/* What the operators say of values of each type, how values are read, and what a filter asks of the capture. */
#include <time.h>
#include "tests/unit/support/scene.h"

static void strings(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "fd.name=/etc/passwd");
	assert_passes(sc, "fd.name!=/etc/passwdx");
	assert_rejected(sc, "fd.name=/etc/passw");
	assert_passes(sc, "fd.name</etc/q");
	assert_passes(sc, "fd.name<=/etc/passwd");
	assert_rejected(sc, "fd.name</etc/passwd");
	assert_passes(sc, "fd.name>/etc/pass");
	assert_passes(sc, "fd.name>=/etc/passwd");
	assert_passes(sc, "fd.name contains tc/p");
	assert_rejected(sc, "fd.name contains TC/P");
	assert_passes(sc, "fd.name icontains TC/P");
	assert_passes(sc, "fd.name startswith /etc");
	assert_rejected(sc, "fd.name startswith etc");
	assert_passes(sc, "fd.name endswith wd");
	assert_rejected(sc, "fd.name endswith /etc/passwd/etc/passwd");
	assert_passes(sc, "fd.name exists");
	assert_passes(sc, "fd.name in (a, /etc/passwd)");
	assert_passes(sc, "fd.name in (a, b, c, d, e, f, g, h, i, /etc/passwd)");
	assert_rejected(sc, "fd.name in (a, b, c, d, e, f, g, h, i, /etc/passw)");
	assert_rejected(sc, "fd.name in ()");
	assert_passes(sc, "fd.name intersects (x, /etc/passwd)");
}

static void globs(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "fd.name glob '/etc/*'");
	assert_passes(sc, "fd.name glob *");
	assert_passes(sc, "fd.name glob '/*wd'");
	assert_passes(sc, "fd.name glob /etc/pass??");
	assert_rejected(sc, "fd.name glob /etc/pass?");
	assert_passes(sc, "fd.name glob '/etc/[o-q]asswd'");
	assert_passes(sc, "fd.name glob '/etc/[!a]asswd'");
	assert_rejected(sc, "fd.name glob '/etc/[!p]asswd'");
	assert_rejected(sc, "fd.name glob '/ETC/*'");
	assert_passes(sc, "fd.name iglob '/ETC/PASS[W-X]D'");
	assert_rejected(sc, "fd.name glob '/etc/[passwd'");
}

static void regexes_match_the_whole_value_and_are_limited(void **state)
{
	struct scene *sc = *state;
	struct timespec before, after;
	char data[80];

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "fd.name regex '/etc/.*'");
	assert_rejected(sc, "fd.name regex 'etc'");
	assert_rejected(sc, "fd.name regex '/etc'");
	assert_passes(sc, "fd.name regex '/etc|/etc/passwd'");
	memset(data, 'a', sizeof data);
	data[sizeof data - 1] = '\0';
	scene_open(sc, -2, data, 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_rejected(sc, "evt.arg.name regex '(a+)+b' or fd.nameraw regex '(a|aa)+$x'");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec <= 1);
}

static void path_prefixes_end_at_components(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "fd.name pmatch (/etc)");
	assert_passes(sc, "fd.name pmatch (/etc/)");
	assert_passes(sc, "fd.name pmatch (/)");
	assert_passes(sc, "fd.name pmatch (/etc/passwd)");
	assert_rejected(sc, "fd.name pmatch (/et)");
	assert_rejected(sc, "fd.name pmatch (/etc/pass, /var)");
	assert_rejected(sc, "fd.name pmatch (/etc/pass, /var, /et, /etc/passwd/x)");
	assert_passes(sc, "fd.name pmatch (/a, /b, /c, /etc/)");
	assert_passes(sc, "fd.name pmatch (/a, /b, /c, /)");
}

static void buffers(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 6, "GET \0\xff", 6);
	assert_passes(sc, "evt.buffer contains GET");
	assert_passes(sc, "evt.buffer startswith GE");
	assert_passes(sc, "evt.buffer bcontains 00ff");
	assert_passes(sc, "evt.buffer bstartswith 474554");
	assert_passes(sc, "evt.buffer bcontains FF");
	assert_rejected(sc, "evt.buffer = GET");
	assert_passes(sc, "evt.buffer != GET");
	assert_string_equal(filter_error("evt.buffer bcontains 0g"), "21: expected hexadecimal digits");
	assert_string_equal(filter_error("evt.buffer bcontains 0"), "21: expected pairs of hexadecimal digits");
}

static void numbers(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "proc.pid=200");
	assert_passes(sc, "proc.pid=0200");
	assert_passes(sc, "proc.pid=+200");
	assert_passes(sc, "proc.pid!=201");
	assert_passes(sc, "proc.pid>=200 and proc.pid<=200 and proc.pid<201 and proc.pid>-1");
	assert_passes(sc, "proc.pid in (1, 2, 3, 200)");
	assert_passes(sc, "evt.rawarg.res=5");
	assert_passes(sc, "evt.buflen=5");
	assert_passes(sc, "evt.buflen<1kB");
	assert_rejected(sc, "evt.buflen>1MB");
	assert_passes(sc, "proc.vmsize=2MiB");
	assert_passes(sc, "evt.latency=1210000");
	assert_passes(sc, "evt.latency>1ms");
	assert_rejected(sc, "evt.latency>10ms");
	assert_passes(sc, "evt.latency=1.21ms");
	assert_passes(sc, "evt.failed=false");
	assert_passes(sc, "evt.failed!=true");
	assert_passes(sc, "proc.fdusage>0.1");
}

static void wrong_values_are_found_when_compiling(void **state)
{
	static const struct {
		const char *filter, *error;
	} rows[] = {
		{ "proc.pid=0x1", "9: 0x1 is not a valid number" },
		{ "proc.pid=1ms", "9: 1ms is not a valid number" },
		{ "proc.pid=", "9: expected a value behind '='" },
		{ "proc.pid=-", "9: - is not a valid number" },
		{ "proc.pid=99999999999999999999", "9: 99999999999999999999 is not a valid number: too large" },
		{ "evt.cpu=40000", "8: 40000 is not a valid number: out of range" },
		{ "evt.num=-1", "8: -1 is not a valid number: out of range" },
		{ "evt.latency>10min",
		  "12: 10min is not a valid number; a duration is ns, or has a unit: ns us ms s m h" },
		{ "evt.buflen>1.MB", "11: 1.MB is not a valid number; units are B kB MB GB TB and KiB MiB GiB TiB" },
		{ "evt.failed=1", "11: unrecognized boolean value 1; expected true or false" },
		{ "fd.ip=300.1.1.1", "6: unrecognized IPv4/IPv6 address 300.1.1.1" },
		{ "fd.ip=localhost", "6: unrecognized IPv4/IPv6 address localhost" },
		{ "fd.net=1.2.3.4", "7: unrecognized IP network 1.2.3.4; expected address/bits" },
		{ "fd.net=1.2.3.4/33", "7: invalid netmask 1.2.3.4/33" },
		{ "fd.net=1.2.3.4/", "7: invalid netmask 1.2.3.4/" },
		{ "fd.port=70000", "8: 70000 is not a valid port" },
		{ "fd.port=nosuchservice", "8: unrecognized protocol nosuchservice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(filter_error(rows[i].filter), rows[i].error);
}

static void either_end_of_a_connection(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 4, 5, "hello", 5);
	assert_passes(sc, "fd.ip=10.0.0.1");
	assert_passes(sc, "fd.ip=192.168.0.2");
	assert_rejected(sc, "fd.ip!=192.168.0.2");
	assert_passes(sc, "fd.ip!=1.1.1.1");
	assert_passes(sc, "fd.ip in (1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1)");
	assert_rejected(sc, "fd.ip=::1");
	assert_passes(sc, "fd.ip!=::1");
	assert_passes(sc, "fd.net=192.168.0.0/16");
	assert_passes(sc, "fd.net in (172.16.0.0/12, 10.0.0.0/8)");
	assert_rejected(sc, "fd.net=192.168.0.128/25");
	assert_rejected(sc, "fd.net!=10.0.0.0/8");
	assert_passes(sc, "fd.net=0.0.0.0/0");
	assert_passes(sc, "fd.port=80 and fd.port=40000 and fd.port in (81, 80)");
	assert_rejected(sc, "fd.port!=80");
	assert_passes(sc, "fd.port!=81");
	assert_passes(sc, "fd.port<100");
	scene_read(sc, 8, 5, "hello", 5);
	assert_passes(sc, "fd.ip=2001:db8::2");
	assert_passes(sc, "fd.net=2001:db8::/32");
	assert_rejected(sc, "fd.net=0.0.0.0/0");
}

static void ancestors(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "proc.aname=bash");
	assert_passes(sc, "proc.aname=systemd");
	assert_rejected(sc, "proc.aname=curl");
	assert_passes(sc, "proc.aname!=bash");
	assert_passes(sc, "proc.aname[0]=curl and proc.aname[1]=bash and proc.aname[2]=systemd");
	assert_rejected(sc, "proc.aname[3] exists");
	assert_passes(sc, "proc.apid=100 and proc.apid in (7, 8, 9, 1)");
	assert_passes(sc, "proc.aname intersects (zsh, fish, bash)");
	assert_passes(sc, "fd.types intersects (pipe)");
	assert_passes(sc, "fd.types[3]=file");
}

static void quantifiers(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "fd.name startswith anyof (/a, /e)");
	assert_rejected(sc, "fd.name startswith anyof (/a, /b)");
	assert_passes(sc, "fd.name contains allof (etc, pass)");
	assert_rejected(sc, "fd.name contains allof (etc, x)");
	assert_passes(sc, "fd.name contains oneof (etc, x)");
	assert_rejected(sc, "fd.name contains oneof (etc, pass)");
	assert_passes(sc, "evt.type endswith anyof (ad, x) and evt.type contains oneof (rea, open)");
	assert_passes(sc, "proc.name != anyof (curl, x)");
	assert_passes(sc, "proc.name = curl and proc.name != anyof(x)");
}

static void transformers(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 8, "aGVsbG8=", 8);
	assert_passes(sc, "toupper(proc.name) = CURL");
	assert_passes(sc, "tolower(toupper(proc.name)) = curl");
	assert_passes(sc, "basename(fd.name) = passwd");
	assert_passes(sc, "len(proc.name) = 4");
	assert_passes(sc, "len(evt.buffer) = 8");
	assert_passes(sc, "len(proc.aname) = 2");
	assert_passes(sc, "b64(evt.buffer) = hello");
	assert_rejected(sc, "b64(proc.cmdline) exists");
	assert_passes(sc, "join('-', proc.name, evt.type) = curl-read");
	assert_passes(sc, "concat(proc.name, ':', toupper(evt.type)) = curl:READ");
	assert_passes(sc, "join(',', proc.aname) = bash,systemd");
	assert_passes(sc, "proc.name = val(proc.name)");
	assert_rejected(sc, "proc.name = val(proc.pname)");
	assert_passes(sc, "proc.name != val(proc.pname)");
	assert_passes(sc, "proc.pid > val(proc.ppid)");
	assert_passes(sc, "proc.name = tolower(proc.name)");
	assert_passes(sc, "proc.exepath endswith val(proc.name)");
}

static void event_arguments(void **state)
{
	struct scene *sc = *state;

	scene_open(sc, -2, "missing", 0x1001);
	assert_passes(sc, "evt.arg.flags contains O_CLOEXEC");
	assert_passes(sc, "evt.arg.fd=ENOENT");
	assert_rejected(sc, "evt.arg.fd=-2");
	assert_passes(sc, "evt.rawarg.fd=-2");
	assert_passes(sc, "evt.rawarg.flags=4097");
	assert_passes(sc, "evt.arg[0]=ENOENT");
	assert_passes(sc, "evt.res=ENOENT and evt.rawres<0 and evt.failed=true");
	assert_passes(sc, "fd.name=/home/u/missing");
	assert_passes(sc, "evt.type.is.open=1 and evt.type.is.3=1 and evt.type.is.2=0");
	assert_passes(sc, "evt.is_open_read=true and evt.is_open_write=false");
	assert_passes(sc, "evt.count.error.file=1");
	assert_rejected(sc, "evt.count.error.net exists");
}

static bool may(const char *filter, unsigned code, unsigned syscall)
{
	struct ph_filter *f;
	struct ph_parse_error err;
	bool pass;

	assert_int_equal(ph_filter_compile(&f, filter, NULL, &err), 0);
	pass = ph_filter_may_pass(f, ph_event_info(code), syscall);
	ph_filter_free(f);
	return pass;
}

static void the_name_tells_what_need_not_be_captured(void **state)
{
	(void)state;
	assert_true(may("evt.type=open and proc.name=x", PH_EV_SYSCALL_OPEN_X, PH_SC_open));
	assert_false(may("evt.type=open and proc.name=x", PH_EV_SYSCALL_READ_X, PH_SC_read));
	assert_true(may("evt.type=open or proc.name=x", PH_EV_SYSCALL_READ_X, PH_SC_read));
	assert_false(may("not (evt.type=read or proc.name=x)", PH_EV_SYSCALL_READ_X, PH_SC_read));
	assert_true(may("evt.type=set_robust_list", PH_EV_GENERIC_X, PH_SC_set_robust_list));
	assert_false(may("evt.type=set_robust_list", PH_EV_GENERIC_X, PH_SC_sched_yield));
	assert_false(may("evt.type startswith write and evt.type!=writev", PH_EV_SYSCALL_WRITEV_X, PH_SC_writev));
	assert_true(may("evt.type startswith write and evt.type!=writev", PH_EV_SYSCALL_WRITE_X, PH_SC_write));
	assert_false(may("evt.type startswith nosuch", PH_EV_SYSCALL_WRITE_X, PH_SC_write));
}

static uint32_t needs(const char *filter)
{
	struct ph_filter *f;
	struct ph_parse_error err;
	uint32_t n;

	assert_int_equal(ph_filter_compile(&f, filter, NULL, &err), 0);
	n = ph_filter_needs(f);
	ph_filter_free(f);
	return n;
}

static void a_filter_says_what_it_needs(void **state)
{
	(void)state;
	assert_int_equal(needs("evt.type=open"), 0);
	assert_int_equal(needs("evt.latency>1"), PH_NEED_ENTER_TIME);
	assert_int_equal(needs("evt.type in (open, switch)"), PH_NEED_SWITCHES);
	assert_int_equal(needs("evt.type=page_fault and proc.name=x"), PH_NEED_PAGE_FAULTS);
	assert_int_equal(needs("evt.type!=switch"), 0);
	assert_int_equal(needs("not evt.type=switch"), 0);
	assert_int_equal(needs("evt.deltatime>1"), 0);
}

static void generic_events_go_by_their_syscall(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_GENERIC_X, 200, SCENE_TS);

	evb_num(b, "ID", ph_syscall_by_name("set_robust_list")->id);
	scene_event(sc, b);
	assert_passes(sc, "evt.type=set_robust_list");
	assert_passes(sc, "evt.type in (open, set_robust_list, close)");
	assert_rejected(sc, "evt.type=sched_yield");
	sc->ev.syscall = PH_SC_sched_yield;
	assert_passes(sc, "evt.type=sched_yield");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(strings),
		scene_test(globs),
		scene_test(regexes_match_the_whole_value_and_are_limited),
		scene_test(path_prefixes_end_at_components),
		scene_test(buffers),
		scene_test(numbers),
		cmocka_unit_test(wrong_values_are_found_when_compiling),
		scene_test(either_end_of_a_connection),
		scene_test(ancestors),
		scene_test(quantifiers),
		scene_test(transformers),
		scene_test(event_arguments),
		cmocka_unit_test(the_name_tells_what_need_not_be_captured),
		cmocka_unit_test(a_filter_says_what_it_needs),
		scene_test(generic_events_go_by_their_syscall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
