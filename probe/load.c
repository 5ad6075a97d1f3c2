/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and attaches the BPF programs and hands out their records. What the kernel can do is asked of the kernel (a map is
 * tried, a name is looked up in its BTF), never derived from its version.
 */
#define _GNU_SOURCE
#include "porthole/tables.h"
#include "probe/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define RING_BYTES (8u << 20)
#define STATE_RING_BYTES (4u << 20)
#define NS_PER_MS ((uint64_t)1000000)
/* How old a record must be before no older one can still be on its way: a program's run with preemption off, and then some. */
#define SETTLE_NS 1000000ull
/* A mark that old is not believed: no program runs that long. */
#define IN_FLIGHT_MAX_NS 1000000000ull
#define IDLE_SLEEP_MIN_NS 200000ull
#define IDLE_SLEEP_MAX_NS 10000000ull
#define BUSY_SLEEP_MIN_NS 2000000ull

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static uint64_t boot_epoch(void)
{
	uint64_t best = 0, spread = UINT64_MAX;

	/* The closest of a few pairs of reads, so that a preemption in between does not shift every time stamp. */
	for (int i = 0; i < 8; i++) {
		uint64_t before = clock_ns(CLOCK_BOOTTIME), real = clock_ns(CLOCK_REALTIME),
			 after = clock_ns(CLOCK_BOOTTIME);

		if (after - before < spread) {
			spread = after - before;
			best = real - before - (after - before) / 2;
		}
	}
	return best;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int loud(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	return vfprintf(stderr, fmt, args);
}

/* The kernel's BTF as it lies in its file. Parsing it takes libbpf tens of milliseconds; a name can be had by searching. */
struct raw_btf {
	const char *data;
	size_t size;
};

/* Reads all of it; the file's size is known beforehand and does not change while the kernel runs. */
static int raw_btf_open(struct raw_btf *b)
{
	int fd = open(BTF_PATH, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;
	char *data = NULL;
	size_t at = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (st.st_size <= 0)
		err = -ENODATA;
	else if (!(data = malloc((size_t)st.st_size)))
		err = -ENOMEM;
	while (!err && at < (size_t)st.st_size) {
		ssize_t n = read(fd, data + at, (size_t)st.st_size - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0)
			err = -EIO;
		else if (errno != EINTR)
			err = -errno;
	}
	close(fd);
	if (err)
		free(data);
	else
		*b = (struct raw_btf){ .data = data, .size = at };
	return err;
}

/* The part of a section name behind the slash is the tracepoint; BTF has a typedef btf_trace_NAME for each. */
static bool kernel_has_tracepoint(const struct raw_btf *b, const char *section)
{
	const char *slash = strchr(section, '/');
	char name[96];
	int len;

	if (!slash)
		return true;
	len = snprintf(name, sizeof name, "%cbtf_trace_%s", 0, slash + 1);
	return memmem(b->data, b->size, name, (size_t)len + 1) != NULL;
}

/* Helpers are functions of the kernel, so its BTF has their names. */
static bool kernel_has_function(const struct raw_btf *b, const char *function)
{
	char name[96];
	int len = snprintf(name, sizeof name, "%c%s", 0, function);

	return memmem(b->data, b->size, name, (size_t)len + 1) != NULL;
}

static bool is_tracepoint(const struct bpf_program *prog)
{
	const char *sec = bpf_program__section_name(prog);

	return strncmp(sec, "tp_btf/", 7) == 0 || strncmp(sec, "raw_tp/", 7) == 0;
}

/* Programs that only a wish turns on. */
static bool wanted(const char *name, const struct ph_probe_opts *o)
{
	if (strcmp(name, "ph_sys_enter") == 0)
		return o->enter_time;
	if (strcmp(name, "ph_sched_switch") == 0)
		return o->context_switches;
	if (strncmp(name, "ph_page_fault", 13) == 0)
		return o->page_faults;
	return true;
}

static bool attached_at_start(const struct bpf_program *prog)
{
	return is_tracepoint(prog) && strcmp(bpf_program__name(prog), "ph_whoami") != 0;
}

static void choose_programs(struct ph_probe *p, const struct ph_probe_opts *o, const struct raw_btf *btf)
{
	/* Sleepable iterators came together with what they are needed for (5.18). */
	bool may_sleep = kernel_has_function(btf, "bpf_copy_from_user_task");
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->skel->obj) {
		bool on = wanted(bpf_program__name(prog), o);

		if (is_tracepoint(prog) && !kernel_has_tracepoint(btf, bpf_program__section_name(prog)))
			on = false;
		if (prog == p->skel->progs.ph_iter_task)
			on = !may_sleep;
		if (prog == p->skel->progs.ph_iter_task_args)
			on = may_sleep;
		bpf_program__set_autoload(prog, on);
	}
}

static int attach_programs(struct ph_probe *p, char *err, size_t errlen)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->skel->obj) {
		struct bpf_link *link;

		if (!bpf_program__autoload(prog) || !attached_at_start(prog))
			continue;
		link = bpf_program__attach(prog);
		if (!link) {
			int e = -errno;

			snprintf(err, errlen, "cannot attach the probe at %s: %s", bpf_program__section_name(prog),
				 strerror(-e));
			return e;
		}
		/* The skeleton has a place for every link and frees them all. */
		for (int i = 0; i < p->skel->skeleton->prog_cnt; i++)
			if (*p->skel->skeleton->progs[i].prog == prog)
				*p->skel->skeleton->progs[i].link = link;
	}
	return 0;
}

