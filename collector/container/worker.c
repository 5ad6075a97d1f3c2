/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that asks runtimes over their sockets, tries files again that were not there yet, and looks every other second
 * whether those of running containers have changed. A runtime that is down, hangs or answers nonsense is left alone for 1, 2,
 * 4, .. 60 seconds; all that it costs is the missing detail.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/curl.h"
#include "collector/container/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_MAX 4096 /* questions that are not answered yet */
#define ACTIVE_MAX 8 /* requests under way at a time */
#define ATTEMPTS_MAX 4 /* requests about one container that the runtime did not answer as it should */
#define CONNECT_MS 1000
#define REQUEST_MS 3000
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define DISK_FIRST_MS 10 /* and then twice as long each time */
#define DISK_TRIES 10
#define SWEEP_MS 2000 /* between two looks at the files of running containers */
#define DEAF_MS 100 /* between two looks at the requests when curl cannot wait for them */
#define NEVER INT64_MAX

/* A container's files as they were read last. */
struct files {
	uint64_t stamp;
	struct ph_container *said; /* NULL: not read yet */
	struct ct_place *at; /* NULL: not found yet */
};

struct job {
	struct job *next;
	const struct ct_runtime *rt;
	struct ct_life *life;
	struct ct_result *last; /* there from the start, so that it never lacks memory */
	bool need_disk, sure;
	unsigned disk_tries, attempts, step;
	int64_t disk_due;
	unsigned scans; /* looks for daemons when it was asked */
	struct files files;
	struct ct_places *places; /* that may be asked */
	uint32_t refused; /* which of them do not know it, by bit */
	/* the request under way */
	struct ct_place *asked;
	CURL *easy;
	int socket;
	struct ph_container *draft;
	char *body;
	size_t len, size;
	bool too_big;
};

/* A running container whose files are looked at. */
struct watch {
	struct watch *next;
	const struct ct_runtime *rt;
	struct ct_life *life;
	struct files files;
};

struct ct_worker {
	const struct ct_curl *curl; /* from the first request on */
	struct ct_env *env;
	pthread_mutex_t lock;
	pthread_t thread;
	bool started, failed; /* the owner's */
	int wake; /* eventfd */
	/* under the lock */
	bool stop;
	struct job *inbox, **inbox_end;
	struct ct_result *results, **results_end;
	/* read without it */
	atomic_bool have_results;
	atomic_uint queued;
	/* the thread's own */
	struct job *jobs;
	struct watch *watched;
	int64_t sweep_at;
	unsigned nactive;
	bool deaf_told, unknown_told;
	CURLM *multi;
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- results --- */

struct ct_life *ct_life_new(const struct ct_id *id, const char *cgroup, size_t len)
{
	struct ct_life *l = calloc(1, sizeof *l + len + 1);
	if (!l)
		return NULL;
	atomic_init(&l->refs, 1);
	snprintf(l->id, sizeof l->id, "%.*s", (int)id->len, id->text);
	memcpy(l->cgroup, cgroup, len);
	return l;
}

static struct ct_life *life_ref(struct ct_life *l)
{
	atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
	return l;
}

void ct_life_unref(struct ct_life *l)
{
	if (l && atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) == 1)
		free(l);
}

void ct_result_free(struct ct_result *r)
{
	ct_draft_free(r->draft);
	ct_life_unref(r->life);
	free(r->warning);
	free(r);
}

static void publish(struct ct_worker *w, struct ct_result *r)
{
	pthread_mutex_lock(&w->lock);
	*w->results_end = r;
	w->results_end = &r->next;
	atomic_store_explicit(&w->have_results, true, memory_order_release);
	pthread_mutex_unlock(&w->lock);
}

__attribute__((format(printf, 2, 3))) static void warn(struct ct_worker *w, const char *fmt, ...)
{
	struct ct_result *r = calloc(1, sizeof *r);
	va_list ap;

	if (!r)
		return;
	va_start(ap, fmt);
	if (vasprintf(&r->warning, fmt, ap) < 0)
		r->warning = NULL;
	va_end(ap);
	if (r->warning)
		publish(w, r);
	else
		free(r);
}