static size_t power_of_two(size_t n, size_t fallback)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);

	if (n == 0)
		n = fallback;
	while (size < n && size < (1ul << 30))
		size *= 2;
	return size;
}

/* A ring of each kind a CPU: the data rings first, then those for events that carry state. */
static int make_rings(struct ph_probe *p, const struct ph_probe_opts *o, char *err, size_t errlen)
{
	size_t sizes[2] = { power_of_two(o->ring_bytes, RING_BYTES),
			    power_of_two(o->state_ring_bytes, STATE_RING_BYTES) };
	int outer[2] = { bpf_map__fd(p->skel->maps.rings), bpf_map__fd(p->skel->maps.state_rings) };

	p->ring_fds = calloc(2 * p->ncpus, sizeof *p->ring_fds);
	if (!p->ring_fds)
		return -ENOMEM;
	for (int kind = 0; kind < 2; kind++) {
		for (uint32_t cpu = 0; cpu < p->ncpus; cpu++) {
			int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, kind ? "ph_state_ring" : "ph_ring", 0, 0,
						(uint32_t)sizes[kind], NULL);

			if (fd < 0) {
				snprintf(
					err, errlen,
					"cannot make a ring buffer of %zu KiB for CPU %u: %s; try a smaller --ring-size",
					sizes[kind] / 1024, cpu, strerror(errno));
				return -errno;
			}
			p->ring_fds[p->nring_fds++] = fd;
			if (bpf_map_update_elem(outer[kind], &cpu, &fd, BPF_ANY) < 0) {
				snprintf(err, errlen, "cannot set up the ring buffer of CPU %u: %s", cpu,
					 strerror(errno));
				return -errno;
			}
		}
	}
	return rings_map(&p->rings, p->ring_fds, p->nring_fds, sizes[0], sizes[1]);
}

static int map_stats(struct ph_probe *p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	p->stats_bytes = (p->ncpus * sizeof(struct ph_cpu_stats) + page - 1) / page * page;
	at = mmap(NULL, p->stats_bytes, PROT_READ, MAP_SHARED, bpf_map__fd(p->skel->maps.cpu_stats), 0);
	if (at == MAP_FAILED)
		return -errno;
	p->stats = at;
	return 0;
}

/* Our process id as the kernel's initial PID namespace has it, which need not be what getpid() says. */
static uint32_t self_tgid(struct ph_probe *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);

	if (bpf_prog_test_run_opts(bpf_program__fd(p->skel->progs.ph_whoami), &run) == 0)
		return run.retval;
	return (uint32_t)getpid(); /* before 5.10 */
}

/*
 * Records number processes as the initial PID namespace does. /proc and the BPF iterators show a namespace of our own only, and
 * by its numbers: every process outside would go without a name, or get another one's.
 */
static int check_pid_namespace(uint32_t self, char *err, size_t errlen)
{
	if (self == (uint32_t)getpid())
		return 0;
	snprintf(err, errlen,
		 "porthole runs in a PID namespace of its own and would name the wrong processes; run it on the host, "
		 "or in a container that shares the host's (docker run --pid=host)");
	return -EXDEV;
}

/* What goes through the state rings: what changes state, but for data transfers, which a flood can be made of. */
static void default_plan(uint8_t *plan)
{
	for (unsigned row = 0; row < PH_SC_COUNT; row++) {
		const struct ph_event_info *e = ph_event_info(ph_syscall_row(row)->event);
		unsigned c = e->category & PH_C_MASK;

		plan[row] = PH_PLAN_WANTED;
		if ((e->flags & PH_EF_MODIFIES_STATE) && c != PH_C_IO_READ && c != PH_C_IO_WRITE)
			plan[row] |= PH_PLAN_STATE;
	}
	plan[PH_SC_COUNT] = PH_PLAN_WANTED;
}

/* The reason in words of a person, for the failures that are worth it. */
static int explain_load(int e, char *err, size_t errlen)
{
	if (e == -EACCES && geteuid() == 0)
		snprintf(
			err, errlen,
			"cannot load the probe: this kernel's verifier refuses it; set PORTHOLE_BPF_DEBUG=1 to see why");
	else if (e == -EPERM || e == -EACCES)
		snprintf(
			err, errlen,
			"cannot load the probe: %s; run porthole as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE",
			strerror(-e));
	else if (e == -ENOMEM)
		snprintf(err, errlen, "cannot load the probe: out of memory; try a smaller --ring-size");
	else
		snprintf(err, errlen, "cannot load the probe: %s; set PORTHOLE_BPF_DEBUG=1 to see what the kernel says",
			 strerror(-e));
	return e;
}

static int load(struct ph_probe *p, const struct ph_probe_opts *o, char *err, size_t errlen)
{
	struct raw_btf btf = { 0 };
	bool storage;
	int e = raw_btf_open(&btf);

	if (e == -ENOENT)
		snprintf(err, errlen,
			 "cannot load the probe: no BTF at " BTF_PATH "; porthole needs a kernel built with "
			 "CONFIG_DEBUG_INFO_BTF=y (Linux 5.8 or newer)");
	else if (e)
		snprintf(err, errlen, "cannot load the probe: cannot read " BTF_PATH ": %s", strerror(-e));
	if (e)
		return e;
	p->skel = porthole_bpf__open();
	if (!p->skel) {
		e = -errno;
		free((void *)btf.data);
		snprintf(err, errlen, "cannot open the embedded probe: %s", strerror(-e));
		return e;
	}
	storage = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
	p->boot_epoch_ns = boot_epoch();
	p->skel->rodata->config.boot_epoch_ns = p->boot_epoch_ns;
	p->skel->rodata->config.snaplen = o->snaplen > PH_SNAPLEN_MAX ? PH_SNAPLEN_MAX : o->snaplen;
	p->skel->rodata->config.task_storage = storage;
	p->skel->rodata->config.enter_time = o->enter_time;
	p->skel->rodata->config.page_kb = (uint16_t)(sysconf(_SC_PAGESIZE) / 1024);
	p->skel->rodata->config.ncpus = p->ncpus;
	bpf_map__set_max_entries(p->skel->maps.rings, p->ncpus);
	bpf_map__set_max_entries(p->skel->maps.state_rings, p->ncpus);
	bpf_map__set_max_entries(p->skel->maps.scratches, p->ncpus);
	bpf_map__set_max_entries(p->skel->maps.cpu_stats, p->ncpus);
	bpf_map__set_autocreate(p->skel->maps.enter_storage, storage);
	if (storage || !o->enter_time)
		bpf_map__set_max_entries(p->skel->maps.enter_hash, 1);
	choose_programs(p, o, &btf);
	free((void *)btf.data);
	default_plan(p->skel->bss->plan);
	if (o->plan)
		memcpy(p->skel->bss->plan, o->plan, PH_SC_COUNT);
	e = porthole_bpf__load(p->skel);
	return e ? explain_load(e, err, errlen) : 0;
}