struct ct_result *ct_worker_take(struct ct_worker *w)
{
	if (!atomic_load_explicit(&w->have_results, memory_order_acquire))
		return NULL;
	pthread_mutex_lock(&w->lock);
	struct ct_result *r = w->results;
	w->results = NULL;
	w->results_end = &w->results;
	atomic_store_explicit(&w->have_results, false, memory_order_relaxed);
	pthread_mutex_unlock(&w->lock);
	return r;
}

/* --- jobs --- */

static void request_end(struct ct_worker *w, struct job *j)
{
	if (!j->easy)
		return;
	w->curl->multi_remove_handle(w->multi, j->easy);
	w->curl->easy_cleanup(j->easy);
	j->easy = NULL;
	close(j->socket);
	free(j->body);
	j->body = NULL;
	j->len = j->size = 0;
	w->nactive--;
}

static void files_free(struct files *f)
{
	ct_draft_free(f->said);
	ct_place_unref(f->at);
}

static void job_drop(struct job *j)
{
	ct_draft_free(j->draft);
	files_free(&j->files);
	ct_places_unref(j->places);
	ct_place_unref(j->asked);
	ct_life_unref(j->life);
	free(j->last);
	free(j);
}

static void job_free(struct ct_worker *w, struct job *j)
{
	request_end(w, j);
	job_drop(j);
	atomic_fetch_sub(&w->queued, 1);
}

/* The files of the job's container are looked at from now on. */
static void watch(struct ct_worker *w, struct job *j)
{
	struct watch *k = w->watched;
	while (k && k->life != j->life) /* it has been started again */
		k = k->next;
	if (!k) {
		k = calloc(1, sizeof *k);
		if (!k)
			return;
		if (!w->watched)
			w->sweep_at = now_ms() + SWEEP_MS;
		*k = (struct watch){ .next = w->watched, .rt = j->rt, .life = life_ref(j->life) };
		w->watched = k;
	}
	files_free(&k->files);
	k->files = j->files;
	if (k->files.at)
		ct_place_ref(k->files.at);
	j->files.said = NULL;
}

static void watch_free(struct watch *k)
{
	files_free(&k->files);
	ct_life_unref(k->life);
	free(k);
}

/* Told once: it is surely a container, and nobody knows it. */
static void tell_unknown(struct ct_worker *w, const struct job *j)
{
	if (w->unknown_told || !j->sure || j->files.at || j->draft || atomic_load(&j->life->gone) || !j->rt->places)
		return;
	struct ct_places *places = j->rt->places(w->env);
	char list[1024] = "", path[PATH_MAX];
	for (size_t i = 0, len = 0; i < places->n && len < sizeof list; i++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
					ct_place_path(places->at[i], places->at[i]->root, path, sizeof path));
	ct_places_unref(places);
	w->unknown_told = true;
	warn(w,
	     "container %.12s is in a cgroup of %s but unknown at %s; its name is not known (--docker-root says where "
	     "Docker keeps its state)",
	     j->life->id, j->rt->title, list);
}

/* Nothing more will be found than what the draft (which may be NULL) tells. */
static void job_done(struct ct_worker *w, struct job *j)
{
	tell_unknown(w, j);
	struct job **p = &w->jobs;
	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	*j->last = (struct ct_result){ .life = life_ref(j->life), .draft = j->draft, .last = true };
	publish(w, j->last);
	j->draft = NULL;
	j->last = NULL;
	job_free(w, j);
}

/* A container that may be elsewhere does not make the daemon's silence worth a line. */
__attribute__((format(printf, 3, 4))) static void warn_once(struct ct_worker *w, const struct job *j, const char *fmt,
							    ...)
{
	struct ct_place *p = j->asked;
	char why[256], path[PATH_MAX];
	va_list ap;

	if (p->health.warned || (!j->files.at && j->places->n > 1))
		return;
	p->health.warned = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	warn(w, "%s at %s %s; details that only it knows are missing until it answers", j->rt->title,
	     ct_place_path(p, p->socket, path, sizeof path), why);
}

/* --- requests --- */

static size_t body_add(char *data, size_t one, size_t n, void *arg)
{
	struct job *j = arg;
	(void)one;
	if (n > CT_ANSWER_MAX - j->len) {
		j->too_big = true;
		return 0;
	}
	if (j->len + n > j->size) {
		size_t size = j->size ? j->size : 4096;
		while (size < j->len + n)
			size *= 2;
		char *body = realloc(j->body, size);
		if (!body)
			return 0;
		j->body = body;
		j->size = size;
	}
	memcpy(j->body + j->len, data, n);
	j->len += n;
	return n;
}

/* The daemon is left alone for a while. */
static void back_off(struct ct_health *h)
{
	h->failures++;
	h->backoff = h->backoff ? h->backoff * 2 : BACKOFF_FIRST_MS;
	if (h->backoff > BACKOFF_MAX_MS)
		h->backoff = BACKOFF_MAX_MS;
	h->retry_at = now_ms() + h->backoff;
}

/* The request failed in a way that another one may not. */
static void request_failed(struct ct_worker *w, struct job *j, bool unreachable)
{
	request_end(w, j);
	eventfd_write(w->wake, 1); /* another one may be asked at once */
	back_off(&j->asked->health);
	if (!unreachable)
		j->attempts++;
	if (!j->step) { /* half a draft says less than none */
		ct_draft_free(j->draft);
		j->draft = NULL;
	}
	if (j->step || j->attempts >= ATTEMPTS_MAX)
		job_done(w, j);
}

static void set_options(const struct ct_curl *curl, CURL *easy, struct job *j, const char *socket, const char *url)
{
	curl->easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl->easy_setopt(easy, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
#else
	curl->easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
	curl->easy_setopt(easy, CURLOPT_PROXY, "");
	curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl->easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
	curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_add);
	curl->easy_setopt(easy, CURLOPT_WRITEDATA, j);
	curl->easy_setopt(easy, CURLOPT_PRIVATE, j);
}

/* A descriptor stands for the socket: its path may be too long for connect(), or lie below another root. */
static void request_begin(struct ct_worker *w, struct job *j)
{
	char path[512], url[544], socket[64];
	if (!j->draft)
		j->draft = ct_draft_new(j->life->id);
	if (!j->draft || !j->rt->request || !j->rt->request(j->draft, j->step, path, sizeof path)) {
		job_done(w, j);
		return;
	}
	int fd = ct_open(w->env, j->asked, j->asked->socket, O_PATH);
	if (fd < 0) {
		warn_once(w, j, "cannot be reached (%s)", strerror(-fd));
		request_failed(w, j, true);
		return;
	}
	const struct ct_curl *curl = w->curl = ct_curl();
	if (!curl) {
		close(fd);
		warn_once(w, j, "cannot be asked (%s is not installed)", "libcurl.so.4");
		request_failed(w, j, false);
		return;
	}
	CURL *easy = curl->easy_init();
	CURLMcode err = CURLM_OUT_OF_MEMORY;
	if (!w->multi)
		w->multi = curl->multi_init();
	if (easy && w->multi) {
		snprintf(socket, sizeof socket, "/proc/self/fd/%d", fd);
		snprintf(url, sizeof url, "http://localhost%s", path);
		set_options(curl, easy, j, socket, url);
		err = curl->multi_add_handle(w->multi, easy);
	}
	if (err) {
		curl->easy_cleanup(easy);
		close(fd);
		warn_once(w, j, "cannot be asked (%s)", curl->multi_strerror(err));
		request_failed(w, j, false);
		return;
	}
	j->easy = easy;
	j->socket = fd;
	j->too_big = false;
	w->nactive++;
}

static bool take_answer(struct ct_worker *w, struct job *j, long status)
{
	if (status != 200) {
		warn_once(w, j, "answers with HTTP status %ld", status);
		return false;
	}
	json_t *body = json_loadb(j->body ? j->body : "", j->len, 0, NULL);
	bool good = json_is_object(body) && !j->rt->answer(j->draft, j->step, body);
	json_decref(body);
	if (!good)
		warn_once(w, j, "answers what porthole does not understand");
	return good;
}