/* Rings, maps, programs and links take some 60 descriptors and two a CPU: use what the hard limit allows. */
static void more_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

int ph_probe_open(struct ph_probe **out, const struct ph_probe_opts *o, char *err, size_t errlen)
{
	struct ph_probe *p;
	int e, n;

	*out = NULL;
	err[0] = '\0';
	more_files();
	libbpf_set_print(getenv("PORTHOLE_BPF_DEBUG") ? loud : quiet);
	p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	n = libbpf_num_possible_cpus();
	p->ncpus = n > 0 ? (uint32_t)n : 0;
	e = n < 0 ? n : 0;
	if (n > PH_MAX_CPUS) {
		snprintf(err, errlen, "this machine has %d CPUs and porthole knows %d at most", n, PH_MAX_CPUS);
		e = -E2BIG;
	}
	if (e == 0)
		e = load(p, o, err, errlen);
	if (e == 0)
		e = make_rings(p, o, err, errlen);
	if (e == 0)
		e = map_stats(p);
	if (e == 0)
		e = check_pid_namespace(self_tgid(p), err, errlen);
	if (e == 0) {
		p->skel->bss->self_tgid = o->own_events ? 0 : self_tgid(p);
		p->skel->bss->running = 1;
		e = attach_programs(p, err, errlen);
	}
	if (e) {
		struct rlimit lim = { 0 };

		/* libbpf reports some of its own needs for a descriptor as something else. */
		if (e == -EMFILE || (e == -EINVAL && getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < 64))
			snprintf(
				err, errlen,
				"cannot load the probe: too few open files are allowed; raise the limit (ulimit -n 1024)");
		else if (e == -ENOMEM)
			snprintf(err, errlen, "cannot start the probe: out of memory; try a smaller --ring-size");
		else if (!err[0])
			snprintf(err, errlen, "cannot start the probe: %s", strerror(-e));
		ph_probe_close(p);
		return e;
	}
	*out = p;
	return 0;
}

void ph_probe_close(struct ph_probe *p)
{
	if (!p)
		return;
	porthole_bpf__destroy(p->skel);
	rings_unmap(&p->rings);
	for (size_t i = 0; i < p->nring_fds; i++)
		close(p->ring_fds[i]);
	free(p->ring_fds);
	if (p->stats)
		munmap((void *)p->stats, p->stats_bytes);
	free(p);
}

uint64_t ph_probe_now_ns(const struct ph_probe *p)
{
	return clock_ns(CLOCK_BOOTTIME) + p->boot_epoch_ns;
}

/* A gap that no later record of its CPU has reported: told when the stream ends. */
static const struct ph_rec *last_gap(struct ph_probe *p)
{
	while (p->gap_cpu < p->ncpus) {
		uint32_t cpu = p->gap_cpu++;

		if (p->stats[cpu].gap_lost == 0)
			continue;
		ph_gap_fill(&p->gap, &p->stats[cpu], cpu);
		return &p->gap.rec;
	}
	return NULL;
}

/*
 * Records up to this time are in their rings: no CPU is making an older one. The settling time covers what a CPU has done but
 * others do not see yet; the marks of the CPUs cover programs that were stopped in the middle, as by a busy hypervisor.
 */