static void transfer_failed(struct ct_worker *w, struct job *j, CURLcode code)
{
	struct ct_health *h = &j->asked->health;
	if (j->too_big)
		warn_once(w, j, "answers with more than %u MiB", CT_ANSWER_MAX >> 20);
	else if (code != CURLE_OPERATION_TIMEDOUT)
		warn_once(w, j, "cannot be asked (%s)", w->curl->easy_strerror(code));
	else if (h->failures) /* once is normal: Docker answers when the container has started */
		warn_once(w, j, "does not answer within %d seconds", REQUEST_MS / 1000);
	request_failed(w, j, code == CURLE_COULDNT_CONNECT);
}

/* The daemon that was asked does not know it. */
static void refuse(struct ct_worker *w, struct job *j)
{
	eventfd_write(w->wake, 1);
	for (size_t i = 0; i < j->places->n; i++)
		if (j->places->at[i] == j->asked)
			j->refused |= 1u << i;
}

static void request_finished(struct ct_worker *w, struct job *j, CURLcode code)
{
	long status = 0;
	w->curl->easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code) {
		transfer_failed(w, j, code);
		return;
	}
	if (status == 404) {
		request_end(w, j);
		if (!j->step) {
			ct_draft_free(j->draft);
			j->draft = NULL;
		}
		j->asked->health = (struct ct_health){ .warned = j->asked->health.warned };
		if (j->step)
			job_done(w, j);
		else
			refuse(w, j);
		return;
	}
	if (!take_answer(w, j, status)) {
		request_failed(w, j, false);
		return;
	}
	j->asked->health = (struct ct_health){ .warned = j->asked->health.warned };
	request_end(w, j);
	j->step++;
	request_begin(w, j);
}

/* --- the loop --- */

/* What a container's files say, NULL: nothing that is understood. */
static struct ph_container *read_files(struct ct_worker *w, const struct ct_runtime *rt, const struct ct_life *life,
				       struct ct_place **at)
{
	struct ph_container *draft = ct_draft_new(life->id);
	int err = draft ? rt->read_disk(w->env, life, CT_FILE_MAX, draft, at) : -ENOMEM;
	if (!err)
		return draft;
	ct_draft_free(draft);
	return NULL;
}

/*
 * Reads the files and publishes what they say now and did not say in before. false: nothing can be read; before stays. They are
 * read twice, for what is published is given away; when they change meanwhile, the stamp shows it the next time.
 */
static bool take_files(struct ct_worker *w, const struct ct_runtime *rt, struct ct_life *life, struct files *before)
{
	struct files now = { 0 };
	if (rt->stamp && rt->stamp(w->env, life, &now.stamp, &before->at))
		return false;
	now.said = read_files(w, rt, life, &before->at);
	struct ph_container *draft = now.said ? read_files(w, rt, life, &before->at) : NULL;
	struct ct_result *r = draft ? calloc(1, sizeof *r) : NULL;
	if (!r) {
		ct_draft_free(draft);
		ct_draft_free(now.said);
		return false;
	}
	if (before->said)
		ct_leave_out(draft, before->said);
	ct_draft_free(before->said);
	now.at = before->at;
	*before = now;
	*r = (struct ct_result){ .life = life_ref(life), .draft = draft };
	publish(w, r);
	return true;
}

static void try_disk(struct ct_worker *w, struct job *j, int64_t now)
{
	bool found = j->rt->read_disk && take_files(w, j->rt, j->life, &j->files);
	if (!found && j->rt->look_again && j->rt->look_again(w->env))
		found = take_files(w, j->rt, j->life, &j->files);
	if (found && j->rt->stamp && !atomic_load(&j->life->gone))
		watch(w, j);
	j->disk_due = now + ((int64_t)DISK_FIRST_MS << j->disk_tries);
	if (found || !j->rt->read_disk || ++j->disk_tries == DISK_TRIES)
		j->need_disk = false;
	if (!j->need_disk && !found && j->rt->read_disk)
		tell_unknown(w, j);
}

/*
 * The daemon that has the files, while they are not found any that may know it: the first that can be asked now. NULL: due says
 * when, NEVER that all have been asked.
 */
static struct ct_place *whom_to_ask(struct ct_worker *w, struct job *j, int64_t now, int64_t *due)
{
	struct ct_places *places = j->rt->places(w->env);
	if (places != j->places) {
		ct_places_unref(j->places);
		j->places = ct_places_ref(places);
		j->refused = 0;
	}
	ct_places_unref(places);
	*due = NEVER;
	for (size_t i = 0; i < places->n; i++) {
		struct ct_place *p = places->at[i];
		if ((j->refused & 1u << i) || (j->files.at ? p != j->files.at : !ct_place_may_know(p, j->life)))
			continue;
		if (now >= p->health.retry_at)
			return p;
		if (p->health.retry_at < *due)
			*due = p->health.retry_at;
	}
	return NULL;
}

/* Runtimes write their files anew when a container is renamed or its limits change. */
static void sweep(struct ct_worker *w)
{
	struct watch **p = &w->watched, *k;
	while ((k = *p)) {
		uint64_t stamp;
		if (atomic_load(&k->life->gone)) {
			*p = k->next;
			watch_free(k);
			continue;
		}
		if (!k->rt->stamp(w->env, k->life, &stamp, &k->files.at) && stamp != k->files.stamp)
			take_files(w, k->rt, k->life, &k->files);
		p = &k->next;
	}
}

/* Returns when the job wants to be looked at again; it may have ended. */
static int64_t step(struct ct_worker *w, struct job *j, int64_t now)
{
	bool gone = atomic_load(&j->life->gone);
	if (j->need_disk && now >= j->disk_due && (j->sure || !gone))
		try_disk(w, j, now);
	if (j->easy)
		return j->need_disk ? j->disk_due : NEVER;

	int64_t due = NEVER;
	struct ct_place *p = j->rt->places ? whom_to_ask(w, j, now, &due) : NULL;
	if (gone && (!j->sure || !p || j->attempts || p->health.failures)) {
		/* only looked like a container, or has been one so shortly that nobody cares */
		job_done(w, j);
		return NEVER;
	}
	if (!p && due == NEVER) { /* a daemon that was started just now may have its files */
		if (!j->need_disk || (j->rt->places && (j->files.at || w->env->scans != j->scans))) {
			job_done(w, j);
			return NEVER;
		}
		return j->disk_due;
	}
	if (p && w->nactive < ACTIVE_MAX) {
		ct_place_unref(j->asked);
		j->asked = ct_place_ref(p);
		request_begin(w, j);
		return now;
	}
	/* a request that ends wakes the loop */
	return j->need_disk && j->disk_due < due ? j->disk_due : due;
}

static int64_t step_all(struct ct_worker *w)
{
	int64_t now = now_ms(), wait = NEVER;
	for (struct job *j = w->jobs, *next; j; j = next) {
		next = j->next;
		int64_t due = step(w, j, now);
		if (due < wait)
			wait = due;
	}
	if (w->watched) {
		if (now >= w->sweep_at) {
			sweep(w);
			w->sweep_at = now + SWEEP_MS;
		}
		if (w->sweep_at < wait)
			wait = w->sweep_at;
	}
	return wait == NEVER ? NEVER : wait > now ? wait - now : 0;
}

static void finish_requests(struct ct_worker *w)
{
	int left;
	CURLMsg *m;
	while ((m = w->curl->multi_info_read(w->multi, &left))) {
		char *j = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		w->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &j);
		request_finished(w, (struct job *)(void *)j, code);
	}
}

/* New questions go to the end, so that what waits longest is asked first. false: stop. */
static bool take_inbox(struct ct_worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct job *new = w->inbox;
	bool stop = w->stop;
	w->inbox = NULL;
	w->inbox_end = &w->inbox;
	pthread_mutex_unlock(&w->lock);

	for (struct job *j = new; j; j = j->next)
		j->scans = w->env->scans;
	struct job **end = &w->jobs;
	while (*end)
		end = &(*end)->next;
	*end = new;
	return !stop;
}