static uint64_t settled_ns(const struct ph_probe *p, uint64_t now)
{
	uint64_t limit = now - SETTLE_NS;

	for (uint32_t cpu = 0; cpu < p->ncpus; cpu++) {
		uint64_t since = __atomic_load_n(&p->stats[cpu].in_flight_ns, __ATOMIC_ACQUIRE);

		if (since == 1 && p->rings.limit_ns < limit)
			limit = p->rings.limit_ns;
		else if (since > 1 && since <= limit && now - since < IN_FLIGHT_MAX_NS)
			limit = since - 1;
	}
	return limit;
}

static int sleep_ns(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000ull), .tv_nsec = (long)(ns % 1000000000ull) };

	return nanosleep(&ts, NULL) == 0 ? 0 : -errno;
}

int ph_probe_next(struct ph_probe *p, const struct ph_rec **rec, int timeout_ms)
{
	uint64_t deadline = 0;

	for (;;) {
		uint64_t now, waiting, nap;
		int e;

		*rec = rings_pop(&p->rings);
		if (*rec) {
			p->idle = 0;
			return 1;
		}
		now = ph_probe_now_ns(p);
		rings_begin_round(&p->rings, settled_ns(p, now));
		*rec = rings_pop(&p->rings);
		if (*rec) {
			p->idle = 0;
			return 1;
		}
		if (p->rings.draining) {
			*rec = last_gap(p);
			return *rec != NULL;
		}
		if (deadline == 0)
			deadline = now + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms) * NS_PER_MS;
		if (now >= deadline)
			return 0;
		/*
		 * Sleep until the earliest record has settled, or longer and longer while nothing comes. Under load the next record
		 * settles at once, so a nap has a least length: each costs a wake-up, whatever it finds.
		 */
		waiting = rings_waiting_ns(&p->rings);
		nap = IDLE_SLEEP_MIN_NS << (p->idle < 6 ? p->idle : 6);
		if (waiting) {
			nap = waiting + SETTLE_NS > now ? waiting + SETTLE_NS - now : IDLE_SLEEP_MIN_NS;
			if (nap < BUSY_SLEEP_MIN_NS && !rings_filling(&p->rings))
				nap = BUSY_SLEEP_MIN_NS;
		} else {
			p->idle++;
		}
		if (nap > IDLE_SLEEP_MAX_NS)
			nap = IDLE_SLEEP_MAX_NS;
		if (nap > deadline - now)
			nap = deadline - now;
		e = sleep_ns(nap);
		if (e)
			return e;
	}
}

void ph_probe_stop(struct ph_probe *p)
{
	p->skel->bss->running = 0;
	/* Programs that had begun get the time to hand in their records. */
	sleep_ns(2 * SETTLE_NS);
	p->rings.draining = true;
}

/* Runs of our programs that the kernel left out because they would have nested in themselves (5.12 and newer count them). */
static uint64_t missed_runs(struct ph_probe *p)
{
	struct bpf_program *prog;
	uint64_t sum = 0;

	bpf_object__for_each_program(prog, p->skel->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof info;

		if (bpf_program__autoload(prog) && is_tracepoint(prog) &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}

int ph_probe_stats(struct ph_probe *p, struct ph_probe_stats *s)
{
	uint64_t missed;

	memset(s, 0, sizeof *s);
	s->ncpus = p->ncpus;
	s->events = p->rings.events;
	s->bytes = p->rings.bytes;
	for (uint32_t cpu = 0; cpu < p->ncpus; cpu++) {
		volatile struct ph_cpu_stats *st = &p->stats[cpu];

		for (int c = 0; c < PH_C_MAX; c++) {
			s->lost_by_category[c] += st->lost[c];
			s->lost_by_cpu[cpu] += st->lost[c];
		}
		s->lost_by_category[PH_C_UNKNOWN] += st->lost_busy;
		s->lost_by_cpu[cpu] += st->lost_busy;
		s->lost += s->lost_by_cpu[cpu];
		s->lost_state += st->lost_state;
	}
	missed = missed_runs(p);
	s->lost_by_category[PH_C_UNKNOWN] += missed;
	s->lost += missed;
	return 0;
}

uint64_t ph_probe_boot_epoch_ns(const struct ph_probe *p)
{
	return p->boot_epoch_ns;
}