/* What curl cannot carry on has failed; there may be another try. */
static void carry_on(struct ct_worker *w)
{
	int running;
	CURLMcode err = w->multi ? w->curl->multi_perform(w->multi, &running) : CURLM_OK;
	if (w->multi)
		finish_requests(w);
	for (struct job *j = err ? w->jobs : NULL, *next; j; j = next) {
		next = j->next;
		if (!j->easy)
			continue;
		warn_once(w, j, "cannot be asked (%s)", w->curl->multi_strerror(err));
		request_failed(w, j, false);
	}
}

/* Until there is a question or an answer, or for so long. */
static void wait_for_work(struct ct_worker *w, int timeout_ms)
{
	struct curl_waitfd wake = { .fd = w->wake, .events = CURL_WAIT_POLLIN };
	struct pollfd only_wake = { .fd = w->wake, .events = POLLIN };
	eventfd_t value;
	CURLMcode err = CURLM_OK;

	if (w->multi)
		err = w->curl->multi_poll(w->multi, &wake, 1, timeout_ms, NULL);
	if (err && !w->deaf_told) {
		w->deaf_told = true;
		warn(w, "waiting for the runtimes of containers fails (%s); their answers come later than usual",
		     w->curl->multi_strerror(err));
	}
	if (err || !w->multi)
		poll(&only_wake, 1, w->nactive && timeout_ms > DEAF_MS ? DEAF_MS : timeout_ms);
	eventfd_read(w->wake, &value);
}

static void *run(void *arg)
{
	struct ct_worker *w = arg;

	while (take_inbox(w)) {
		int64_t wait = step_all(w);
		carry_on(w);
		wait_for_work(w, wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : (int)wait);
		carry_on(w);
	}
	while (w->jobs) {
		struct job *j = w->jobs;
		w->jobs = j->next;
		job_free(w, j);
	}
	while (w->watched) {
		struct watch *k = w->watched;
		w->watched = k->next;
		watch_free(k);
	}
	if (w->multi)
		w->curl->multi_cleanup(w->multi);
	return NULL;
}

/* Signals are for the main thread. */
static int start(struct ct_worker *w)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = !err;
	return -err;
}

int ct_worker_ask(struct ct_worker *w, const struct ct_runtime *rt, struct ct_life *life, bool need_disk, bool sure)
{
	if (atomic_load(&w->queued) >= QUEUE_MAX)
		return -ENOSPC;
	if (w->failed)
		return -EAGAIN;
	struct job *j = calloc(1, sizeof *j);
	struct ct_result *last = malloc(sizeof *last);
	if (!j || !last) {
		free(j);
		free(last);
		return -ENOMEM;
	}
	j->rt = rt;
	j->life = life_ref(life);
	j->last = last;
	j->sure = sure;
	j->need_disk = true; /* to know later what has changed */
	j->disk_due = now_ms() + (need_disk ? DISK_FIRST_MS : 0);

	int err = w->started ? 0 : start(w);
	if (err) {
		w->failed = true;
		warn(w,
		     "no thread can be started to ask the runtimes of containers (%s); only what their files tell is known",
		     strerror(-err));
		job_drop(j);
		return err;
	}
	atomic_fetch_add(&w->queued, 1);
	pthread_mutex_lock(&w->lock);
	*w->inbox_end = j;
	w->inbox_end = &j->next;
	pthread_mutex_unlock(&w->lock);
	eventfd_write(w->wake, 1);
	return 0;
}

struct ct_worker *ct_worker_new(struct ct_env *env)
{
	struct ct_worker *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->env = env;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0) {
		free(w);
		return NULL;
	}
	w->inbox_end = &w->inbox;
	w->results_end = &w->results;
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void ct_worker_free(struct ct_worker *w)
{
	if (!w)
		return;
	if (w->started) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_mutex_unlock(&w->lock);
		eventfd_write(w->wake, 1);
		pthread_join(w->thread, NULL);
	}
	while (w->inbox) {
		struct job *j = w->inbox;
		w->inbox = j->next;
		job_drop(j);
	}
	for (struct ct_result *r = w->results, *next; r; r = next) {
		next = r->next;
		ct_result_free(r);
	}
	close(w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
